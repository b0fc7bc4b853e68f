# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Warnings about files that JOB would reject, overwrite, or put elsewhere than the user may expect.

Only warnings, because servers differ: JOB decides.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ..common.text import quoted_path
from ..models.launch import FileLaunch, TargetServer
from .problems import Problems

# Default of a server setting (JOB API: fast_transfer_file, 1244021).
_MAX_FILE_TASKS = 100_000
_SOURCE_MACRO = "[FILESRCIP]"

_SEPARATORS = re.compile(r"[/\\]+")
_PLAN_VARIABLE = re.compile(r"\$\{\w+\}")
_MACRO = re.compile(r"\[[A-Za-z0-9:/_-]+\]")
_DRIVE = re.compile(r"[A-Za-z]:[/\\]")
_PATTERN = re.compile(r"\*|REGEX:")
# First directory that begins with two dots, and the root itself.
_REJECTED_ROOT = re.compile(r"/(\.$|\.\.(?!/))")
_REJECTED_IN_DOS = re.compile(r'[?:"<>|]')


def warn_about_files(launch: FileLaunch, problems: Problems) -> None:
    """Add warnings for what can be known before the launch."""
    if launch.file_target_path:
        for text in _path_warnings(launch):
            problems.warn(text)
    for text in (*_source_warnings(launch), *_limit_warnings(launch)):
        problems.warn(text)


def path_problem(path: str) -> str | None:
    """Return why JOB would reject a path; None if it would accept it (JOB: FilePathValidateUtil)."""
    is_rooted = path.startswith("/") or _DRIVE.match(path) is not None
    if _PLAN_VARIABLE.search(path) or (is_rooted and _MACRO.search(path)):
        return None
    if not is_rooted:
        return "it is not absolute; begin it with / or with a drive such as C:\\"
    if path.startswith("/"):
        return "its first directory begins with dots" if _REJECTED_ROOT.match(path) else None
    below = path[3:]
    if below.startswith(("/", "\\")):
        return "it has two separators after the drive"
    head, regex, _pattern = below.partition("REGEX:")
    checked = head if regex and head else below
    return 'it contains one of ? : " < > |' if _REJECTED_IN_DOS.search(checked) else None


def _path_warnings(launch: FileLaunch) -> Iterator[str]:
    path = launch.file_target_path
    problem = path_problem(path)
    # JOB does not check the path of pushed contents, and takes a relative one for a path of Windows.
    if problem is not None and (not launch.contents or "absolute" in problem):
        yield f"file_target_path: JOB may reject {quoted_path(path)}: {problem}"
    last = _base_name(path)
    names = [file.file_name for file in launch.contents] or [
        _base_name(each) for source in launch.sources for each in source.files
    ]
    if last in (*names, launch.file_target_name):
        yield f"file_target_path is always a directory: the file will be {path.rstrip('/')}/{last}"
    for position, source in enumerate(launch.sources):
        for each in source.files:
            problem = None if source.is_third_party else path_problem(each)
            if problem is not None:
                shown = quoted_path(each)
                yield f"file_source_list[{position}].file_list: JOB may reject {shown}: {problem}"


def _source_warnings(launch: FileLaunch) -> Iterator[str]:
    names = Counter(_base_name(each) for source in launch.sources for each in source.files)
    same = sorted(name for name, number in names.items() if number > 1)
    if same:
        yield f"several source files have the name {same[0]}; each overwrites the one that arrived before"
    servers = [source.server for source in launch.sources if source.server is not None]
    if any(_has_several_hosts(server) for server in servers) and _SOURCE_MACRO not in launch.file_target_path:
        yield (
            "several source hosts send files of the same name; each overwrites the one that arrived before. "
            f"Add {_SOURCE_MACRO} to file_target_path to keep all of them"
        )
    if launch.file_target_name and any(_PATTERN.search(each) for source in launch.sources for each in source.files):
        yield "file_target_name: all files that match the pattern get this one name"
    directories = any(each.endswith(("/", "\\")) for source in launch.sources for each in source.files)
    if directories and any(_overlap(server, launch.target) for server in servers):
        yield "a source host of a directory is a target, too; JOB may report wrong states for it"


def _limit_warnings(launch: FileLaunch) -> Iterator[str]:
    sources = sum(
        len(source.files) * (1 if source.server is None else _explicit_hosts(source.server))
        for source in launch.sources
    )
    transfers = (sources or len(launch.contents)) * _explicit_hosts(launch.target)
    if transfers > _MAX_FILE_TASKS:
        yield (
            f"the launch has {transfers} transfers (source hosts x files x targets). JOB rejects more than "
            f"{_MAX_FILE_TASKS} unless its operators raised the limit; send the files in several tasks"
        )


def _explicit_hosts(target: TargetServer) -> int:
    """Return the number of hosts that are known; each group and node counts as one."""
    return target.explicit_host_count + len(target.dynamic_groups) + len(target.topo_nodes)


def _has_several_hosts(server: TargetServer) -> bool:
    return server.explicit_host_count > 1 or bool(server.dynamic_groups or server.topo_nodes)


def _overlap(server: TargetServer, target: TargetServer) -> bool:
    return bool(set(server.host_ids) & set(target.host_ids) or set(server.addresses) & set(target.addresses))


def _base_name(path: str) -> str:
    """Return the last part of a path, also of a directory that ends in a separator."""
    return _SEPARATORS.split(path.rstrip("/\\"))[-1]
