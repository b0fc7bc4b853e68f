# Copyright: BlueKing JOB collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print a play in a readable form: one headline per task, then every host with its exit code and log."""

from __future__ import annotations

DOCUMENTATION = """
name: story
type: stdout
short_description: Prints what JOB did, host by host
description:
  - Prints the results of the modules of blueking.job in a readable form.
author:
  - BlueKing JOB collection contributors (@blueking)
"""

from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core ships no types
    """Standard output of the demo."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "story"

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Print the headline of the play."""
        self._display.banner(play.get_name())

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Print a headline for each task."""
        self._say(f"\n> {task.get_name()}", "bright blue")

    def v2_runner_on_ok(self, result: Any) -> None:
        """Print the result of a task."""
        data = _data(result)
        if "job_instance_id" in data:
            self._tell(data)
        elif "msg" in data:
            self._say(f"  {data['msg']}")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Print why a task failed."""
        data = _data(result)
        self._say(f"  {data.get('msg', 'failed without a message')}", "red")
        if "job_instance_id" in data:
            self._tell(data)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Print the end of the play."""
        for host in sorted(stats.processed):
            summary = stats.summarize(host)
            self._say(f"\n{summary['ok']} tasks done, {summary['rescued']} failure caught, {summary['failures']} left")

    def _tell(self, data: dict[str, Any]) -> None:
        headline = f"  job instance {data['job_instance_id']} ({data['job_instance_name']}): {data['status']}"
        self._say(f"{headline} in {data['total_time']} s", "green" if data["status"] == "success" else "red")
        for step in data["steps"]:
            if len(data["steps"]) > 1:
                self._say(f"    step {step['name']}: {step['status']}")
            for host in data["hosts"]:
                if host["step_instance_id"] == step["step_instance_id"]:
                    self._host(host)

    def _host(self, host: dict[str, Any]) -> None:
        good = host["failure_kind"] is None
        self._say(
            f"    {'ok  ' if good else 'FAIL'} {host['ip']:<10} exit code {host['exit_code']}",
            "green" if good else "red",
        )
        for line in (host["log"] or "").splitlines():
            self._say(f"         | {line}")

    def _say(self, text: str, color: str | None = None) -> None:
        self._display.display(text, color=color)


def _data(result: Any) -> dict[str, Any]:
    """Return the result of a task, in old and new versions of ansible-core."""
    data: dict[str, Any] = getattr(result, "result", None) or result._result
    return data
