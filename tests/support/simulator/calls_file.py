# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send files that lie on hosts or in a file source: `fast_transfer_file` of v3 and `fast_push_file` of v2."""

from __future__ import annotations

from typing import Any

from .call_context import Context, Params, entries
from .cmdb import Account
from .errors import JobError
from .file_launch import AccountName, FileRequest, SourceRequest, launch
from .file_paths import legal
from .file_sources import FileSource
from .ids import present
from .launch_checks import DEFAULT_TIMEOUT, task_name
from .messages import FILE_TASK_NAME, INTERNAL_ERROR
from .rolling_batches import OVER_SOURCES
from .step_work import CONTENT, LOCAL_FILE, SERVER_FILE, THIRD_PARTY_FILE
from .targets import target_v2, target_v3
from .type_conversion import blank

_KINDS = (SERVER_FILE, LOCAL_FILE, THIRD_PARTY_FILE, CONTENT)
STRICT = 1


def fast_transfer_file(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: checks in this order: path, account, targets, sources."""
    path = (params["file_target_path"] or "").strip()
    if not legal(path):
        raise JobError(1241007, "file_target_path")
    account = AccountName(present(params["account_id"]), params["account_alias"])
    if account.id is None and blank(account.alias):
        raise JobError(1241004, "account_id|account_alias")
    target = None if params["target_server"] is None else target_v3(params["target_server"])
    if target is None or target.empty:
        raise JobError(1241004, "target_server")
    _check_sources(params)
    request = FileRequest(
        task_name(context, params["task_name"], FILE_TASK_NAME),
        tuple(_source(context, source) for source in params["file_source_list"]),
        target,
        account,
        path,
        DEFAULT_TIMEOUT if params["timeout"] is None else params["timeout"],
        params["file_target_name"] or None,
        params["transfer_mode"] == STRICT,
        present(params["upload_speed_limit"]),
        present(params["download_speed_limit"]),
        params["rolling_config"],
        context.inventory.settings.starts(params["start_task"]),
        params["callback_url"],
    )
    job = launch(context, request)
    return {"job_instance_id": job.id, "job_instance_name": job.name, "step_instance_id": job.steps[0].id}


def _check_sources(params: Params) -> None:
    sources, rolling = entries(params["file_source_list"]), params["rolling_config"]
    if not sources:
        raise JobError(1241004, "file_source_list")
    if rolling is not None and rolling["type"] == OVER_SOURCES and any(_kind(one) != SERVER_FILE for one in sources):
        raise JobError(1244035)
    for source in sources:
        _check_source(source)


def _kind(source: Params) -> int:
    kind: int | None = source["file_type"]
    return SERVER_FILE if kind is None else kind


def _paths(source: Params) -> tuple[str, ...]:
    """JOB API: only v3 trims paths."""
    return tuple((path or "").strip() for path in source["file_list"])


def _check_source(source: Params) -> None:
    """JOB API: type, paths, account, hosts; only paths and accounts of server files are checked."""
    kind = _kind(source)
    if kind not in _KINDS:
        raise JobError(1241005, "file_source.file_type")
    if not source["file_list"]:
        raise JobError(1241004, "file_source.file_list")
    if kind == THIRD_PARTY_FILE and present(source["file_source_id"]) is None and blank(source["file_source_code"]):
        raise JobError(1241004, "file_source.file_source_id/file_source.file_source_code")
    if kind != SERVER_FILE:
        return
    if not all(legal(path) for path in _paths(source)):
        raise JobError(1241005, "file_source.file_list")
    account = source["account"]
    if account is None:
        raise JobError(1241004, "file_source.account")
    if present(account["id"]) is None and blank(account["alias"]):
        # JOB API: these are not the names of the fields.
        raise JobError(1241004, "file_source.account.account_id|file_source.account.account_alias")
    if source["server"] is None or target_v3(source["server"]).empty:
        raise JobError(1241004, "file_source.server")


def _source(context: Context, source: Params) -> SourceRequest:
    kind, paths = _kind(source), _paths(source)
    if kind == LOCAL_FILE:
        # No call of the simulator uploads files.
        raise JobError(1244023)
    ident = present(source["file_source_id"])
    if kind == SERVER_FILE:
        account = AccountName(present(source["account"]["id"]), source["account"]["alias"])
        if ident is None:
            return SourceRequest(kind, paths, target_v3(source["server"]), account)
        # JOB API: with the id of a file source the files are looked up there, whatever the type says.
        found = _file_source(context, ident, "")
        return SourceRequest(THIRD_PARTY_FILE, paths, target_v3(source["server"]), account, ident, found)
    if kind == CONTENT:
        # JOB API: accepted, but there is no field for the content, so nothing can be sent.
        return SourceRequest(LOCAL_FILE, paths)
    file_source = _file_source(context, ident, source["file_source_code"])
    return SourceRequest(kind, paths, file_source_id=file_source.id if file_source else ident, file_source=file_source)


def _file_source(context: Context, ident: int | None, code: str) -> FileSource | None:
    """Return a third-party file source.

    JOB API: an id is not checked at launch. A code is looked up in the own scope, then among public sources; an unknown
    one is an internal error.
    """
    sources = context.inventory.file_sources
    if ident is not None:
        return next((source for source in sources if source.id == ident), None)
    named = [source for source in sources if source.code == code]
    own = [source for source in named if source.scope == context.scope.ref]
    for source in (*own, *(source for source in named if source.public)):
        return source
    raise JobError(INTERNAL_ERROR)


def fast_push_file(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: checks in this order: path, account, sources, targets; v2 does not trim paths."""
    if not legal(params["file_target_path"]):
        raise JobError(1241007, "file_target_path")
    if blank(params["account"]):
        raise JobError(1241004, "account")
    sources = entries(params["file_source"])
    if not sources:
        raise JobError(1241004, "file_source")
    for source in sources:
        _check_source_v2(source)
    target = target_v2(params)
    if target is None:
        raise JobError(1241004, "ip_list|custom_query_id|target_servers")
    account = AccountName(os_account(context, params["account"]).id, params["account"])
    job = launch(
        context,
        FileRequest(
            task_name(context, params["task_name"], FILE_TASK_NAME),
            tuple(_source_v2(context, source) for source in sources),
            target,
            account,
            params["file_target_path"],
            DEFAULT_TIMEOUT if params["timeout"] is None else params["timeout"],
            upload_limit=present(params["upload_speed_limit"]),
            download_limit=present(params["download_speed_limit"]),
            callback_url=params["bk_callback_url"],
        ),
    )
    return {"job_instance_id": job.id, "job_instance_name": job.name}


def _check_source_v2(source: Params) -> None:
    if not source["files"]:
        raise JobError(1241004, "file_source.files")
    if not all(legal(path) for path in source["files"]):
        raise JobError(1241005, "file_source.files")
    if not source["account"]:
        raise JobError(1241004, "file_source.account")
    if target_v2(source) is None:
        raise JobError(1241004, "file_source.ip_list|file_source.custom_query_id|file_source.target_servers")


def _source_v2(context: Context, source: Params) -> SourceRequest:
    """JOB API: v2 sends server files only, and looks up the ids of its accounts first."""
    account = AccountName(os_account(context, source["account"]).id, source["account"])
    return SourceRequest(SERVER_FILE, tuple(source["files"]), target_v2(source), account)


def os_account(context: Context, alias: str) -> Account:
    """Return the system account of an alias, or raise."""
    account = context.inventory.cmdb.account_named(context.scope, alias)
    if account is None:
        raise JobError(1244003, alias)
    return account
