# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling over sources: which files go in which batch."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .cmdb import Host
from .step_work import FileItem, Source

Batch = tuple[FileItem, ...]


def items(source: Source, hosts: Iterable[Host] | None = None, paths: Iterable[str] | None = None) -> list[FileItem]:
    """Return the files of a source, or of some of its hosts and paths."""
    paths = source.paths if paths is None else tuple(paths)
    return [FileItem(source, host, path) for host in (source.hosts if hosts is None else hosts) for path in paths]


def one_batch(sources: Sequence[Source]) -> tuple[Batch, ...]:
    """Return all files as one batch."""
    return (_distinct(item for source in sources for item in items(source)),)


def source_batches(sources: Sequence[Source], limits: dict[str, Any]) -> tuple[Batch, ...]:
    """JOB API: neighbors are packed into one batch until a limit is reached; a source above a limit is split."""
    hosts = limits["max_execute_object_num_in_batch"] or sys.maxsize
    files = limits["max_file_num_of_single_execute_object"] or sys.maxsize
    batches: list[Batch] = []
    pack: list[Source] = []
    for source in sources:
        large = len(source.hosts) > hosts or len(source.paths) > files
        if pack and (large or not _fit([*pack, source], hosts, files)):
            batches += one_batch(pack)
            pack = []
        if large:
            batches += _split(source, hosts, files)
        else:
            pack.append(source)
    return (*batches, *(one_batch(pack) if pack else ()))


def _fit(sources: Sequence[Source], hosts: int, files: int) -> bool:
    return sum(len(one.hosts) for one in sources) <= hosts and sum(len(one.paths) for one in sources) <= files


def _split(source: Source, hosts: int, files: int) -> Iterator[Batch]:
    """JOB API: one group of hosts after the other, each with all groups of files."""
    for host in range(0, len(source.hosts), hosts):
        for path in range(0, len(source.paths), files):
            yield _distinct(items(source, source.hosts[host : host + hosts], source.paths[path : path + files]))


def _distinct(found: Iterable[FileItem]) -> Batch:
    """JOB API: a path that is named twice on one host is one file. Contents and third-party files are never alike."""
    seen: dict[Any, FileItem] = {}
    for item in found:
        source = item.source
        seen.setdefault((source.kind, item.host.id, item.path, source.file_source_id, source.content), item)
    return tuple(seen.values())
