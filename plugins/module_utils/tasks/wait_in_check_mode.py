# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Waits in check mode: as in real mode, but no job is stopped and no log file is written."""

from __future__ import annotations

from ..errors import JobError
from ..models.settings import WaitSettings
from ..results.run_result import RunResult


def settings_in_check_mode(settings: WaitSettings, run_result: RunResult) -> WaitSettings:
    """Return the settings of a wait that stops no job, and let the result write no log files."""
    run_result.settings = run_result.settings._replace(log_dir=None)
    return settings._replace(terminate_on_timeout=False, terminate_on_interrupt=False)


def error_in_check_mode(error: JobError, settings: WaitSettings, run_result: RunResult) -> JobError:
    """Return the error of a wait, with a note if the job would be stopped without check mode."""
    if not settings.terminates(error.kind):
        return error
    run_result.stopped = True
    return error.rephrased(f"{error.summary}; in check mode it is not terminated")
