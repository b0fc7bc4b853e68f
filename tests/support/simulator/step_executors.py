# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Executor of all steps: scripts go to one executor, files to another."""

from __future__ import annotations

from .execution_rounds import Executor, Round


class StepExecutors:
    """Hands each round to the executor for its kind of step."""

    def __init__(self, scripts: Executor, files: Executor) -> None:
        self._scripts, self._files = scripts, files

    def run(self, work: Round) -> None:
        """Start the hosts of a round."""
        self._of(work).run(work)

    def stop(self, work: Round) -> None:
        """Stop the hosts of a round."""
        self._of(work).stop(work)

    def close(self) -> None:
        """Stop everything."""
        self._files.close()
        self._scripts.close()

    def _of(self, work: Round) -> Executor:
        return self._scripts if work.step.transfer is None else self._files
