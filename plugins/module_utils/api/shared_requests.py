# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Requests and responses that v2 and v3 share."""

from __future__ import annotations

from dataclasses import fields

from ..models.connection import BIZ_SET_IDS, Scope
from ..models.launch import TRANSFER_MODES, FileLaunch, Launch, LaunchedJob, TargetServer
from .calls import Call, without_none
from .json_reader import JsonObject, unusable_response

_ONLY_TRANSFER = "with content_list, JOB has no such setting; omit it, or send the files with file_source_list"
# Fields of the launch that C(push_config_file) has, those that no request carries, and transfer_mode (see below).
_PUSH_CONFIG_FIELDS = frozenset(
    ("scope", "target", "file_target_path", "contents", "account_alias", "account_id", "task_name", "callback_url")
    + ("transfer_mode", "unique_name", "unique_key")
)
# Advice for options that C(push_config_file) does not have, if they have an advice of their own.
_PUSH_ADVICE = {
    "file_target_name": "with content_list, set file_name of the file",
    "transfer_mode": "with content_list, JOB always creates a missing directory; omit it, or set force",
    "timeout": "with content_list, it is always 7200 s; omit it",
}


def scope_pair(scope: Scope) -> dict[str, object]:
    """Return a scope in v3's format."""
    return {"bk_scope_type": scope.type, "bk_scope_id": scope.id}


def scope_or_biz(scope: Scope) -> dict[str, object]:
    """Return a scope in v2's format: C(bk_biz_id) if possible.

    The server reads ids of one range as business sets.
    """
    number = int(scope.id)
    if (scope.type == "biz" and number not in BIZ_SET_IDS) or (scope.type == "biz_set" and number in BIZ_SET_IDS):
        return {"bk_biz_id": number}
    return scope_pair(scope)


def read_launched(data: object) -> LaunchedJob:
    """Parse the response to a launch or an operation, the same in v2 and v3. Plans have no C(step_instance_id)."""
    payload = JsonObject(data, "data")
    job_instance_id = payload.number("job_instance_id")
    if job_instance_id < 1:
        raise unusable_response(f"{job_instance_id} is not the id of an instance")
    return LaunchedJob(
        job_instance_id=job_instance_id,
        job_instance_name=payload.maybe_text("job_instance_name"),
        step_instance_id=payload.maybe_number("step_instance_id"),
    )


def topo_nodes(target: TargetServer) -> list[dict[str, object]] | None:
    """Return topology nodes in the format of v2 and v3."""
    return [{"id": node.id, "node_type": node.node_type} for node in target.topo_nodes] or None


def addresses(target: TargetServer) -> list[dict[str, object]] | None:
    """Return addresses in the format of v2 and v3."""
    return [{"bk_cloud_id": address.bk_cloud_id, "ip": address.ip} for address in target.addresses] or None


def operation_call(
    scope: dict[str, object], job_instance_id: int, step_instance_id: int | None, operation: int
) -> Call[LaunchedJob]:
    """Return C(operate_job_instance), or C(operate_step_instance) for a step. Success means that it was queued."""
    name = "operate_job_instance" if step_instance_id is None else "operate_step_instance"
    ids = {"job_instance_id": job_instance_id, "step_instance_id": step_instance_id}
    return Call(name, without_none({**scope, **ids, "operation_code": operation}), read_launched)


def file_contents(launch: FileLaunch) -> list[dict[str, object]]:
    """Return the files of C(push_config_file) in the format of v2 and v3."""
    return [{"file_name": file.file_name, "content": file.content} for file in launch.contents]


def push_unsupported(launch: FileLaunch) -> list[tuple[str, str]]:
    """Return the given options that C(push_config_file) does not have: (option, advice)."""
    names = other_fields(launch, _PUSH_CONFIG_FIELDS)
    if launch.transfer_mode == TRANSFER_MODES["strict"]:
        names.append("transfer_mode")
    return [(name, _PUSH_ADVICE.get(name, _ONLY_TRANSFER)) for name in names]


def other_fields(launch: Launch, known: frozenset[str]) -> list[str]:
    """Return the names of the fields with a value other than their default, except those in C(known)."""
    return [
        each.name for each in fields(launch) if each.name not in known and getattr(launch, each.name) != each.default
    ]
