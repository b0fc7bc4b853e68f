# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the hosts: every host has a directory that serves as its root directory."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from .cmdb import Host
from .file_paths import PATTERN, is_directory, parts

Files = Mapping[int, Mapping[str, str]]
"""The text of each file, by id of the host and path."""


class HostFiles:
    """The directories of all hosts, which last as long as the server."""

    def __init__(self, root: Path, files: Files) -> None:
        self._root = root
        for host_id, texts in files.items():
            for path, text in texts.items():
                place = self.directory(host_id).joinpath(*parts(path))
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8", newline="")

    def directory(self, host_id: int) -> Path:
        """Return the root directory of a host; make it first if it is missing."""
        directory = self._root / str(host_id)
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    def find(self, host: Host, path: str) -> dict[str, Path]:
        """Return the files that a source path names, by their paths below the target's directory; empty if none."""
        place = self.directory(host.id).joinpath(*parts(path.partition(PATTERN)[0]))
        if PATTERN in path:
            return dict(_matching(place, re.compile(path.partition(PATTERN)[2])))
        if is_directory(path):
            below = sorted(entry for entry in place.rglob("*") if entry.is_file())
            return {f"{place.name}/{entry.relative_to(place).as_posix()}": entry for entry in below}
        if "*" in place.name:
            found = sorted(entry for entry in _entries(place.parent) if fnmatchcase(entry.name, place.name))
            return {entry.name: entry for entry in found}
        return {place.name: place} if place.is_file() else {}

    def has_directory(self, host: Host, path: str) -> bool:
        """Return whether a host has a directory."""
        return self.directory(host.id).joinpath(*parts(path)).is_dir()

    def put(self, host: Host, directory: str, name: str, source: Path | bytes) -> None:
        """Write a file into a directory of a host, which is made if it is missing."""
        target = self.directory(host.id).joinpath(*parts(directory), *parts(f"/{name}"))
        target.parent.mkdir(parents=True, exist_ok=True)
        # Others may send a file of the same name at the same time: the last one wins, and no file is half of each.
        fresh = target.with_name(f".{target.name[:200]}.{threading.get_ident()}")
        try:
            if isinstance(source, bytes):
                fresh.write_bytes(source)
                # JOB API: contents arrive as executable files.
                fresh.chmod(0o755)
            else:
                shutil.copy(source, fresh)
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)


def _entries(directory: Path) -> list[Path]:
    return [entry for entry in directory.iterdir() if entry.is_file()] if directory.is_dir() else []


def _matching(directory: Path, pattern: re.Pattern[str]) -> Iterator[tuple[str, Path]]:
    for entry in sorted(_entries(directory)):
        if pattern.fullmatch(entry.name):
            yield entry.name, entry
