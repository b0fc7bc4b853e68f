# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a script: `fast_execute_script` of v2 and v3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .call_context import Context, Params, entries
from .catalog import ScriptVersion
from .cmdb import Account, Target
from .errors import JobError
from .fields_catalog import LANGUAGES
from .ids import present
from .launch_checks import (
    DEFAULT_TIMEOUT,
    begin_run,
    check_quota,
    check_risk,
    create_run,
    reject_as_configured,
    task_name,
)
from .messages import SCRIPT_TASK_NAME
from .rolling_batches import Rolling, check_waits, parallel, plan
from .run_manager import StepSpec
from .script_origin import OWN_SCRIPT, PUBLIC_SCRIPT, REFERENCED_SCRIPT
from .step_work import Work
from .targets import target_v2, target_v3
from .type_conversion import blank, decode_base64

_ACTIONS = {
    OWN_SCRIPT: "quick_execute_script",
    REFERENCED_SCRIPT: "execute_script",
    PUBLIC_SCRIPT: "execute_public_script",
}
"""JOB API: the required permission depends on the source of the script."""


@dataclass(frozen=True)
class ScriptRequest:
    """A validated request, the same for both generations."""

    version_id: int | None
    script_id: str | None
    content: str | None
    language: int | None
    target: Target
    account: Account | None
    account_name: str
    start: bool
    callback_url: str | None
    sensitive: bool = False
    by_id: bool = False
    """The account was given by its id."""
    rolling: Params | None = None


def fast_script_v2(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: v2's script_id is the id of a script version; the type is checked before the content."""
    version_id = params["script_id"]
    if version_id is not None and version_id < 1:
        raise JobError(1241005, "script_id")
    if version_id is None:
        if params["script_type"] not in LANGUAGES:
            raise JobError(1241005, "script_type")
        if blank(params["script_content"]):
            raise JobError(1241005, "script_content")
    target = target_v2(params)
    if target is None:
        raise JobError(1241007, "ip_list|custom_query_id|target_server")
    if blank(params["account"]):
        raise JobError(1241004, "account")
    account = context.inventory.cmdb.account_named(context.scope, params["account"])
    if account is None:
        # JOB API: v2 checks the account before the script.
        raise JobError(1244003, params["account"])
    request = ScriptRequest(
        version_id,
        None,
        params["script_content"],
        params["script_type"],
        target,
        account,
        params["account"],
        True,
        params["bk_callback_url"],
        params["is_param_sensitive"] == 1,
    )
    return launch(context, params, request, params["script_timeout"])


def fast_script_v3(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: checks in this order: source, version id, language, target, account."""
    version_id, script_id, content = params["script_version_id"], params["script_id"], params["script_content"]
    if version_id is None and blank(script_id) and blank(content):
        raise JobError(1241004, "script_version_id|script_id|script_content")
    if version_id is not None and version_id < 1:
        raise JobError(1241005, "script_version_id")
    if content and params["script_language"] not in LANGUAGES:
        raise JobError(1241005, "script_language")
    if params["target_server"] is None:
        raise JobError(1241004, "target_server")
    # JOB API: a null among host ids is an internal error here, in variables of plans it is not.
    entries(params["target_server"]["host_id_list"])
    target = target_v3(params["target_server"])
    if target.empty:
        raise JobError(1244001)
    if present(params["account_id"]) is None and blank(params["account_alias"]):
        raise JobError(1241004, "account_id|account_alias")
    return launch(context, params, script_request(context, params, target), params["timeout"])


def script_request(context: Context, params: Params, target: Target) -> ScriptRequest:
    """Build the request from the fields that the newer generations share."""
    if params["rolling_config"] is not None:
        check_waits(params["rolling_config"])
    account_id, alias = present(params["account_id"]), params["account_alias"]
    cmdb = context.inventory.cmdb
    return ScriptRequest(
        present(params["script_version_id"]),
        None if blank(params["script_id"]) else params["script_id"],
        params["script_content"],
        params["script_language"],
        target,
        cmdb.account(account_id) if account_id is not None else cmdb.account_named(context.scope, alias),
        str(alias if account_id is None else account_id),
        context.inventory.settings.starts(params["start_task"]),
        params["callback_url"],
        params.get("is_param_sensitive") == 1 or params.get("param_sensitive") is True,
        account_id is not None,
        params["rolling_config"],
    )


def launch(context: Context, params: Params, request: ScriptRequest, timeout: int | None) -> dict[str, Any]:
    """Launch: from the source of the script to the run."""
    with context.inventory.settings.quotas.turn():
        return _admitted(context, params, request, timeout)


def _admitted(context: Context, params: Params, request: ScriptRequest, timeout: int | None) -> dict[str, Any]:
    reject_as_configured(
        context,
        task_name=params["task_name"],
        script_id=request.script_id,
        script_version=request.version_id,
        account=request.account_name,
    )
    version = _version(context, request)
    language, content = (
        (version.language, version.content.encode())
        if version
        else (request.language or 0, decode_base64(request.content or ""))
    )
    check_risk(context, language, content.decode("utf-8", "replace"))
    check_quota(context)
    account = request.account
    if account is None:
        # JOB API: an unknown account id is an internal error in v4.
        raise JobError(1244003, request.account_name, kind="INTERNAL" if request.by_id else None)
    (hosts,) = context.inventory.cmdb.resolve(context.scope, [request.target])
    name = task_name(context, params["task_name"], SCRIPT_TASK_NAME)
    if not hosts:
        raise JobError(1244028, name)
    catalog = context.inventory.catalog
    origin = catalog.origin(version, account, request.sensitive)
    context.require(_ACTIONS[origin.source], catalog.name_of(version) if version else None)
    context.require("use_account", (str(account.id), account.alias))
    param = decode_base64(params["script_param"] or "").decode("utf-8", "replace")
    interpreter = params.get("windows_interpreter")
    work = Work(language, content, param, _seconds(timeout), origin=origin, interpreter=interpreter)
    early = _rolling(request, len(hosts)) if request.rolling and parallel(request.rolling) else None
    job = create_run(context, name, [StepSpec(-1, name, work, hosts)], callback_url=request.callback_url)
    # JOB API: a serial expression is parsed after the instance was created; an invalid one leaves it in state 1.
    job.steps[0].rolling = early or _rolling(request, len(hosts))
    if request.start:
        begin_run(context, job)
    return {"job_instance_id": job.id, "job_instance_name": name, "step_instance_id": job.steps[0].id}


def _seconds(timeout: int | None) -> int:
    return DEFAULT_TIMEOUT if timeout is None else timeout


def _rolling(request: ScriptRequest, hosts: int) -> Rolling | None:
    return None if request.rolling is None else plan(request.rolling, hosts)


def _version(context: Context, request: ScriptRequest) -> ScriptVersion | None:
    """Return the version to run, if any. JOB API: a version id overrides a script id, which overrides content."""
    if request.version_id is not None:
        return context.inventory.catalog.version(context.scope, request.version_id)
    if request.script_id is not None:
        return context.inventory.catalog.online_version(context.scope, request.script_id)
    return None
