# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that say how to launch."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of modules that launch a job."""

    DOCUMENTATION = r"""
options:
  launch_mode:
    description:
      - In how many steps to launch. Either way the module never starts a job twice.
      - With V(single) one request creates and starts the job. If its answer is lost, the job is looked up in JOB's history
        of executions; if it cannot be told which one it is, the task fails with RV(launch_outcome) V(unknown).
      - With V(two_step) a first request creates the job without starting it, and a second one starts it. The second one can
        be repeated safely, and so can the first one where O(server_version) says so. Needs O(api_version=v3) and a server
        of version 3.12 or newer; an older one starts the job with the first request, which is noticed.
      - With V(auto) it is V(two_step) where O(server_version) is 3.12 or newer, else V(single).
    type: str
    choices: [auto, single, two_step]
    default: auto
  server_version:
    description:
      - Version of the JOB server, such as V(3.12.1), as its operators know it. It is never asked for, because that call
        needs a special permission.
      - If not given, the environment variable E(BK_JOB_SERVER_VERSION) is used.
    type: str
  launch_timeout:
    description:
      - How long to try until the outcome of the launch is known, in seconds, above 0 and at most 2592000.
      - A launch that surely did not reach JOB, and one that is refused because of a quota or rate limit, is tried again for
        so long, with growing pauses. The look at a plan before its launch is part of this time, and so is looking for a
        launch whose answer was lost.
    type: float
    default: 180.0
  wait:
    description:
      - Whether to wait for the end of the job. With V(false) the module returns as soon as RV(job_instance_id) is known;
        M(blueking.job.bk_job_wait) can wait for the job later.
    type: bool
    default: true
"""
