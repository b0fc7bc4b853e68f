# Copyright: BlueKing JOB collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stdout callback: the default output of Ansible, with readable results of JOB runs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: readable
type: stdout
short_description: Default output of Ansible, with readable results of BlueKing JOB runs
version_added: 1.0.0
description:
  - Prints what P(ansible.builtin.default#callback) prints. Only the results of tasks that launch, wait for, operate or
    read a run of BlueKing JOB are different.
  - Such a result has one line for the run, one for each step if the run has several, and one for each host, with its
    address and exit code. The last lines of the host's log follow. Failed hosts come first, and of several runs the
    failed ones.
  - Terminal control characters in logs and names are removed.
  - With C(-v) the complete result is printed first, as the default callback prints it.
author:
  - BlueKing JOB collection contributors (@blueking)
requirements:
  - Set it as the callback for standard output, for example with the environment variable E(ANSIBLE_STDOUT_CALLBACK) set
    to V(blueking.job.readable).
extends_documentation_fragment:
  - ansible.builtin.default_callback
  - ansible.builtin.result_format_callback
options:
  max_hosts:
    description: Maximum number of hosts that are printed for a task, in all steps together.
    type: int
    default: 20
    env:
      - name: BK_JOB_READABLE_MAX_HOSTS
    ini:
      - section: callback_readable
        key: max_hosts
  max_log_lines:
    description: Maximum number of lines that are printed of the log of a host. The last lines are printed.
    type: int
    default: 20
    env:
      - name: BK_JOB_READABLE_MAX_LOG_LINES
    ini:
      - section: callback_readable
        key: max_log_lines
seealso:
  - plugin: ansible.builtin.default
    plugin_type: callback
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible import constants
from ansible.plugins.callback.default import CallbackModule as DefaultCallback

from ..plugin_utils.job_report import Line, has_run, headline, is_job_result, message_lines, report

_COLLECTION = "blueking.job."


class CallbackModule(DefaultCallback):  # type: ignore[misc]  # ansible-core ships no types
    """Standard output: the default callback, with readable results of runs."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "blueking.job.readable"

    def __init__(self) -> None:
        super().__init__()
        # Text to print in place of a failed result.
        self._summary: str | None = None

    def v2_runner_on_ok(self, result: Any) -> None:
        """Print a task that succeeded."""
        super().v2_runner_on_ok(result)
        self._report_success(result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        """Print a loop item that succeeded."""
        super().v2_runner_item_on_ok(result)
        self._report_success(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Print a task that failed."""
        if _job_data(result) is None:
            super().v2_runner_on_failed(result, ignore_errors)
            return
        with self._reported_failure(result):
            super().v2_runner_on_failed(result)
        if ignore_errors:
            self._display.display("...ignoring", color=constants.COLOR_SKIP)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        """Print a loop item that failed."""
        with self._reported_failure(result):
            super().v2_runner_item_on_failed(result)

    def _dump_results(self, result: Any, *args: Any, **options: Any) -> Any:
        """Format a result as the default callback does, except one that is being summarized."""
        return super()._dump_results(result, *args, **options) if self._summary is None else self._summary

    def _report_success(self, result: Any) -> None:
        data = _job_data(result)
        # In check mode there is no run.
        if data and has_run(data) and (data.get("changed") or self.get_option("display_ok_hosts")):
            self._print(headline(data))
            self._print_report(data)

    @contextmanager
    def _reported_failure(self, result: Any) -> Iterator[None]:
        """Summarize a result of this collection while the default callback prints it, then report the hosts."""
        data = _job_data(result)
        if data is None:
            yield
            return
        # From ansible-core 2.19 on, the message is printed as an error before the result.
        has_message = getattr(result, "exception", None) is not None
        is_run = has_run(data)
        lines = message_lines(data)
        if has_message:
            lines = [headline(data).text] if is_run else [lines[0].rstrip(":")]
        self._summary = None if self._run_is_verbose(result) else "\n".join(lines)
        try:
            yield
        finally:
            self._summary = None
        if is_run:
            if not has_message:
                self._print(headline(data), is_failure=True)
            self._print_report(data, is_failure=True)

    def _print_report(self, data: Mapping[str, Any], *, is_failure: bool = False) -> None:
        limits = self._limit("max_hosts", 20), self._limit("max_log_lines", 20)
        for line in report(data, *limits):
            self._print(line, is_failure=is_failure)

    def _limit(self, option: str, default: int) -> int:
        """Return an option. Callbacks that extend this one, as ansible-runner's does, may not declare it."""
        try:
            return max(int(self.get_option(option)), 0)
        except KeyError:
            return default

    def _print(self, line: Line, *, is_failure: bool = False) -> None:
        color = {"ok": constants.COLOR_OK, "failed": constants.COLOR_ERROR}.get(line.verdict or "")
        self._display.display(
            line.indented, color=color, stderr=is_failure and self.get_option("display_failed_stderr")
        )


def _job_data(result: Any) -> Mapping[str, Any] | None:
    """Return the result of a task of this collection about a run, or None. A censored result (no_log) is not one."""
    # ansible-core 2.19 made these attributes public, and will deprecate the private ones.
    is_public = hasattr(result, "task")
    task, data = (result.task, result.result) if is_public else (result._task, result._result)
    action = getattr(task, "resolved_action", None) or task.action
    return data if str(action).startswith(_COLLECTION) and is_job_result(data) else None
