# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Executor of file steps: it copies files between the directories of hosts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .deliveries import BAD_DIRECTORY, NO_SUCH_FILE, SEND_ERROR, FileResult
from .execution_rounds import Round
from .file_paths import is_directory, name_of, resolved
from .file_rounds import FileRound
from .host_files import HostFiles
from .host_tasks import HostTask
from .instances import FAILED
from .step_work import CONTENT, THIRD_PARTY_FILE, FileItem

_MISSING = FileResult(NO_SUCH_FILE, "the file does not exist on the source")
_NOT_FETCHED = FileResult(NO_SUCH_FILE, "the file source does not have this file")
Found = dict[str, Path | bytes]
"""The files of one item, by their names below the directory of the target."""


class FileExecutor:
    """Sends the files of a round to a few targets at once."""

    def __init__(self, files: HostFiles, workers: int) -> None:
        self._files = files
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="job-file")
        self._closed = False

    def run(self, work: Round) -> None:
        """Find the files, then send them to every target that can receive."""
        files = FileRound(work)
        status = files.impossible
        if status is None and any(_unfetched(item) for item in files.items):
            status = FAILED
        if status is not None:
            files.fetch(_NOT_FETCHED)
            work.fail(status, timed=False)
            return
        found = [self._find(item) for item in files.items]
        for task in files.begin([_uploaded(one) for one in found]):
            if self._closed:
                return
            self._pool.submit(self._one, files, task, found)

    def stop(self, work: Round) -> None:
        """End the targets that have not begun or not ended."""
        work.stopped()

    def close(self) -> None:
        """Wait for the copies under way."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _find(self, item: FileItem) -> Found:
        source = item.source
        if source.kind == CONTENT:
            return {item.path: source.content}
        if source.kind == THIRD_PARTY_FILE:
            assert source.file_source is not None
            return {name_of(item.path): source.file_source.files[item.path].encode()}
        try:
            return {**self._files.find(item.host, item.path)}
        except (OSError, ValueError, re.error):
            return {}

    def _one(self, files: FileRound, task: HostTask, found: Sequence[Found]) -> None:
        if files.work.begin([task]):
            all_files = zip(files.items, files.uploads, found, strict=True)
            files.finish([task], [self._send(files, task, *one) for one in all_files])

    def _send(self, files: FileRound, task: HostTask, item: FileItem, sent: FileResult, found: Found) -> FileResult:
        """Copy the files of one item to one target."""
        if sent.code:
            # JOB API: a file that its source cannot upload fails on every target.
            return sent
        transfer = files.transfer
        directory = resolved(transfer.target_path, item.host, files.work.step.clock.started or 0)
        try:
            if transfer.strict and not self._files.has_directory(task.host, directory):
                return FileResult(BAD_DIRECTORY, f"the directory does not exist: {directory}")
            for name, source in found.items():
                renamed = transfer.target_name if transfer.target_name and not is_directory(item.path) else name
                self._files.put(task.host, directory, renamed, source)
        except (OSError, ValueError) as error:
            return FileResult(SEND_ERROR, f"the file cannot be written: {error}")
        return sent


def _unfetched(item: FileItem) -> bool:
    source = item.source.file_source
    return item.source.kind == THIRD_PARTY_FILE and source is not None and item.path not in source.files


def _uploaded(found: Found) -> FileResult:
    if not found:
        return _MISSING
    return FileResult(size=sum(len(one) if isinstance(one, bytes) else one.stat().st_size for one in found.values()))
