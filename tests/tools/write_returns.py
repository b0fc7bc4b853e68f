# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the RETURN blocks of the modules, which share most of their keys, from tests/tools/returns.yml.

Documentation fragments cannot carry RETURN before ansible-core 2.20.
"""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
SOURCE = Path(__file__).with_name("returns.yml")
HEAD = re.compile(r'^(RETURN = r""")\n.*?^(""")$', re.MULTILINE | re.DOTALL)
WIDTH = 100


class Dumper(yaml.SafeDumper):
    """YAML as it is usually written: the elements of a list are indented."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent always."""
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:
        """Repeat what is the same."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if "\n" in text else None)


Dumper.add_representer(str, _represent_text)


def module_files() -> dict[Path, str]:
    """The files of all modules that returns.yml names, as they must be."""
    entries: list[dict[str, Any]] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    names = sorted({module for entry in entries for module in entry["modules"]})
    files = {name: ROOT / "plugins" / "modules" / f"{name}.py" for name in names}
    return {file: _with_returns(file, _documentation(entries, name)) for name, file in files.items()}


def _documentation(entries: list[dict[str, Any]], module: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in entries:
        if module in entry["modules"]:
            found[entry["key"]] = copy.deepcopy(entry["documentation"])
            for path, value in entry.get("overrides", {}).get(module, {}).items():
                target, last = _place(found[entry["key"]], path)
                target[last] = value
            for path in entry.get("without", {}).get(module, []):
                target, last = _place(found[entry["key"]], path)
                del target[last]
    return found


def _place(documentation: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    *parents, last = path.split(".")
    for parent in parents:
        documentation = documentation[parent]
    return documentation, last


def _with_returns(file: Path, documentation: dict[str, Any]) -> str:
    text = yaml.dump(documentation, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
    found, number = HEAD.subn(lambda match: f"{match[1]}\n{text}{match[2]}", file.read_text(encoding="utf-8"))
    if number != 1:
        raise SystemExit(f"{file} has no RETURN block")
    return found


if __name__ == "__main__":
    for path, content in module_files().items():
        path.write_text(content, encoding="utf-8")
