# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the attributes of modules."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of modules that change something; C(SHARED) has those of all modules.

    C(LAUNCH) and C(WAIT) name more action groups. They come before C(SHARED), because the first description counts.
    """

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
    support: full
    details:
      - The task is checked and translated, names are looked up, the plan is read and its variables are checked, as without
        check mode. Nothing is launched, only reads are sent. The request is returned with its secrets masked.
  diff_mode:
    description: Will return details on what has changed, or possibly needs changing in C(check_mode), when in diff mode.
    support: full
    details:
      - Shows the launch request as text, with scripts as they were written and secrets masked.
  idempotent:
    description: Running it a second time does not change anything further.
    support: none
    details:
      - Each execution of the task launches a job, unless O(unique_key) finds an earlier run. Use C(until) and
        C(retries) only together with O(unique_key).
  async:
    description: Can be used with the C(async) keyword.
    support: full
    details:
      - C(async) kills an overdue task. The job at the server continues.
"""

    LAUNCH = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/blueking.job.job) in C(module_defaults) to set connection and scope once for all modules.
    support: full
    membership:
      - blueking.job.job
      - blueking.job.launch
      - blueking.job.wait
    details:
      - Use C(group/blueking.job.launch) for options of all launches, such as O(launch_timeout), and
        C(group/blueking.job.wait) for options of waits and reports, such as O(poll_interval). In C(group/blueking.job.job)
        these are errors, because the info modules do not have them.
"""

    WAIT = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/blueking.job.job) in C(module_defaults) to set connection and scope once for all modules.
    support: full
    membership:
      - blueking.job.job
      - blueking.job.wait
    details:
      - Use C(group/blueking.job.wait) for options of waits and reports, such as O(poll_interval). In
        C(group/blueking.job.job) these are errors, because the info modules do not have them.
"""

    SHARED = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/blueking.job.job) in C(module_defaults) to set connection and scope once for all modules.
    support: full
    membership:
      - blueking.job.job
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
    details:
      - The task runs inside the process of C(ansible-playbook) (in-process mode) with a local connection and without
        C(become), C(async), C(environment) or another Python interpreter. The variable C(bk_job_in_process), or the
        environment variable E(BK_JOB_IN_PROCESS), switches this off with V(false).
  platform:
    description: Target OS/families that can be operated against.
    support: full
    platforms: all
"""
