# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Last message of a task that a signal ended: which run it leaves behind.

The signal usually ends ansible-playbook itself, which accepts no more results. From ansible-core 2.19 on, standard
error of a worker is discarded. Ansible imports action plugins before it forks workers, so a duplicate is made here.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.models.operations import terminate_task

_SCOPE_OPTIONS = ("bk_scope_type", "bk_scope_id", "bk_biz_id")


def _duplicate_of_stderr() -> int | None:
    with contextlib.suppress(OSError):
        return os.dup(2)
    return None


_STDERR = _duplicate_of_stderr()


def print_last_message(result: Mapping[str, Any]) -> None:
    """Print the message of a failed task; of a task that did not fail, the run that it leaves behind, if any."""
    message = str(result.get("msg")) if result.get("failed") else _left_behind(result)
    if message is not None and _STDERR is not None:
        with contextlib.suppress(OSError):
            os.write(_STDERR, f"[ERROR]: {message}\n".encode("utf-8", "replace"))


def _left_behind(result: Mapping[str, Any]) -> str | None:
    """Describe a run that was launched and not waited for."""
    instance_id = result.get("job_instance_id")
    if instance_id is None or result.get("finished") or not result.get("changed"):
        return None
    arguments = result.get("invocation", {}).get("module_args", {})
    scope = {name: arguments[name] for name in _SCOPE_OPTIONS if arguments.get(name) is not None}
    task = terminate_task(instance_id, scope)
    return f"Job instance {instance_id} keeps running. To stop it, run this task: {task}"
