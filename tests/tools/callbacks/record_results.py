# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records the result of each task of the collection, one JSON document per line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: record_results
type: notification
short_description: Writes down the results of the collection's tasks
description: One JSON document in a line for each result, with the place of its task.
options:
  file:
    description: Where to; lines are added to what is there.
    type: path
    required: true
    ini:
      - section: callback_record_results
        key: file
"""


class CallbackModule(CallbackBase):
    """The callback."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record_results"

    def v2_runner_on_ok(self, result: Any) -> None:
        """Record a successful task, loops included."""
        self._record(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Record a failed task."""
        self._record(result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Record a skipped task."""
        self._record(result)

    def _record(self, result: Any) -> None:
        task = result._task
        if task.action.startswith("blueking.job."):
            line = {"task": f"{task.get_path()} {task.get_name()}", "result": result._result}
            with Path(self.get_option("file")).open("a", encoding="utf-8") as stream:
                print(json.dumps(line, default=str), file=stream)
