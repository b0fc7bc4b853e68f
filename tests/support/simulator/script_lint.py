# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Built-in checks of shell scripts: no interpreter in the first line, deletions of everything, syntax.

JOB API: level 1 is a warning, 2 an error. The platform has more such patterns than these.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .messages import Language, Text, pick

SHELL = 1
WARNING, ERROR = 1, 2
_DELETES_ALL = re.compile(r"\brm\s+(?:-[A-Za-z]+\s+)+/(?:\*|\s|;|$)")
_SYNTAX = re.compile(r"line (\d+): (.*)")
# Only to end a shell that hangs.
_SECONDS = 60
_NO_INTERPRETER: Text = ("The first line does not name the interpreter", "脚本首行未声明解释器")
_DANGEROUS: Text = ("The command deletes everything", "该命令会删除所有文件")


@dataclass(frozen=True)
class Finding:
    """One finding in one line."""

    line: int
    level: int
    description: Text
    content: str | None = None
    match: str | None = None

    def shown(self, language: Language) -> dict[str, Any]:
        """Return the finding as in a response."""
        return {
            "line": self.line,
            "line_content": self.content,
            "match_content": self.match,
            "level": self.level,
            "description": pick(self.description, language),
        }


def lint(language: int, content: str) -> list[Finding]:
    """Return all findings in a script."""
    lines = content.splitlines()
    if language != SHELL or not content.strip():
        return []
    found = [] if lines[0].startswith("#!") else [Finding(1, WARNING, _NO_INTERPRETER, lines[0], lines[0])]
    for number, line in enumerate(lines, start=1):
        if match := _DELETES_ALL.search(line):
            found.append(Finding(number, ERROR, _DANGEROUS, line, match[0]))
    return [*found, *_syntax(content)]


def _syntax(content: str) -> Iterator[Finding]:
    """JOB API: a syntax error has a line number, but not its content. Without a local shell there is no check."""
    shell = shutil.which("bash")
    if shell is None:
        return
    command = [shell, "-n", "/dev/stdin"]
    result = subprocess.run(command, input=content.encode(), capture_output=True, timeout=_SECONDS, check=False)
    match = _SYNTAX.search(result.stderr.decode("utf-8", "replace"))
    if result.returncode and match:
        yield Finding(int(match[1]), ERROR, (match[2], match[2]))
