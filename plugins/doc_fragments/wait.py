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
      - Shortest pause between two looks at the job, in seconds, above 0 and at most 2592000. Until that time has passed,
        half of it.
      - Pauses grow with the time waited so far, to about an eighth of it, within O(poll_interval) and O(poll_max_interval), so
        that the end of a job is seen soon and a long job is not asked about all the time. With the defaults, jobs of up to
        ten seconds are seen to end within half a second as a rule, longer ones within 5 percent of their time, and ten
        minutes take about 60 requests.
      - Pauses are up to a quarter shorter by chance, so that many tasks do not ask in step.
    type: float
    default: 1.0
  poll_max_interval:
    description:
      - Longest pause between two looks at the job, in seconds, at most 2592000. Not below O(poll_interval).
      - A pause also ends when a line of O(progress) is due.
    type: float
    default: 60.0
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
      - What becomes of the job when the task gets SIGINT (Ctrl-C) or SIGTERM while it waits. The task fails, its result
        is still put out.
      - V(leave) leaves it running, V(terminate) stops it and looks for up to 5 seconds whether it has stopped.
      - Inside the controller's process (see the attribute C(action)) the same holds for the task keyword C(timeout), and on
        Linux for an C(ansible-playbook) that was killed. A module learns of neither, and waits on.
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
  progress:
    description:
      - Whether the task tells how far the job is while it waits - a line when something has changed, and at least every 30
        seconds, such as C(bk_job_plan 10001 [step 2/3 deploy] 340/1000 hosts, 2 failed, 1m20s).
      - There is one line at most where the wait is over within a second, and none where the job has ended at the first look.
      - Lines appear where the task runs inside the controller's process. A module that runs in a process of its own stays
        silent until it ends, and this option has no effect there.
      - For a line JOB may be asked once more, to count the hosts of the step, as long as no step has more than 1000 of them.
        If that fails or takes more than five seconds, the counts are missing and nothing else.
      - If not given, the environment variable E(BK_JOB_PROGRESS) is used.
    type: bool
    default: true
  hosts:
    description:
      - Which hosts the result lists under RV(hosts). Counts are exact in any case.
      - With V(none) RV(failed_hosts) is empty too, and no logs are fetched.
      - The whole result stays below 600000 bytes. Of runs on many hosts it lists as many as fit, failed ones first, and
        RV(hosts_truncated) is true.
    type: str
    choices: [all, failed, none]
    default: all
  logs:
    description:
      - Of which hosts the log is fetched, once, after the end of the job. Failed hosts come first.
      - Logs that cannot be had never change the verdict on the job, see RV(logs_complete). At most five minutes are spent
        on hosts and logs.
    type: str
    choices: [all, failed, none]
    default: failed
  log_max_bytes_per_host:
    description:
      - How much of one host's log the result keeps, in bytes of UTF-8, from 0 to 262144. The end of the log is kept.
    type: int
    default: 8192
  log_max_bytes_total:
    description:
      - How much log text the result keeps in all, in bytes of UTF-8, from 0 to 262144. What is over is not fetched.
      - With the defaults that is room for about 30 logs of full length; failed hosts come first.
      - A log of a failed host stands in RV(hosts) and in RV(failed_hosts), and characters that are not ASCII take up to six
        bytes there, so that less of such logs may fit into the result.
    type: int
    default: 262144
  log_dir:
    description:
      - Folder for whole logs, on the machine where the module runs. The logs of all hosts that O(hosts) and O(logs) ask for
        are written there, also of those that the result has no room for, as UTF-8, without secrets of the task
        and without NUL characters.
      - The folder and those above it are made if they are missing, readable for their owner alone. Each log is a file of
        its own, C(<step_instance_id>-<bk_cloud_id>-<ip>.log), readable for its owner alone; RV(hosts[].log_path) is its
        path. A file of that name is replaced when the new one is complete.
      - A folder that cannot be used is a fault of the task, found before anything is sent. If a log cannot be written after
        the job has run, there is a warning and RV(logs_complete) is false.
      - Nothing is written in check mode.
    type: path
"""
