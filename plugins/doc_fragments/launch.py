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
      - Number of steps in which to launch. The module never starts a job twice in either mode.
      - With V(single) one request creates and starts the job. If its response is lost, the job is looked up in JOB's
        history; if it cannot be identified, the task fails with RV(launch_outcome) V(unknown).
      - With V(two_step) a first request creates the job without starting it, and a second one starts it. The second one can
        be repeated safely, and so can the first one where O(server_version) says so. Needs O(api_version=v3) and a server
        of version 3.12 or newer; an older one starts the job with the first request, which is noticed.
      - With V(auto) it is V(two_step) where O(server_version) is 3.12 or newer, else V(single).
    type: str
    choices: [auto, single, two_step]
    default: auto
  server_version:
    description:
      - Version of the JOB server, such as V(3.12.1), as its operators know it. The module does not request it, because
        that call needs a special permission.
      - If not given, the environment variable E(BK_JOB_SERVER_VERSION) is used.
    type: str
  launch_timeout:
    description:
      - Maximum time until the outcome of the launch is known, in seconds, above 0 and at most 2592000.
      - During this time the module retries, with growing pauses, a launch that did not reach JOB, or that is rejected
        because of a quota or rate limit. Reading the plan before the launch, and searching for a launch whose response
        was lost, are part of this time.
    type: float
    default: 180.0
  wait:
    description:
      - Whether to wait for the end of the job. With V(false) the module returns as soon as RV(job_instance_id) is known;
        M(blueking.job.bk_job_wait) can wait for the job later.
    type: bool
    default: true
"""
