# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Details of a step: `get_step_instance_detail` of v3."""

from __future__ import annotations

from typing import Any

from .call_context import Context, Params
from .calls_step_view import find_step
from .catalog import MASK
from .instances import CONFIRM_STEP, StepInstance
from .shapes import account, address, approval

APPROVAL = 3


def detail(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: the script is plain text here, a sensitive argument line is masked."""
    job, step = find_step(context, params)
    if step.kind == CONFIRM_STEP:
        planned = context.inventory.catalog.step(job.plan_id, step.step_id)
        return _shown(step, APPROVAL, approval_info=approval(planned.message if planned else ""))
    return _shown(step, step.kind, script_info=_script(step))


def _shown(step: StepInstance, kind: int, **info: dict[str, Any]) -> dict[str, Any]:
    infos = {"script_info": None, "file_info": None, "approval_info": None, **info}
    return {"id": step.id, "name": step.name, "type": kind, **infos}


def _script(step: StepInstance) -> dict[str, Any]:
    work = step.work
    assert work is not None
    origin = work.origin
    hosts = [address(host.id, host.cloud_id, host.ip or None) for host in step.hosts]
    return {
        "script_type": origin.source,
        "script_id": origin.script_id,
        "script_version_id": origin.version_id,
        "script_content": work.content.decode("utf-8", "replace"),
        "script_language": work.language,
        "script_param": MASK if origin.sensitive else work.param or None,
        "script_timeout": work.timeout,
        "account": account(origin.account_id, origin.account_name),
        "server": {"ip_list": hosts, "dynamic_group_list": None, "topo_node_list": None},
        "is_param_sensitive": int(origin.sensitive),
        "is_ignore_error": int(step.ignore_error),
        "windows_interpreter": work.interpreter,
    }
