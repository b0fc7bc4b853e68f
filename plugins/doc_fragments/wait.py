# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options for waiting and reporting."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of modules that wait for a job."""

    DOCUMENTATION = r"""
options:
  wait_timeout:
    description:
      - How long to wait for the end of the job, in seconds, above 0 and at most 2592000 (30 days, as long as JOB keeps
        instances). After it the task fails, and O(on_timeout) determines what happens to the job.
      - It is exact to the second, even if the server responds slowly. Network failures and server errors do not end the
        wait earlier. It ends earlier if JOB rejects the polls for 10 seconds, for example because a permission is
        missing.
      - The default is a little more than JOB's own default time limit of a script, 7200 seconds.
    type: float
    default: 7500.0
  poll_interval:
    description:
      - Smallest regular pause between two polls, in seconds, above 0 and at most 2592000. During the first
        O(poll_interval) seconds of the wait, the pause is half as long.
      - Pauses grow with the time waited so far, to about an eighth of it, within O(poll_interval) and
        O(poll_max_interval), to detect the end of a job early with few requests. With the defaults, the end of a job of
        up to ten seconds is usually detected within about half a second, of a longer one within about 5 percent of its
        duration, and at most about 12 percent. Ten minutes take about 60 requests.
      - Each pause is then shortened at random by up to a quarter, so that many tasks do not poll at the same time.
    type: float
    default: 1.0
  poll_max_interval:
    description:
      - Maximum pause between two polls, in seconds, at most 2592000. Not below O(poll_interval).
      - A pause also ends when a line of O(progress) is due.
    type: float
    default: 60.0
  on_timeout:
    description:
      - Action when O(wait_timeout) is over. The task fails in any case, unless the job ends by itself just then.
      - V(leave) leaves it running; its id is in the message and in RV(job_instance_id).
      - V(terminate) stops it and polls for up to 30 seconds until it has stopped. The message reports the result. A job
        that waits for a confirmation is ended by refusing it.
    type: str
    choices: [leave, terminate]
    default: leave
  on_interrupt:
    description:
      - Action when the task gets SIGINT (Ctrl-C) or SIGTERM while it waits. The task fails and still returns its
        result.
      - V(leave) leaves it running, V(terminate) stops it and polls for up to 5 seconds until it has stopped.
      - The id of a run that keeps running, and the task that stops it, are in the message. With a local connection they
        are also printed to standard error, because an interrupted C(ansible-playbook) prints no result.
      - Inside the controller's process (see the attribute C(action)) the same applies to the task keyword C(timeout),
        and on Linux to an C(ansible-playbook) that was killed. In module mode the task notices neither, and continues
        to wait.
    type: str
    choices: [leave, terminate]
    default: leave
  on_confirmation:
    description:
      - Action when the job waits for a confirmation, at a confirmation step or before the next batch of a rolling
        script.
      - V(fail) fails at once and names the step; the job continues to wait. V(wait) waits as well, up to
        O(wait_timeout).
    type: str
    choices: [fail, wait]
    default: fail
  fail_on:
    description:
      - When the task fails although the job has ended in time.
      - V(job) uses the status of the job. A job may succeed although hosts failed, if a step ignores errors or a
        rolling script continues after a failed batch.
      - V(any_host) fails as well if any host failed in any step, or if the hosts cannot be read.
    type: str
    choices: [job, any_host]
    default: job
  progress:
    description:
      - Whether the task prints progress lines while it waits - a line when something has changed, and at least every 30
        seconds, such as C(bk_job_plan 10001 [step 2/3 deploy] 340/1000 hosts, 2 failed, 1m20s).
      - There is at most one line if the wait is over within a second, and none if the job has ended at the first poll.
      - Lines are printed in in-process mode. In module mode this option has no effect.
      - A line may take one more request to count the hosts of the step, unless a step has more than 1000 hosts. If that
        request fails or takes more than five seconds, only the counts are missing.
      - If not given, the environment variable E(BK_JOB_PROGRESS) is used.
    type: bool
    default: true
  hosts:
    description:
      - Hosts that the result lists under RV(hosts). Counts are always exact.
      - With V(auto) these are all hosts if the job succeeded or has not ended. If it failed, RV(hosts) is empty, as
        RV(failed_hosts) has the hosts that failed.
      - With V(none) RV(failed_hosts) is empty too, and no logs are fetched.
      - The whole result stays below 600000 bytes; that of a failed task with V(auto) below 40000 bytes, because a
        terminal prints it. For runs on many hosts it lists as many as fit, failed hosts first. Then RV(hosts_truncated)
        is true and a warning shows how many hosts are listed. Set V(all) to get more of them.
    type: str
    choices: [auto, all, failed, none]
    default: auto
  logs:
    description:
      - Hosts whose logs are read, once, after the end of the job. Failed hosts come first. Only hosts that the result
        lists have a log there.
      - Logs that cannot be read never change the outcome of the task, see RV(logs_complete). Reading hosts and logs
        takes at most five minutes.
    type: str
    choices: [all, failed, none]
    default: all
  log_max_bytes_per_host:
    description:
      - Maximum size of one host's log in the result, in bytes of UTF-8, from 0 to 262144. The end of the log is kept.
    type: int
    default: 8192
  log_max_bytes_total:
    description:
      - Maximum size of all logs in the result, in bytes of UTF-8, from 0 to 262144. Logs beyond it are not read.
      - The default is enough for about 30 logs of full length. Failed hosts come first.
      - Characters that are not ASCII take up to six bytes, and with O(hosts=all) the log of a failed host is in
        RV(hosts) and in RV(failed_hosts). Fewer such logs fit into the result.
    type: int
    default: 262144
  log_dir:
    description:
      - Directory for full logs, on the machine where the module runs. The logs of all hosts that O(hosts) and O(logs)
        select are written there, including logs that do not fit into the result, as UTF-8, without secrets of the task
        and without NUL characters. With O(hosts=auto) O(logs) alone selects them.
      - The directory and its parents are created if they are missing, readable only by their owner. Each log is a
        separate file, C(<step_instance_id>-<bk_cloud_id>-<ip>.log), or C(<step_instance_id>-host-<bk_host_id>.log) for
        a host without an IPv4 address, readable only by its owner. A second file of the same name gets a number.
        RV(hosts[].log_path) is the path. A file of an earlier task is replaced when the new one is complete.
      - A directory that cannot be used is an error that is reported before anything is sent. If a log cannot be written
        after the job has run, there is a warning and RV(logs_complete) is false.
      - Nothing is written in check mode.
    type: path
"""
