# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log files: write one file per host and step, readable by their owner alone.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from ..models.run import HostKey

_UNSAFE = re.compile(r"[^A-Za-z0-9.-]")
_MAX_NAME_LENGTH = 100
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class LogDirectory:
    """A folder for logs, made with its parents when the first log is written.

    Files are called C(<step_instance_id>-<bk_cloud_id>-<ip>.log), or C(<step_instance_id>-host-<bk_host_id>.log) for a
    host without ip; where two hosts would have the same name, the second one has a number behind it.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path).absolute()
        self._directory_fd: int | None = None
        # Hashes of names, as there may be 50 000, and how many hosts asked for each. That two names have one hash would
        # do no harm but a number behind one.
        self._taken: dict[int, int] = {}

    def write(self, step_instance_id: int, host: HostKey, text: bytes) -> str:
        """Write the log of a host, in the place of an older one, and return its path.

        The file appears under its name when it is complete. A link of that name is replaced and never followed.

        Raises:
            OSError: it cannot be written; nothing of it is left.
        """
        directory = self._open()
        name = self._name(step_instance_id, host)
        temporary_name = f".{name}.{os.getpid()}"
        descriptor = self._new_file(directory, temporary_name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text)
            os.replace(temporary_name, name, src_dir_fd=directory, dst_dir_fd=directory)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary_name, dir_fd=directory)
            raise
        return str(self._path / name)

    def close(self) -> None:
        """Let go of the folder."""
        if self._directory_fd is not None:
            os.close(self._directory_fd)
            self._directory_fd = None

    def _open(self) -> int:
        """The folder, held open, so that files go into it whatever becomes of its path."""
        if self._directory_fd is None:
            _make_directory(self._path)
            self._directory_fd = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        return self._directory_fd

    def _new_file(self, directory: int, name: str) -> int:
        try:
            return os.open(name, _NEW_FILE, 0o600, dir_fd=directory)
        except FileExistsError:
            # What a task left that was killed, whose process had our number.
            os.unlink(name, dir_fd=directory)
            return os.open(name, _NEW_FILE, 0o600, dir_fd=directory)

    def _name(self, step_instance_id: int, host: HostKey) -> str:
        words = ("host", host.bk_host_id) if host.ip is None else (host.bk_cloud_id, host.ip)
        safe = _UNSAFE.sub("_", "-".join(str(word) for word in (step_instance_id, *words) if word is not None))
        base = name = safe[:_MAX_NAME_LENGTH]
        # Some file systems do not tell capital letters from small ones.
        base_hash = hash(base.lower())
        while hash(name.lower()) in self._taken:
            self._taken[base_hash] += 1
            name = f"{base}-{self._taken[base_hash]}"
        self._taken[hash(name.lower())] = 1
        return f"{name}.log"


def _make_directory(path: Path) -> None:
    """Make a folder, and those above it that are missing, for the owner alone."""
    if not path.is_dir():
        _make_directory(path.parent)
        path.mkdir(0o700, exist_ok=True)
