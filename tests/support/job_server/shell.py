# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a shell script finds when it begins: the plan's variables, and the helpers that report a tag.

JOB API: a script ends through job_success or job_fail with a word or two, and that text becomes the host's tag.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from .catalog import ASSOCIATIVE_ARRAY, INDEXED_ARRAY, NAMESPACE
from .instances import Work

MAX_TAG = 256
"""JOB API: a tag has at most 256 characters."""
_SHELL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TAG = re.compile(r"job_(?:success|fail):\[(.*?)\]\s*$", re.MULTILINE)
_TAIL = 65_536
"""The helpers end the script, so the tag stands at the end of its output."""
_HELPERS = """job_start() { echo "[$(date '+%Y-%m-%d %H:%M:%S')][PID:$$] job_start"; }
job_success() { echo "[$(date '+%Y-%m-%d %H:%M:%S')][PID:$$] job_success:[$*]"; exit 0; }
job_fail() { echo "[$(date '+%Y-%m-%d %H:%M:%S')][PID:$$] job_fail:[$*]"; exit 1; }"""


def tag_of(log: Path) -> str:
    """The tag that a script has reported last, also through helpers of its own that print the same line."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - _TAIL))
            text = stream.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    found = _TAG.findall(text)
    return found[-1][:MAX_TAG] if found else ""


def shell_setup(program: str, work: Work, private: Path, step_id: int) -> dict[str, str]:
    """How helpers and variables reach the script: bash reads them from a file before it starts on the script.

    So the script's own text, its line numbers and $0 stay as they are. A shell that is no bash gets plain
    environment variables and no helpers.
    """
    if Path(program).name != "bash":
        return {name: value or "" for name, _kind, value in work.variables}
    variables = [variable for variable in work.variables if _SHELL_NAME.fullmatch(variable[0])]
    namespaces = [name for name, kind, _value in variables if kind == NAMESPACE]
    kept = private / "namespace.sh"
    lines = ["unset BASH_ENV", _HELPERS, *(_assignment(*variable) for variable in variables)]
    if namespaces:
        # JOB API: a namespace variable starts equal on all hosts; what a step leaves in it is the host's own.
        names = " ".join(namespaces)
        lines += [f"[ ! -f {_quote(kept)} ] || . {_quote(kept)}", f"trap 'declare -p {names} >{_quote(kept)}' EXIT"]
    prelude = private / f"variables-{step_id}.sh"
    prelude.write_text("\n".join(lines) + "\n", encoding="utf-8")
    prelude.chmod(0o600)
    return {"BASH_ENV": str(prelude)}


def _assignment(name: str, kind: int, value: str | None) -> str:
    """JOB API: the value of an array variable is the literal text of the array."""
    if kind == ASSOCIATIVE_ARRAY:
        return f"declare -A {name}={value or '()'}"
    if kind == INDEXED_ARRAY:
        return f"declare -a {name}={value or '()'}"
    return f"{name}={shlex.quote(value or '')}"


def _quote(path: Path) -> str:
    return shlex.quote(str(path))
