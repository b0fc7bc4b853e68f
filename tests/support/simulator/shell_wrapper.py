# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrapper of shell scripts: the plan's variables, the helpers that report a tag, and the values that a script leaves.

JOB API: a script ends through job_success or job_fail with a short text, which becomes the host's tag.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from .catalog import ASSOCIATIVE_ARRAY, INDEXED_ARRAY, NAMESPACE, STRING
from .step_work import Work

MAX_TAG = 256
"""JOB API: a tag has at most 256 characters."""
_SHELL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TAG = re.compile(r"job_(?:success|fail):\[(.*?)\]\s*$", re.MULTILINE)
_TAIL = 65_536
"""The helpers end the script, so the tag is at the end of its output."""
_HELPERS = """job_start() { echo "[$(date '+%Y-%m-%d %H:%M:%S')][PID:$$] job_start"; }
job_success() { echo "[$(date '+%Y-%m-%d %H:%M:%S')][PID:$$] job_success:[$*]"; exit 0; }
job_fail() { echo "[$(date '+%Y-%m-%d %H:%M:%S')][PID:$$] job_fail:[$*]"; exit 1; }"""


def tag_of(log: Path) -> str:
    """Return the tag that a script has reported last, also through its own helpers that print the same line."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - _TAIL))
            text = stream.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    found = _TAG.findall(text)
    return found[-1][:MAX_TAG] if found else ""


def shell_setup(program: str, work: Work, private: Path, step_id: int) -> dict[str, str]:
    """Pass helpers and variables to the script: bash reads them from a file before it starts the script.

    So the script's own text, its line numbers and $0 are unchanged. A shell other than bash gets plain
    environment variables and no helpers.
    """
    if Path(program).name != "bash":
        return {name: value or "" for name, _kind, value in work.variables}
    variables = [variable for variable in work.variables if _SHELL_NAME.fullmatch(variable[0])]
    namespaces = [name for name, kind, _value in variables if kind == NAMESPACE]
    strings = _strings(work)
    kept, left = private / "namespace.sh", _left(private, step_id)
    lines = ["unset BASH_ENV", _HELPERS, *(_assignment(*variable) for variable in variables)]
    at_exit = []
    # Values of an earlier execution do not count.
    left.unlink(missing_ok=True)
    if strings:
        # A text may have any character but a zero byte. An unset one counts as empty, under `set -u` too.
        values = " ".join(f'"${{{name}-}}"' for name in strings)
        at_exit.append(f"builtin printf '%s\\0' {values} >|{_quote(left)}")
    if namespaces:
        # JOB API: a namespace variable starts equal on all hosts; later values belong to the host.
        names = " ".join(namespaces)
        lines.append(f"[ ! -f {_quote(kept)} ] || . {_quote(kept)}")
        at_exit.append(f"declare -p {names} >|{_quote(kept)}")
    if at_exit:
        # A script with an EXIT trap of its own replaces this one, and then its values are lost.
        lines.append(f"trap {shlex.quote('; '.join(at_exit))} EXIT")
    prelude = private / f"variables-{step_id}.sh"
    prelude.write_text("\n".join(lines) + "\n", encoding="utf-8")
    prelude.chmod(0o600)
    return {"BASH_ENV": str(prelude)}


def left_strings(work: Work, private: Path, step_id: int) -> tuple[tuple[str, str], ...]:
    """Return the string variables after a shell script; empty if the script did not get to its end."""
    try:
        texts = _left(private, step_id).read_bytes().decode("utf-8", "replace").split("\0")
    except FileNotFoundError:
        return ()
    names = _strings(work)
    # Every text ends with a zero byte, so a complete file has one more, empty element.
    return tuple(zip(names, texts[:-1], strict=True)) if len(texts) == len(names) + 1 else ()


def _strings(work: Work) -> list[str]:
    return [name for name, kind, _value in work.variables if kind == STRING and _SHELL_NAME.fullmatch(name)]


def _left(private: Path, step_id: int) -> Path:
    return private / f"left-{step_id}"


def _assignment(name: str, kind: int, value: str | None) -> str:
    """JOB API: the value of an array variable is the literal text of the array."""
    if kind == ASSOCIATIVE_ARRAY:
        return f"declare -A {name}={value or '()'}"
    if kind == INDEXED_ARRAY:
        return f"declare -a {name}={value or '()'}"
    return f"{name}={shlex.quote(value or '')}"


def _quote(path: Path) -> str:
    return shlex.quote(str(path))
