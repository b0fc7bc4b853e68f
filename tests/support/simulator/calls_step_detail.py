# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Details of a step: `get_step_instance_detail` of v3."""

from __future__ import annotations

from typing import Any

from .call_context import Context, Params
from .calls_step_view import find_step
from .catalog import MASK
from .cmdb import Account
from .errors import JobError
from .instances import CONFIRM_STEP, StepInstance
from .messages import INTERNAL_ERROR
from .shapes import account, approval, host_addresses
from .step_work import Source, Transfer

APPROVAL = 3


def detail(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: the script is plain text here, a sensitive argument line is masked."""
    job, step = find_step(context, params)
    if step.kind == CONFIRM_STEP:
        planned = context.inventory.catalog.step(job.plan_id, step.step_id)
        return _shown(step, APPROVAL, approval_info=approval(planned.message if planned else ""))
    if step.transfer is not None:
        return _shown(step, step.kind, file_info=_files(step, step.transfer))
    return _shown(step, step.kind, script_info=_script(step))


def _shown(step: StepInstance, kind: int, **info: dict[str, Any]) -> dict[str, Any]:
    infos = {"script_info": None, "file_info": None, "approval_info": None, **info}
    return {"id": step.id, "name": step.name, "type": kind, **infos}


def _files(step: StepInstance, transfer: Transfer) -> dict[str, Any]:
    """JOB API: the path is as it was sent, and a step whose files were not fetched yet is an internal error."""
    if any(not source.prepared for source in transfer.sources) and not _fetched(step):
        raise JobError(INTERNAL_ERROR)
    return {
        "file_source_list": [_source(source) for source in transfer.sources],
        "file_destination": {
            "path": transfer.target_path,
            "account": _account(transfer.account),
            "server": host_addresses(step.hosts),
        },
        "timeout": transfer.timeout,
        "source_speed_limit": transfer.upload_limit,
        "destination_speed_limit": transfer.download_limit,
        "transfer_mode": 1 if transfer.strict else 2,
        "is_ignore_error": int(step.ignore_error),
    }


def _fetched(step: StepInstance) -> bool:
    return any(upload.sent for upload in step.deliveries.uploads.values())


def _source(source: Source) -> dict[str, Any]:
    return {
        "file_list": list(source.paths),
        "account": _account(source.account),
        "server": host_addresses(source.hosts),
        "file_type": source.kind,
        "file_source_id": source.file_source_id,
    }


def _account(found: Account | None) -> dict[str, Any]:
    return account(None) if found is None else account(found.id, found.account)


def _script(step: StepInstance) -> dict[str, Any]:
    work = step.work
    assert work is not None
    origin = work.origin
    return {
        "script_type": origin.source,
        "script_id": origin.script_id,
        "script_version_id": origin.version_id,
        "script_content": work.content.decode("utf-8", "replace"),
        "script_language": work.language,
        "script_param": MASK if origin.sensitive else work.param or None,
        "script_timeout": work.timeout,
        "account": account(origin.account_id, origin.account_name),
        "server": host_addresses(step.hosts),
        "is_param_sensitive": int(origin.sensitive),
        "is_ignore_error": int(step.ignore_error),
        "windows_interpreter": work.interpreter,
    }
