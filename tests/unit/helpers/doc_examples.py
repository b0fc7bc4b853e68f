# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every documented example: of the modules, of the README and of the other pages, found automatically."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.blueking.job.tests.unit.helpers.doc_pages import PAGES, blocks
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

PREFIX = "blueking.job."
GROUP = "group/blueking.job.job"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("bk_*.py"))
_AD_HOC = re.compile(r"^[# ]*(ansible \S+ -m blueking\.job\.(?:.*\\\n)*.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """One task: its module and options, with the defaults of the play around it."""

    source: str
    module: str
    options: Mapping[str, Any]
    keywords: Mapping[str, Any] = field(default_factory=dict)


def tasks() -> list[Example]:
    """Return the tasks in all YAML examples, in order."""
    found = []
    for name in MODULES:
        found += _tasks_in(yaml.safe_load(constant(name, "EXAMPLES")), name)
    for block in (each for page in PAGES for each in blocks(page)):
        # Recipes run for real, see test_recipes.py, and so do rulebooks, see tests/eda/test_page.py.
        runs_for_real = block.mark.startswith(("recipe: ", "rulebook: "))
        if block.language == "yaml" and PREFIX in block.text and not runs_for_real:
            found += _tasks_in(yaml.safe_load(block.text), block.place)
    return found


def ad_hoc() -> list[tuple[str, list[str]]]:
    """Return the commands like C(ansible localhost -m ...), each once: their place and their arguments."""
    texts = [(name, constant(name, "EXAMPLES")) for name in MODULES]
    texts += [(page.name, page.read_text(encoding="utf-8")) for page in PAGES]
    found = {
        tuple(shlex.split(re.sub(r"\\\n[# ]*", " ", command))): source
        for source, text in reversed(texts)
        for command in _AD_HOC.findall(text)
    }
    return [(source, list(command)) for command, source in reversed(found.items())]


def constant(module: str, name: str) -> str:
    """Return a text constant of a module, such as EXAMPLES."""
    path: Path = ROOT / "plugins" / "modules" / f"{module}.py"
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            return str(ast.literal_eval(node.value))
    raise AssertionError(f"{module} has no {name}")


def _tasks_in(value: Any, source: str, defaults: Mapping[str, Any] | None = None) -> Iterator[Example]:
    if isinstance(value, list):
        for each in value:
            yield from _tasks_in(each, source, defaults)
    elif isinstance(value, dict):
        around = {**(defaults or {}), **value.get("module_defaults", {})}
        for key, options in value.items():
            if isinstance(key, str) and key.startswith(PREFIX):
                group, own = around.get(GROUP, {}), around.get(key, {})
                keywords = {word: value[word] for word in ("loop", "vars", "register") if word in value}
                name = key.removeprefix(PREFIX)
                yield Example(source, name, {**group, **own, **(options or {})}, keywords)
            elif key in ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always"):
                yield from _tasks_in(options, source, around)
