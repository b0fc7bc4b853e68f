# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Log files: write one file per host and step, readable by their owner alone."""

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
    """A directory for logs, created with its parents when the first log is written.

    Files are called C(<step_instance_id>-<bk_cloud_id>-<ip>.log), or C(<step_instance_id>-host-<bk_host_id>.log) for a
    host without ip; if two hosts would have the same name, the second one gets a number as suffix.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path).absolute()
        self._path_text = str(self._path).rstrip("/")
        self._directory_fd: int | None = None
        # Hashes of names, because there may be 50 000, and the number of hosts for each. A hash collision only adds a
        # number to a name.
        self._taken: dict[int, int] = {}

    def write(self, step_instance_id: int, host: HostKey, text: bytes) -> str:
        """Write the log of a host, replacing an older one, and return its path.

        The file gets its name when it is complete. A link of that name is replaced and never followed.

        Raises:
            OSError: the log cannot be written; no partial file remains.
        """
        directory = self._open()
        name = self._name(step_instance_id, host)
        temporary_name = f".{name}.{os.getpid()}"
        descriptor = self._new_file(directory, temporary_name)
        try:
            _write_all(descriptor, text)
            os.replace(temporary_name, name, src_dir_fd=directory, dst_dir_fd=directory)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary_name, dir_fd=directory)
            raise
        return f"{self._path_text}/{name}"

    def close(self) -> None:
        """Close the directory."""
        if self._directory_fd is not None:
            os.close(self._directory_fd)
            self._directory_fd = None

    def _open(self) -> int:
        """Return an open descriptor of the directory, so that files go into it even if its path changes."""
        if self._directory_fd is None:
            _make_directory(self._path)
            self._directory_fd = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        return self._directory_fd

    def _new_file(self, directory: int, name: str) -> int:
        try:
            return os.open(name, _NEW_FILE, 0o600, dir_fd=directory)
        except FileExistsError:
            # Left by a task that was killed and whose process had our id.
            os.unlink(name, dir_fd=directory)
            return os.open(name, _NEW_FILE, 0o600, dir_fd=directory)

    def _name(self, step_instance_id: int, host: HostKey) -> str:
        parts = ("host", host.bk_host_id) if host.ip is None else (host.bk_cloud_id, host.ip)
        safe = _UNSAFE.sub("_", "-".join(str(part) for part in (step_instance_id, *parts) if part is not None))
        base = name = safe[:_MAX_NAME_LENGTH]
        # Some file systems ignore case.
        base_hash = hash(base.lower())
        while hash(name.lower()) in self._taken:
            self._taken[base_hash] += 1
            name = f"{base}-{self._taken[base_hash]}"
        self._taken[hash(name.lower())] = 1
        return f"{name}.log"


def _write_all(descriptor: int, text: bytes) -> None:
    """Write a text and close the file. There may be 50 000 files, and a file object would cost more than the file."""
    try:
        written = 0
        while written < len(text):
            written += os.write(descriptor, text[written:] if written else text)
    finally:
        os.close(descriptor)


def _make_directory(path: Path) -> None:
    """Create a directory and its missing parents, accessible to the owner alone."""
    if not path.is_dir():
        _make_directory(path.parent)
        path.mkdir(0o700, exist_ok=True)
