# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Process that runs one task and kills itself with SIGKILL at a given request.

Usage: python -m ...killed_task, with a JSON object on standard input: C(task) (a key of TASKS), C(options), C(call)
and C(sent): whether the request reaches the server before the process is killed.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.transport import Transport
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_FILE, FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_file, fast_script, job_plan
from ansible_collections.blueking.job.tests.unit.helpers.fakes import run_task

TASKS = {
    "fast_script": (fast_script, FAST_SCRIPT),
    "fast_file": (fast_file, FAST_FILE),
    "job_plan": (job_plan, JOB_PLAN),
}


def main() -> None:
    """Run the task of standard input until the request."""
    given = json.load(sys.stdin)
    send = Transport.send

    def send_or_die(self: Transport, request: HttpRequest, seconds_left: float, *, fresh: bool = False) -> HttpResponse:
        is_last = request.path.rstrip("/").endswith("/" + given["call"])
        if is_last and not given["sent"]:
            os.kill(os.getpid(), signal.SIGKILL)
        response = send(self, request, seconds_left, fresh=fresh)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)
        return response

    Transport.send = send_or_die  # type: ignore[method-assign]
    task, spec = TASKS[given["task"]]
    run_task(task, spec, given["options"], TaskContext())


if __name__ == "__main__":
    main()
