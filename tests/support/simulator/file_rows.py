# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of a file step as the log calls show them: one for each file that a source uploads or a target downloads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .cmdb import Host
from .deliveries import FileResult, Upload
from .file_paths import is_directory, joined, name_of, resolved
from .host_tasks import HOST_RUNNING, HostTask
from .instances import StepInstance
from .step_work import FileItem, Transfer
from .time_format import platform_line

PULLING, WAITING, UPLOADING, DOWNLOADING, FINISHED, FAILED = range(6)
_NAMES = ("Pulling", "Waiting", "Uploading", "Downloading", "Finished", "Failed")
UPLOAD, DOWNLOAD = 0, 1


@dataclass(frozen=True, slots=True)
class Row:
    """One file on its way. An upload has no target."""

    item: FileItem
    status: int
    at: int
    """When its latest line was written, in milliseconds since the epoch."""
    result: FileResult = FileResult()
    dest: Host | None = None
    dest_path: str | None = None

    @property
    def mode(self) -> int:
        """Return 0 for an upload, and 1 for a download."""
        return UPLOAD if self.dest is None else DOWNLOAD

    @property
    def size(self) -> str:
        """JOB API: a size is text, and "--" until it is known."""
        size: float | None = self.result.size
        if size is None:
            return "--"
        for unit in ("Bytes", "KB", "MB"):
            if size < 1024:
                return f"{size:.1f} {unit}"
            size /= 1024
        return f"{size:.1f} GB"

    @property
    def speed(self) -> str:
        """JOB API: the speed is text in KB/s, with a comma between thousands."""
        done = self.result.size if self.status == FINISHED else None
        return f"{max(done // 1024, 1):,} KB/s" if done else "0 KB/s"

    @property
    def process(self) -> str:
        """JOB API: the progress of a finished file is always 100%."""
        return "100%" if self.status == FINISHED else "0%"

    @property
    def log(self) -> str:
        """Return the lines of the log."""
        if self.result.code:
            reason, code = self.result.reason, self.result.code
            line = f"{reason}. Status: {code}, StatusDesc: {_NAMES[self.status]}"
        else:
            kind = "Directory" if is_directory(self.item.path) else "FileName"
            line = (
                f"{kind}: {self.dest_path or self.item.shown_path} FileSize: {self.size} Status: {self.status} "
                f"StatusDesc: {_NAMES[self.status]} Speed: {self.speed} Progress: {self.process} Detail: "
            )
        return self.result.log + platform_line(self.at, line)


def upload_rows(step: StepInstance, execution: int) -> list[Row]:
    """Return the rows of all sources. JOB API: batches are mixed, so that a file that is sent again is one row."""
    assert step.transfer is not None
    found: dict[tuple[int, str, int | None], Row] = {}
    for (number, batch), upload in step.deliveries.uploads.items():
        if number == execution:
            for item, result in zip(step.transfer.items(batch), upload.results, strict=True):
                row = _upload_row(item, upload, result)
                if row is not None:
                    found[item.host.id, item.path, item.source.file_source_id] = row
    return list(found.values())


def _upload_row(item: FileItem, upload: Upload, result: FileResult | None) -> Row | None:
    if result is None:
        # JOB fetches only local and third-party files; the others have no row yet.
        return None if item.source.prepared else Row(item, PULLING, upload.at)
    return Row(item, FAILED if result.code else FINISHED, upload.at, result)


def download_rows(step: StepInstance, task: HostTask) -> Iterator[Row]:
    """Return the rows of a target in one execution and batch.

    JOB API: with file_target_name each file has two rows: one of the new name, which waits for ever, and the real one,
    which is named after the source.
    """
    transfer = step.transfer
    upload = step.deliveries.uploads.get((task.execution, task.batch))
    if transfer is None or upload is None or not upload.sent:
        return
    results = step.deliveries.downloads.get((task.execution, task.batch, task.host.id))
    at = task.clock.ended or task.clock.started or upload.at
    for number, item in enumerate(transfer.items(task.batch)):
        if transfer.target_name is not None and not is_directory(item.path):
            path = _target(transfer, item, step.clock.started or 0, transfer.target_name)
            yield Row(item, WAITING, upload.at, FileResult(), task.host, path)
        result = FileResult() if results is None else results[number]
        path = _target(transfer, item, step.clock.started or 0, name_of(item.path))
        yield Row(item, _download_status(task, results is not None, result), at, result, task.host, path)


def _download_status(task: HostTask, ended: bool, result: FileResult) -> int:
    if ended:
        return FAILED if result.code else FINISHED
    if task.final:
        return FAILED
    return DOWNLOADING if task.status == HOST_RUNNING else WAITING


def _target(transfer: Transfer, item: FileItem, now_ms: int, name: str) -> str:
    path = joined(resolved(transfer.target_path, item.host, now_ms), name)
    return f"{path}/" if is_directory(item.path) else path


@dataclass(frozen=True)
class TransferLog:
    """The log of a target as v2 shows it: the texts of its downloads."""

    step: StepInstance

    def text(self, task: HostTask) -> str:
        """Return the lines so far."""
        return "".join(row.log for row in download_rows(self.step, task))
