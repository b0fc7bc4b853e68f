# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Instances, hosts and logs of API v2 (JOB API: get_job_instance_status, get_job_instance_log)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...models.connection import Scope
from ...models.run import HostKey, HostResult, JobInstance, StepResult
from ..calls import Call, HostLog, LogBatch, StepHost
from ..json_reader import JsonObject, json_objects
from ..shared_requests import scope_or_biz


class InstancesV2:
    """Calls for instances."""

    def status(self, scope: Scope, job_instance_id: int, with_hosts: bool) -> Call[JobInstance]:
        """Return C(get_job_instance_status), which always includes hosts."""
        params = {**scope_or_biz(scope), "job_instance_id": job_instance_id}
        return Call("get_job_instance_status", params, read_status, object_hook=_host_hook)

    def log_batches(self, scope: Scope, job_instance_id: int, hosts: Iterable[StepHost]) -> Iterator[LogBatch]:
        """Yield C(get_job_instance_log), which has no filter: one call for everything."""
        params = {**scope_or_biz(scope), "job_instance_id": job_instance_id}
        yield LogBatch(Call("get_job_instance_log", params, _read_logs, object_hook=_log_hook), list(hosts))

    def single_log(self, scope: Scope, job_instance_id: int, host: StepHost) -> None:
        """Return None: there is no such call."""
        return


def read_status(data: object) -> JobInstance:
    """Parse the instance; each block contains one step."""
    payload = JsonObject(data, "data")
    job = payload.child("job_instance")
    steps = [step for block in payload.children("blocks") for step in block.children("step_instances")]
    return JobInstance(
        job_instance_id=job.number("job_instance_id"),
        status=job.number("status"),
        finished=payload.flag("is_finished"),
        name=job.maybe_text("name"),
        create_time=job.formatted_time("create_time"),
        start_time=job.formatted_time("start_time"),
        end_time=job.formatted_time("end_time"),
        total_time=job.seconds("total_time"),
        steps=[_step(step) for step in steps],
    )


def _read_logs(data: object) -> list[tuple[int, HostLog]]:
    """Parse logs, with exit codes and times, of all hosts in all steps."""
    logs = []
    for step in json_objects(data, "data"):
        step_id = step.number("step_instance_id")
        for group in step.children("step_results"):
            tag = group.maybe_text("tag") or None
            for log in group.rows("ip_logs", HostLog, _host_log):
                log.tag = tag
                logs.append((step_id, log))
    return logs


def _host_hook(value: dict[str, Any]) -> object:
    """Build a model of a host, an object with address and status, while the response is decoded."""
    return _host(JsonObject(value, "a host")) if "bk_cloud_id" in value and "status" in value else value


def _log_hook(value: dict[str, Any]) -> object:
    """Build a model of a log while the response is decoded."""
    return _host_log(JsonObject(value, "a log")) if "bk_cloud_id" in value and "log_content" in value else value


def _step(step: JsonObject) -> StepResult:
    return StepResult(
        step_instance_id=step.number("step_instance_id"),
        name=step.maybe_text("name"),
        status=step.number("status"),
        type=step.maybe_number("type"),
        execute_count=step.maybe_number("execute_count"),
        create_time=step.formatted_time("create_time"),
        start_time=step.formatted_time("start_time"),
        end_time=step.formatted_time("end_time"),
        total_time=step.seconds("total_time"),
        hosts=step.rows("step_ip_status", HostResult, _host) if step.has_list("step_ip_status") else None,
    )


def _host(host: JsonObject) -> HostResult:
    return HostResult(None, host.maybe_number("bk_cloud_id"), host.maybe_text("ip"), host.number("status"))


def _host_log(host: JsonObject) -> HostLog:
    return HostLog(
        _key(host),
        # v2 returns an empty text for a host without log.
        _unescape(host.maybe_utf8("log_content")) or None,
        exit_code=host.maybe_number("exit_code"),
        start_time=host.formatted_time("start_time"),
        end_time=host.formatted_time("end_time"),
        total_time=host.seconds("total_time"),
    )


def _key(host: JsonObject) -> HostKey:
    return HostKey(None, host.maybe_number("bk_cloud_id"), host.maybe_text("ip"))


def _unescape(text: bytes | None) -> bytes | None:
    """Undo exactly what the server escapes: three characters, and the ampersand last."""
    return None if text is None else text.replace(b"&lt;", b"<").replace(b"&gt;", b">").replace(b"&amp;", b"&")
