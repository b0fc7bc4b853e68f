# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Settings of a task: how to launch, how to wait, and what to report."""

from __future__ import annotations

from typing import NamedTuple


class WaitSettings(NamedTuple):
    """Maximum duration and intervals of a wait, in seconds, and what to do on timeouts, confirmations and signals."""

    wait: bool
    timeout: float
    interval: float
    max_interval: float
    terminate_on_timeout: bool
    terminate_on_interrupt: bool
    fail_on_confirmation: bool
    fail_on_any_host: bool
    # Emit progress output while waiting.
    progress: bool

    def terminates(self, kind: str) -> bool:
        """Return whether to stop the job when the wait ends with an error of this kind."""
        return (kind == "wait_timeout" and self.terminate_on_timeout) or (
            kind == "interrupted" and self.terminate_on_interrupt
        )


# Selection of hosts for a failed run: C(failed_hosts) has those that failed, C(hosts) is empty.
FAILED_ONCE = "failed_once"


class ReportSettings(NamedTuple):
    """Hosts that the result lists, hosts whose logs it includes, and limits (UTF-8 bytes; the end of a log is kept).

    C(hosts) is a choice of the option, or C(FAILED_ONCE). C(logs) is a choice, or C(auto): those of failed hosts, but
    no logs of a run that has not ended. C(log_dir) is a directory for complete logs.
    """

    hosts: str
    logs: str
    bytes_per_host: int
    bytes_total: int
    log_dir: str | None


class LaunchSettings(NamedTuple):
    """Launch in one step or two, and the maximum time until the outcome is known (seconds).

    C(honors_start_task) is true if the server is known to create instances without starting them.
    """

    two_step: bool
    honors_start_task: bool
    timeout: float
