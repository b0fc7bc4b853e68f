# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send texts as files: `push_config_file` of v3 and v2."""

from __future__ import annotations

import re
from typing import Any

from .call_context import Context, Params, entries
from .calls_file import os_account
from .errors import JobError
from .file_launch import AccountName, FileRequest, SourceRequest, launch
from .ids import present
from .messages import INTERNAL_ERROR
from .step_work import CONTENT
from .targets import target_v2, target_v3
from .type_conversion import blank, decode_base64

_NAMELESS = 1241002
"""JOB API: v3 reports every violation by this code, without the name of the field."""


def push_config_file_v3(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: the response has a null step_instance_id, and addresses of targets are not validated."""
    account = AccountName(present(params["account_id"]), params["account_alias"])
    if blank(params["file_target_path"]) or (account.id is None and blank(account.alias)):
        raise JobError(_NAMELESS)
    if params["target_server"] is None:
        raise JobError(_NAMELESS)
    target = target_v3(params["target_server"])
    files = entries(params["file_list"])
    if target.empty or not files or any(blank(one["file_name"]) or blank(one["content"]) for one in files):
        raise JobError(_NAMELESS)
    if any(cloud_id is None or ip is None for cloud_id, ip in target.ips):
        raise JobError(INTERNAL_ERROR)
    sources = _contents(files)
    name = _name(context, params)
    request = FileRequest(
        name, sources, target, account, params["file_target_path"], callback_url=params["callback_url"]
    )
    job = launch(context, request)
    return {"job_instance_id": job.id, "job_instance_name": job.name, "step_instance_id": None}


def push_config_file_v2(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: v2 names the field, and takes only ip_list as targets."""
    if blank(params["file_target_path"]):
        raise JobError(1241007, "file_target_path")
    if blank(params["account"]):
        raise JobError(1241007, "account")
    target = target_v2({"target_server": None, "custom_query_id": None, "ip_list": params["ip_list"]})
    if target is None:
        raise JobError(1241007, "ip_list")
    files = entries(params["file_list"])
    if not files:
        raise JobError(1241007, "file_list")
    for one in files:
        for name in ("file_name", "content"):
            if blank(one[name]):
                raise JobError(1241005, f"file_list.{name}")
    account = AccountName(os_account(context, params["account"]).id, params["account"])
    request = FileRequest(_name(context, params), _contents(files), target, account, params["file_target_path"])
    job = launch(context, request)
    return {"job_instance_id": job.id, "job_instance_name": job.name}


def _contents(files: list[Params]) -> tuple[SourceRequest, ...]:
    """JOB API: a name is cut off up to its last separator; a file without name or content cannot be saved."""
    sources = []
    for one in files:
        name, content = re.split(r"[/\\]", one["file_name"])[-1], decode_base64(one["content"])
        if not name or not content:
            raise JobError(1244024)
        sources.append(SourceRequest(CONTENT, (name,), content=content))
    return tuple(sources)


def _name(context: Context, params: Params) -> str:
    """JOB API: the default name ends with the time in milliseconds."""
    return params["task_name"] or f"API_PUSH_CONFIG_FILE_{context.run_manager.timeline.now_ms()}"
