# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a task inside the controller's process would not be the same thing as the module, so that the module runs.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ..module_utils.common.text import describe_value

VARIABLE = "bk_job_in_process"
ENVIRONMENT = "BK_JOB_IN_PROCESS"
# What Ansible calls its ways to find an interpreter by itself. Nobody named one, so the controller's will do.
_DISCOVERY = frozenset({"auto", "auto_silent", "auto_legacy", "auto_legacy_silent"})


def needs_module_process(action: ActionBase, task_vars: Mapping[str, Any]) -> bool:
    """Whether the module must run as a process of its own.

    Args:
        action: the task, about to run.
        task_vars: its variables.

    Raises:
        TypeError: the switch is neither true nor false.
    """
    # On macOS a forked process must not ask the system for proxies, as requests does.
    return (
        not _is_in_process_enabled(action, task_vars)
        or sys.platform == "darwin"
        or action._connection.transport != "local"
        or bool(action._play_context.become or action._connection.become)
        or bool(action._task.async_val)
        or any(action._task.environment or ())
        or not _same_interpreter(_interpreter(action, task_vars))
    )


def _is_in_process_enabled(action: ActionBase, task_vars: Mapping[str, Any]) -> bool:
    value = action._templar.template(task_vars.get(VARIABLE))
    if value is None:
        value = os.environ.get(ENVIRONMENT) or True
    try:
        return bool(boolean(value))
    except TypeError:
        raise TypeError(
            f"{VARIABLE}, or {ENVIRONMENT} in the environment, must be true or false, not {describe_value(value)}"
        ) from None


def _interpreter(action: ActionBase, task_vars: Mapping[str, Any]) -> str | None:
    """The Python that the module would get; None if Ansible would look for one."""
    delegated = task_vars.get("ansible_delegated_vars", {}).get(action._task.delegate_to, task_vars)
    name = action._templar.template(constants.config.get_config_value("INTERPRETER_PYTHON", variables=delegated))
    return None if not name or name in _DISCOVERY else str(name).strip()


def _same_interpreter(name: str | None) -> bool:
    """Whether it is the one in which we run, by whatever name its own folder has for it.

    A link to it in another folder may be a virtual environment, with libraries of its own.
    """
    path = None if name is None else shutil.which(Path(name).expanduser())
    return name is None or (
        path is not None and _interpreter_path(Path(path)) == _interpreter_path(Path(sys.executable))
    )


def _interpreter_path(path: Path) -> tuple[Path, Path]:
    return path.parent.resolve(), path.resolve()
