# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options for launching."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of modules that launch a job."""

    DOCUMENTATION = r"""
options:
  launch_mode:
    description:
      - Number of steps in which to launch. The module never starts a job twice in either mode, if
        O(server_version) is correct.
      - With V(single) one request creates and starts the job. If its response is lost, the job is looked up in JOB's
        history; if it cannot be identified, the task fails with RV(launch_outcome) V(unknown).
      - With V(two_step) a first request creates the job without starting it, and a second one starts it. The second one
        can be repeated safely, and so can the first one if O(server_version) is 3.12 or newer. Needs O(api_version=v3)
        and a server of version 3.12 or newer; an older one starts the job with the first request. The task then warns
        and waits for it.
      - With V(auto) it is V(two_step) if O(server_version) is 3.12 or newer, else V(single). API v2, and files sent
        with C(content_list), support V(single) only.
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
  unique_key:
    description:
      - Key that joins repeated tasks to one run, 1 to 64 characters out of letters, digits, dots, underscores, colons
        and hyphens. Before the launch, the execution history of the last O(unique_window) is searched for a run with this
        key, compared exactly. Runs of plans are compared within the plan, scripts and files by their whole task name, so
        repeated tasks need the same task name, too.
      - If such a run succeeded or has not ended, nothing is launched. The task continues with that run as if it had
        launched it, with RV(launch_outcome) V(existing). If the run failed or was stopped, a new one is launched. The
        end of a run that is just being stopped is awaited for up to 30 seconds.
      - Use it for tasks that may be repeated, such as a job that AWX relaunches, a task with C(until), or a playbook that
        was killed while it waited. It is not a lock, so two tasks that run at the very same moment can both launch.
      - If the history cannot be read, or the search takes more than half of O(launch_timeout), the task fails before it
        launches anything.
      - Needs O(api_version=v3), because API v2 has no execution history.
    type: str
  unique_window:
    description:
      - How far back to search for O(unique_key), as a span such as V(2h) or V(1d 12h), at most V(30d).
      - An older run with the key is not found, so the key can launch again.
    type: str
    default: 24h
  on_existing:
    description:
      - What to do if a run with O(unique_key) succeeded or has not ended.
      - V(adopt) continues with that run. V(fail) fails, names the run, and launches nothing.
    type: str
    choices: [adopt, fail]
    default: adopt
  wait:
    description:
      - Whether to wait for the end of the job. With V(false) the module returns as soon as RV(job_instance_id) is known;
        M(blueking.job.bk_job_wait) can wait for the job later.
    type: bool
    default: true
"""
