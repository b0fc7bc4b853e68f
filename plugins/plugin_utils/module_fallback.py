# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Fallback to module mode: the conditions under which a task cannot run in the controller's process."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ..module_utils.common.text import describe_value

VARIABLE = "bk_job_in_process"
ENVIRONMENT = "BK_JOB_IN_PROCESS"
# Ansible's values for interpreter discovery. No interpreter was chosen, so the controller's is used.
_DISCOVERY = frozenset({"auto", "auto_silent", "auto_legacy", "auto_legacy_silent"})
# Python of the controller, as inventories usually set it for localhost.
_OWN_INTERPRETER = "{{ ansible_playbook_python }}"


def needs_module_process(action: ActionBase, task_vars: Mapping[str, Any]) -> bool:
    """Return whether the module must run as a process of its own.

    Args:
        action: the task, before it runs.
        task_vars: its variables.

    Raises:
        TypeError: the setting is neither true nor false.
    """
    # On macOS a forked process must not read the system's proxy settings, as requests does.
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
    """Return the Python that the module would run with; None if Ansible would discover it."""
    delegated = task_vars.get("ansible_delegated_vars", {}).get(action._task.delegate_to, task_vars)
    name = constants.config.get_config_value("INTERPRETER_PYTHON", variables=delegated)
    # Jinja takes longer to compile this template than a launch takes.
    name = sys.executable if name == _OWN_INTERPRETER else action._templar.template(name)
    return None if not name or name in _DISCOVERY else str(name).strip()


def _same_interpreter(name: str | None) -> bool:
    """Return whether it is the interpreter of this process, under any name in its own directory.

    A link in another directory may be a virtual environment, with its own libraries.
    """
    path = None if name is None else shutil.which(Path(name).expanduser())
    return name is None or (
        path is not None and _interpreter_path(Path(path)) == _interpreter_path(Path(sys.executable))
    )


@lru_cache
def _interpreter_path(path: Path) -> tuple[Path, Path]:
    return path.parent.resolve(), path.resolve()
