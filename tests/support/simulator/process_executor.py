# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Executor that really runs scripts: every host of a round as a child process, in a thread of a pool."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .child_process import Child
from .execution_rounds import Round
from .executor import CANNOT_RUN, Runner
from .host_files import HostFiles
from .host_tasks import HOST_BAD_EXIT, HostTask, Verdict


@dataclass(frozen=True, slots=True)
class FileOutput:
    """The output of one child, in a file."""

    path: Path

    def text(self, task: HostTask) -> str:
        """Return what the child has written so far."""
        try:
            return self.path.read_bytes().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""


class ProcessExecutor:
    """Runs as many hosts at once as it has workers; further hosts wait."""

    def __init__(self, root: Path, workers: int, files: HostFiles) -> None:
        self._runner = Runner(root, files)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="job-host")
        self._children: dict[Round, list[Child]] = {}
        self._lock = threading.Lock()
        self._closed = False

    def run(self, work: Round) -> None:
        """Submit every host that can run to the pool."""
        ready = work.sort_out()
        children = [Child() for _turn in ready]
        if not ready:
            return
        work.job.directory.mkdir(exist_ok=True)
        with self._lock:
            if self._closed:
                return
            self._children[work] = children
            for task, child in zip(ready, children, strict=True):
                log = work.job.directory / f"log-{work.step.id}-{task.host.id}-{task.execution}"
                task.output = FileOutput(log)
                self._pool.submit(self._one, work, task, child, log)

    def stop(self, work: Round) -> None:
        """Stop the children; the round reports hosts whose child was stopped before its start."""
        with self._lock:
            children = list(self._children.get(work, ()))
        for child in children:
            child.stop()
        work.stopped()

    def close(self) -> None:
        """Stop all children, and wait for their end."""
        with self._lock:
            self._closed = True
            children = [child for some in self._children.values() for child in some]
        for child in children:
            child.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _one(self, work: Round, task: HostTask, child: Child, log: Path) -> None:
        """Run one host, from start to result."""
        if work.begin([task]):
            try:
                verdict = self._runner.run(work, task, child, log)
            except Exception as error:
                # A run must end even if a host fails to start: a zero byte among the arguments, a full disk.
                verdict = Verdict(HOST_BAD_EXIT, CANNOT_RUN, note=work.line(f"the script cannot be run: {error}"))
            work.finish([task], verdict)
        with self._lock:
            if work.ended:
                self._children.pop(work, None)
