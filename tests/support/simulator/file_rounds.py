# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rounds of file steps: what both executors decide alike."""

from __future__ import annotations

from collections.abc import Sequence

from .deliveries import AGENT_DOWN, NO_AGENT, FileResult, Upload, host_status
from .execution_rounds import Round
from .host_tasks import (
    AGENT_DOWN_CODE,
    HOST_FILES_INCOMPLETE,
    HOST_NO_AGENT,
    HOST_SUCCESS,
    HOST_WITHOUT_AGENT,
    HostTask,
    Verdict,
)
from .instances import ABNORMAL, FAILED
from .step_work import LOCAL_FILE, THIRD_PARTY_FILE, FileItem, Transfer

_NO_SOURCE_AGENT = FileResult(NO_AGENT, "Source agent is not installed")
_NO_AGENT = FileResult(NO_AGENT, "Agent is not installed")
_AGENT_DOWN = FileResult(AGENT_DOWN, "the agent does not respond")


class FileRound:
    """One round of a file step, with its files."""

    def __init__(self, work: Round) -> None:
        assert work.step.transfer is not None
        self.work = work
        self.transfer: Transfer = work.step.transfer
        self.items = self.transfer.items(work.tasks[0].batch)
        self._execution = work.tasks[0].execution
        self._batches = sorted({task.batch for task in work.tasks})

    @property
    def impossible(self) -> int | None:
        """Return the status of a step whose files JOB cannot even look for.

        JOB API: an unknown or disabled third-party file source ends step and job abnormally (9); an upload that does
        not exist, or a scope without an account named root, which third-party files need, fails them (4).
        """
        sources = {id(item.source): item.source for item in self.items}.values()
        third = [source for source in sources if source.kind == THIRD_PARTY_FILE]
        if any(source.file_source is None or not source.file_source.enable for source in third):
            return ABNORMAL
        rootless = any(source.account is None for source in third)
        return FAILED if rootless or any(source.kind == LOCAL_FILE for source in sources) else None

    def fetch(self, result: FileResult | None) -> None:
        """Record the files that JOB fetches itself: None while it does, a result when that failed."""
        own = [None if item.source.prepared else result for item in self.items]
        self._record(Upload(self.work.now_ms(), own, sent=False))

    def begin(self, uploads: Sequence[FileResult]) -> list[HostTask]:
        """Take what the sources have, in the order of the files, and return the targets that can download.

        JOB API: with no source or no target that has an agent the step fails at once; hosts without agent end 18.
        """
        results = [_upload(item, result) for item, result in zip(self.items, uploads, strict=True)]
        self._record(Upload(self.work.now_ms(), results))
        ready = []
        for task in self.work.tasks:
            if task.host.agent_missing:
                self.finish([task], [_NO_AGENT] * len(self.items), Verdict(HOST_WITHOUT_AGENT, None))
            else:
                ready.append(task)
        if all(item.host.agent_missing for item in self.items):
            self.work.fail(FAILED)
            return []
        down = [task for task in ready if not task.host.agent_up]
        verdict = Verdict(HOST_NO_AGENT, None, AGENT_DOWN_CODE)
        self.finish(down, [_AGENT_DOWN] * len(self.items), verdict)
        return [task for task in ready if task.host.agent_up]

    def _record(self, upload: Upload) -> None:
        with self.work.job.lock:
            for batch in self._batches:
                self.work.step.deliveries.uploads[self._execution, batch] = upload

    @property
    def uploads(self) -> Sequence[FileResult]:
        """Return the results of the sources."""
        upload = self.work.step.deliveries.uploads[self._execution, self._batches[0]]
        return [result or FileResult() for result in upload.results]

    def finish(self, tasks: Sequence[HostTask], results: Sequence[FileResult], verdict: Verdict | None = None) -> None:
        """Record what targets got, and set their results."""
        with self.work.job.lock:
            if self.work.closed:
                return
            downloads = self.work.step.deliveries.downloads
            for task in tasks:
                if not task.final:
                    downloads[task.execution, task.batch, task.host.id] = results
            self.work.finish(tasks, verdict or verdict_on(results))


def _upload(item: FileItem, result: FileResult) -> FileResult:
    if item.host.agent_missing:
        return _NO_SOURCE_AGENT
    return result if item.host.agent_up else _AGENT_DOWN


def verdict_on(results: Sequence[FileResult]) -> Verdict:
    """Return the result of a target.

    JOB API: one file that failed fails the target with the status of its error. If only sources without agent are
    missing, every target is 11, although the files of the others arrived.
    """
    code = next((result.code for result in results if result.code not in (0, NO_AGENT)), 0)
    if code:
        return Verdict(host_status(code), None, code)
    incomplete = any(result.code for result in results)
    return Verdict(HOST_FILES_INCOMPLETE if incomplete else HOST_SUCCESS, None)
