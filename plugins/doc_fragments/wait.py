# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that say how to wait and what to report."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of modules that wait for a job."""

    DOCUMENTATION = r"""
options:
  wait_timeout:
    description:
      - How long to wait for the end of the job, in seconds, above 0 and at most 2592000 (30 days, as long as JOB keeps
        instances). Then the task fails; O(on_timeout) says what becomes of the job.
      - It is kept to the second, however slowly the server answers. Looks at the job that fail do not end the wait before.
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
  on_timeout:
    description:
      - What becomes of the job when O(wait_timeout) is over. The task fails in any case, unless the job ends by itself just
        then.
      - V(leave) leaves it running; its id is in the message and in RV(job_instance_id).
      - V(terminate) stops it and looks for up to 30 seconds whether it has stopped; the message says what was seen. A job
        that waits for a confirmation is ended by refusing it.
    type: str
    choices: [leave, terminate]
    default: leave
  on_interrupt:
    description:
      - What becomes of the job when the module gets SIGINT (Ctrl-C) or SIGTERM while it waits. The task fails, its result
        is still put out.
      - V(leave) leaves it running, V(terminate) stops it and looks for up to 5 seconds whether it has stopped.
      - SIGKILL, and the task keyword C(timeout), leave the module no time for either.
    type: str
    choices: [leave, terminate]
    default: leave
  on_confirmation:
    description:
      - What to do when the job waits for a person, at a confirmation step or before the next batch of a rolling script.
      - V(fail) fails at once and names the step; the job goes on waiting. V(wait) waits along, up to O(wait_timeout).
    type: str
    choices: [fail, wait]
    default: fail
  fail_on:
    description:
      - When the task fails although the job has ended in time.
      - V(job) takes over the job's own verdict. A job may succeed although hosts failed, where a step ignores errors or a
        rolling script goes on after a failed batch.
      - V(any_host) fails as well if any host failed in any step, or if the hosts cannot be read.
    type: str
    choices: [job, any_host]
    default: job
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
