# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interpreter of a task decides whether it runs in the process of the controller."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.plugin_utils.module_fallback import VARIABLE, needs_module_process


def action(**templates: object) -> Any:
    """Return a local task whose templates have these values; every other template is an error."""
    return SimpleNamespace(
        _templar=SimpleNamespace(template=lambda text: None if text is None else templates[text]),
        _connection=SimpleNamespace(transport="local", become=False),
        _play_context=SimpleNamespace(become=False),
        _task=SimpleNamespace(async_val=0, environment=None, delegate_to=None),
    )


@pytest.mark.skipif(sys.platform == "darwin", reason="tasks always run as modules")
@pytest.mark.parametrize(
    ("text", "value", "is_module"),
    [
        ("{{ ansible_playbook_python }}", None, False),
        ("{{ python }}", sys.executable, False),
        ("{{ python }}", Path(sys.executable).name, False),
        ("{{ python }}", "auto_silent", False),
        ("{{ python }}", "/nowhere/python", True),
    ],
)
def test_the_interpreter(text: str, value: str | None, is_module: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The controller's own one is known without Jinja, which takes longer than a launch."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    monkeypatch.delenv(VARIABLE.upper(), raising=False)
    templates = {} if value is None else {text: value}
    assert needs_module_process(action(**templates), {"ansible_python_interpreter": text}) is is_module
