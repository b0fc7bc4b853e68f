# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print every message of the plugins with its file, line, kind and text.

A text with a blank in it is a message, or a part of one, unless it is documentation, a pattern, a time format, a type,
or a text that is compared or searched for. So no message can be forgotten.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
# Functions whose argument becomes a message of that kind; all other texts are parts of messages.
_SORTS = {
    "add_error": "fault",
    "warn": "warning",
    "_warn": "warning",
    "JobError": "error",
    "rephrased": "error",
    "unusable_response": "error",
    "ErrorMeaning": "hint",
}
_PIECE = "piece"
_PATTERNS_AND_FORMATS = frozenset({"re", "strptime", "strftime"})
_DOCUMENTATION = frozenset({"DOCUMENTATION", "EXAMPLES", "RETURN"})


@dataclass(frozen=True)
class Message:
    """A message, or a part of one. In C(text) fields are C({expression}); C(words) are the texts around them."""

    line: int
    sort: str
    text: str
    words: tuple[str, ...]


def by_file() -> dict[str, list[Message]]:
    """Return the messages of all plugins by the path of their file in the collection."""
    files = [file for file in sorted(PLUGINS.rglob("*.py")) if file.parent.name != "doc_fragments"]
    found = {str(file.relative_to(PLUGINS.parent)): messages(file.read_text(encoding="utf-8")) for file in files}
    return {file: each for file, each in found.items() if each}


def messages(source: str) -> list[Message]:
    """Return the messages of one file, in the order of their lines."""
    return sorted(_in(ast.parse(source), _PIECE), key=lambda message: message.line)


def _in(node: ast.AST, sort: str) -> Iterator[Message]:
    """Yield the messages in a part of a program, of that kind unless a call inside changes it."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        yield from _message(node, sort)
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_for_nobody(node, name, child):
                yield from _in(child, _sort_of(node, name, child, sort))


def _message(node: ast.JoinedStr | ast.Constant, sort: str) -> Iterator[Message]:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    text, words = "", [""]
    for part in parts:
        if isinstance(part, ast.FormattedValue):
            text += f"{{{ast.unparse(part.value)}{'!r' if part.conversion == ord('r') else ''}}}"
            words.append("")
        elif isinstance(part, ast.Constant):
            text += str(part.value)
            words[-1] += str(part.value)
    if " " in "".join(words) and any(character.isalpha() for character in text):
        yield Message(node.lineno, sort, text, tuple(words))


@lru_cache(maxsize=1)
def _called(node: ast.Call) -> list[str]:
    """Return the parts of the name of what is called; asked for each argument of the same call."""
    return ast.unparse(node.func).split(".")


def _sort_of(node: ast.AST, name: str, child: ast.AST, sort: str) -> str:
    if isinstance(child, ast.keyword):
        return "hint" if child.arg == "hint" else _PIECE
    if isinstance(node, ast.Call):
        return _SORTS.get(_called(node)[-1], _PIECE) if name == "args" else _PIECE
    return _PIECE if isinstance(node, (ast.FormattedValue, ast.Subscript)) else sort


def _is_for_nobody(node: ast.AST, name: str, child: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr):
        return isinstance(child, ast.Constant)
    if isinstance(node, ast.Call):
        return not _PATTERNS_AND_FORMATS.isdisjoint(_called(node))
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id in _DOCUMENTATION for target in node.targets)
    if isinstance(node, ast.AnnAssign):
        return "TypeAlias" in ast.unparse(node.annotation)
    is_documentation = isinstance(node, ast.Expr) and isinstance(child, ast.Constant)
    is_looked_for = isinstance(node, (ast.Set, ast.Compare)) or (isinstance(node, ast.Dict) and name == "keys")
    return is_documentation or is_looked_for or name in ("annotation", "returns", "format_spec")


def main() -> None:
    """Print all messages, file by file."""
    for file, found in by_file().items():
        print(f"\n{file}")
        for message in found:
            print(f"{message.line:5} {message.sort:8}", message.text.replace("\n", "\\n"))


if __name__ == "__main__":
    main()
