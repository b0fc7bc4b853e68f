# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Instances, hosts and logs of API v3 (JOB API: get_job_instance_status and the log calls)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any

from ...models.connection import Scope
from ...models.run import HostKey, HostResult, JobInstance, StepResult
from ..calls import Call, HostLog, LogBatch, StepHost
from ..json_reader import JsonObject
from ..shared_requests import scope_pair
from .file_logs import file_log_text, read_file_log

# Maximum hosts per call; JOB rejects a longer list as a missing parameter (JOB API: batch_get_job_instance_ip_log).
_LOG_BATCH = 500
# Maximum number of times that are compared, if nearly all differ.
_MAX_SHARED_TIMES = 1000


class InstancesV3:
    """Calls for instances."""

    def status(self, scope: Scope, job_instance_id: int, with_hosts: bool) -> Call[JobInstance]:
        """Return C(get_job_instance_status); per-host results only on request, because they are large."""
        params = {**scope_pair(scope), "job_instance_id": job_instance_id, "return_ip_result": with_hosts}
        return Call("get_job_instance_status", params, read_status, get=True, object_hook=_HostHook())

    def log_batches(self, scope: Scope, job_instance_id: int, hosts: Iterable[StepHost]) -> Iterator[LogBatch]:
        """Yield C(batch_get_job_instance_ip_log) for at most 500 hosts of one step at a time."""
        # A host without id and address cannot be requested, and JOB would reject the whole call.
        known = (host for host in hosts if host[1].bk_host_id is not None or host[1].ip is not None)
        for step_id, group in groupby(known, key=lambda host: host[0]):
            while batch := list(islice(group, _LOG_BATCH)):
                for kind in _by_kind_of_key(batch):
                    params = {
                        **_ids(scope, job_instance_id, step_id),
                        **_log_hosts([host.key for _step_id, host in kind]),
                    }
                    call = Call("batch_get_job_instance_ip_log", params, _read_logs, object_hook=_log_hook)
                    yield LogBatch(call, kind)

    def single_log(self, scope: Scope, job_instance_id: int, host: StepHost) -> LogBatch:
        """Return C(get_job_instance_ip_log) for one host, whose response also covers a host without log."""
        step_id, key = host[0], host[1].key
        name = (
            {"bk_cloud_id": key.bk_cloud_id, "ip": key.ip} if key.bk_host_id is None else {"bk_host_id": key.bk_host_id}
        )

        def read(data: object) -> list[tuple[int, HostLog]]:
            payload = JsonObject(data, "data")
            files = payload.children("file_logs")
            # Its rows have neither addresses nor sizes, so only their text is used.
            text = file_log_text(files) if files else payload.maybe_utf8("log_content")
            return [(step_id, HostLog(key, text))]

        params = {**_ids(scope, job_instance_id, step_id), **name}
        return LogBatch(Call("get_job_instance_ip_log", params, read, get=True), [host])


def read_status(data: object) -> JobInstance:
    """Parse the instance with its steps, and with hosts if requested."""
    payload = JsonObject(data, "data")
    job = payload.child("job_instance")
    return JobInstance(
        job_instance_id=job.number("job_instance_id"),
        status=job.number("status"),
        finished=payload.flag("finished"),
        name=job.maybe_text("name"),
        create_time=job.epoch_ms("create_time"),
        start_time=job.epoch_ms("start_time"),
        end_time=job.epoch_ms("end_time"),
        total_time=job.seconds("total_time", 1000),
        steps=[_step(step) for step in payload.children("step_instance_list")],
    )


def _read_logs(data: object) -> list[tuple[int, HostLog]]:
    """Parse logs of scripts, or of file copies; hosts without a log are missing."""
    payload = JsonObject(data, "data")
    step_id = payload.number("step_instance_id")
    logs = [
        *payload.rows("script_task_logs", HostLog, _script_log),
        *payload.rows("file_task_logs", HostLog, read_file_log),
    ]
    return [(step_id, log) for log in logs]


def _ids(scope: Scope, job_instance_id: int, step_id: int) -> dict[str, object]:
    return {**scope_pair(scope), "job_instance_id": job_instance_id, "step_instance_id": step_id}


def _by_kind_of_key(batch: Sequence[StepHost]) -> list[list[StepHost]]:
    """Split into hosts with id and hosts with address only: JOB uses the kind of the first entry for the whole list."""
    with_id = [host for host in batch if host[1].bk_host_id is not None]
    return [kind for kind in (with_id, [host for host in batch if host[1].bk_host_id is None]) if kind]


def _log_hosts(keys: Sequence[HostKey]) -> dict[str, object]:
    """Return hosts of one kind: all by id, or all by address."""
    if keys[0].bk_host_id is not None:
        return {"host_id_list": [key.bk_host_id for key in keys]}
    return {"ip_list": [{"bk_cloud_id": key.bk_cloud_id, "ip": key.ip} for key in keys]}


class _HostHook:
    """Builds models of hosts, objects with address and status, while a response is decoded.

    Many hosts start or end at the same time, and there may be 50 000: equal times are one number in memory.
    """

    def __init__(self) -> None:
        self._times: dict[int | str | None, int | str | None] = {}

    def __call__(self, value: dict[str, Any]) -> object:
        """Return the model of a host; another object as it is."""
        if "bk_cloud_id" not in value or "status" not in value:
            return value
        host = _host(JsonObject(value, "a host"))
        host.start_time, host.end_time = self._shared(host.start_time), self._shared(host.end_time)
        return host

    def _shared(self, time: int | str | None) -> int | str | None:
        if len(self._times) < _MAX_SHARED_TIMES:
            return self._times.setdefault(time, time)
        return self._times.get(time, time)


def _log_hook(value: dict[str, Any]) -> object:
    """Build a model of a log while the response is decoded. Lines of a file copy have no host of their own."""
    return _script_log(JsonObject(value, "a log")) if "bk_cloud_id" in value and "log_content" in value else value


def _step(step: JsonObject) -> StepResult:
    return StepResult(
        step_instance_id=step.number("step_instance_id"),
        name=step.maybe_text("name"),
        status=step.number("status"),
        type=step.maybe_number("type"),
        execute_count=step.maybe_number("execute_count"),
        create_time=step.epoch_ms("create_time"),
        start_time=step.epoch_ms("start_time"),
        end_time=step.epoch_ms("end_time"),
        total_time=step.seconds("total_time", 1000),
        hosts=step.rows("step_ip_result_list", HostResult, _host) if step.has_list("step_ip_result_list") else None,
    )


def _host(host: JsonObject) -> HostResult:
    return HostResult(
        bk_host_id=host.maybe_number("bk_host_id"),
        bk_cloud_id=host.maybe_number("bk_cloud_id"),
        ip=host.maybe_text("ip"),
        status=host.number("status"),
        exit_code=host.maybe_number("exit_code"),
        tag=host.maybe_text("tag") or None,
        start_time=host.maybe_number("start_time"),
        end_time=host.maybe_number("end_time"),
        total_time=host.seconds("total_time", 1000),
    )


def _key(host: JsonObject) -> HostKey:
    return HostKey(host.maybe_number("bk_host_id"), host.maybe_number("bk_cloud_id"), host.maybe_text("ip"))


def _script_log(host: JsonObject) -> HostLog:
    return HostLog(_key(host), host.maybe_utf8("log_content"))
