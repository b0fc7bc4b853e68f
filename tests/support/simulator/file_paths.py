# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths of files: JOB's check, the parts of a path, and the placeholders in the path of a target."""

from __future__ import annotations

import re
from datetime import datetime

from .cmdb import Host
from .type_conversion import blank

PATTERN = "REGEX:"
_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
_BRACKETS = re.compile(r"\[[A-Za-z0-9:/_-]+\]")
_ROOTED = re.compile(r"/|[A-Za-z]:[\\/]")
_DOS = re.compile(r'[A-Za-z]:[\\/]([^\\/:"<>|?][^:"<>|?]*?([\\/]REGEX:.*)?)?', re.DOTALL)
_MACRO = re.compile(r"\[(DATE|DATEFMT):([^\]]*)\]")
_DATE_PART = re.compile(r"'([^']*)'|([A-Za-z])\2*|.", re.DOTALL)
_JAVA_DATES = {
    "yyyy": "%Y",
    "yy": "%y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
    "a": "%p",
    "EEE": "%a",
}


def legal(path: str | None) -> bool:
    """Return whether JOB accepts a path.

    JOB API: a variable, and in an absolute path a placeholder, switches the check off. Otherwise a path begins with
    a slash or with a Windows drive; on Linux only a first part that begins with two dots is refused.
    """
    if path is None or blank(path):
        return False
    if _VARIABLE.search(path) or (_ROOTED.match(path) and _BRACKETS.search(path)):
        return True
    if not path.startswith("/"):
        return _DOS.fullmatch(path) is not None
    first, slash, _rest = path[1:].partition("/")
    if slash and first == "..":
        return True
    return not first.startswith("..") and path != "/."


def parts(path: str) -> list[str]:
    """Return the parts of a path below the root directory; a Windows drive is one of them."""
    found: list[str] = []
    for part in (path if path.startswith("/") else path.replace("\\", "/")).split("/"):
        if part == "..":
            del found[-1:]
        elif part not in ("", "."):
            found.append(part)
    return found


def is_directory(path: str) -> bool:
    """JOB API: a source that ends in a slash or a backslash is a directory."""
    return path.endswith(("/", "\\"))


def name_of(path: str) -> str:
    """Return the last part of a path, or the whole pattern in its place."""
    before, mark, pattern = path.partition(PATTERN)
    if mark and before.endswith(("/", "\\")):
        return mark + pattern
    found = parts(path)
    return found[-1] if found else ""


def joined(directory: str, name: str) -> str:
    """Return a path in a directory. JOB API: a directory that does not begin with a slash is one of Windows."""
    if directory.endswith(("/", "\\")):
        return directory + name
    return f"{directory}{'/' if directory.startswith('/') else chr(92)}{name}"


def resolved(directory: str, source: Host, now_ms: int) -> str:
    """JOB API: replace [FILESRCIP], [DATE:...] and [DATEFMT:...]; a date pattern that is not valid stays."""
    address = f"{source.cloud_id}_{(source.ip or source.ipv6 or '').replace(':', '_')}"
    moment = datetime.fromtimestamp(now_ms / 1000)

    def date(match: re.Match[str]) -> str:
        form = match[2] if match[1] == "DATEFMT" else _strftime(match[2], moment)
        return match[0] if form is None else moment.strftime(form)

    return _MACRO.sub(date, directory.replace("[FILESRCIP]", address))


def _strftime(pattern: str, moment: datetime) -> str | None:
    """Return a Java date pattern as one of strftime, or None if it is not valid."""
    found = ""
    for match in _DATE_PART.finditer(pattern):
        token = match[0]
        if match[1] is not None:
            found += match[1].replace("%", "%%") or "'"
        elif token == "SSS":
            found += f"{moment.microsecond // 1000:03}"
        elif match[2] is None:
            if token == "'":
                return None
            found += token.replace("%", "%%")
        elif token in _JAVA_DATES:
            found += _JAVA_DATES[token]
        elif len(token) == 1 and token * 2 in _JAVA_DATES:
            found += str(int(moment.strftime(_JAVA_DATES[token * 2])))
        else:
            return None
    return found
