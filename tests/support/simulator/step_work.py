# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of a step: a script to run, or files to send."""

from __future__ import annotations

from dataclasses import dataclass

from .cmdb import Account, Host
from .file_sources import FileSource
from .script_origin import Origin

SERVER_FILE, LOCAL_FILE, THIRD_PARTY_FILE, CONTENT = 1, 2, 3, 4
"""JOB API: types of file sources. A content is a file of push_config_file."""

JOB_HOST = Host(
    id=900_000_001,
    cloud_id=0,
    ip="10.255.255.1",
    name="job-server",
    scopes=(),
    agent_up=True,
    nodes=frozenset(),
)
"""JOB API: the platform's own host. Contents and third-party files are sent from there."""


@dataclass(frozen=True)
class Work:
    """The script of a step, its argument line, and the plan's variables for shell scripts."""

    language: int
    content: bytes
    param: str
    timeout: int
    variables: tuple[tuple[str, int, str | None], ...] = ()
    """Name, type and value of each variable."""
    origin: Origin = Origin()
    interpreter: str | None = None
    """The interpreter on Windows."""


@dataclass(frozen=True)
class Source:
    """One source of files: paths on hosts, paths in a third-party file source, or a text."""

    kind: int
    paths: tuple[str, ...]
    hosts: tuple[Host, ...] = (JOB_HOST,)
    account: Account | None = None
    file_source_id: int | None = None
    file_source: FileSource | None = None
    """The third-party file source; None for an id that does not exist."""
    content: bytes = b""

    @property
    def prepared(self) -> bool:
        """JOB API: JOB fetches local and third-party files first; the others are where they are sent from."""
        return self.kind in (SERVER_FILE, CONTENT)


@dataclass(frozen=True)
class FileItem:
    """One file to send from one host. JOB API: a directory or a pattern counts as one file."""

    source: Source
    host: Host
    path: str

    @property
    def shown_path(self) -> str:
        """JOB API: a log shows a third-party file behind the alias of its file source."""
        return f"{self.source.file_source.alias}/{self.path}" if self.source.file_source else self.path


@dataclass(frozen=True)
class Transfer:
    """The files of a step, and the directory on the targets."""

    sources: tuple[Source, ...]
    batches: tuple[tuple[FileItem, ...], ...]
    """The files of each batch; a step that does not roll over its sources has one batch of files."""
    target_path: str
    timeout: int
    account: Account | None = None
    target_name: str | None = None
    strict: bool = False
    """JOB API: mode 1 fails if the directory is missing; every other mode creates it."""
    upload_limit: int | None = None
    download_limit: int | None = None
    """Limits in MB/s. The simulator does not slow down transfers."""

    @property
    def over_sources(self) -> bool:
        """Return whether the step rolls over its sources."""
        return len(self.batches) > 1

    def items(self, batch: int) -> tuple[FileItem, ...]:
        """Return the files that the targets of a batch get."""
        return self.batches[batch if self.over_sources else 0]

    def mentions(self, text: str) -> bool:
        """Return whether any path contains a text."""
        return any(text in path for source in self.sources for path in source.paths)
