# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that say how to wait and what to report."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of modules that wait for a job."""

    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to wait for the end of the job. With V(false) the module returns as soon as RV(job_instance_id) is known.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait for the end of the job, in seconds, above 0 and at most 2592000 (30 days, as long as JOB keeps
        instances). Then the task fails; the job is left as it is.
      - If the state of the job cannot be read for two minutes, the task fails before that.
      - The default is a little more than JOB's own default time limit of a script, 7200 seconds.
    type: float
    default: 7500.0
  poll_interval:
    description:
      - Pause between the first two looks at the job, in seconds, above 0. The pause grows from look to look.
    type: float
    default: 1.0
  poll_max_interval:
    description:
      - Longest pause between two looks at the job, in seconds. Not below O(poll_interval).
    type: float
    default: 15.0
  hosts:
    description:
      - Which hosts the result lists under RV(hosts). Counts are exact in any case.
      - With V(none) RV(failed_hosts) is empty too.
    type: str
    choices: [all, failed, none]
    default: all
  logs:
    description:
      - Of which of the listed hosts the log text is fetched. Failed hosts come first.
    type: str
    choices: [all, failed, none]
    default: failed
  log_max_bytes_per_host:
    description:
      - How much of one host's log is kept, in bytes of UTF-8, from 0 to 262144. The end of the log is kept.
    type: int
    default: 8192
  log_max_bytes_total:
    description:
      - How much log text is kept in all, in bytes of UTF-8, from 0 to 262144. What is over is not fetched.
      - With the defaults that is room for 32 logs of full length; failed hosts come first.
    type: int
    default: 262144
"""
