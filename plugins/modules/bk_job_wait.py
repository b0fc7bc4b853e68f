#!/usr/bin/python
# Copyright: BlueKing JOB collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait for jobs that are there."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bk_job_wait
short_description: Wait for runs of BlueKing JOB that were started before
version_added: 1.0.0
description:
  - Waits for the end of a run (a job instance of JOB) that exists, regardless of how it was started - by another task
    with C(wait=false), in another play or another workflow node, in JOB's web pages, or by a playbook that was killed
    while it waited - and returns every step and every host, as the launching modules do.
  - It does not launch anything, so it can be run repeatedly, also with C(retries). A run that has ended already is
    reported at once.
  - The task fails if the run fails or does not end in time, and reports which of the two happened.
  - With O(job_instance_ids) one task waits for up to 200 runs in one process. Each has its own result in RV(runs).
  - B(Which run) - O(job_instance_id) or O(job_instance_ids).
  - B(Wait) - O(wait_timeout), O(poll_interval), O(poll_max_interval), O(on_timeout), O(on_interrupt),
    O(on_confirmation), O(fail_on), O(progress).
  - B(Report) - O(hosts), O(logs), O(log_max_bytes_per_host), O(log_max_bytes_total), O(log_dir), O(redact).
  - B(Scope) - O(bk_scope_type), O(bk_scope_id), O(bk_biz_id).
  - B(Connection) - O(api_url), O(gateway), O(api_version), O(bk_app_code), O(bk_app_secret), O(bk_token),
    O(bk_ticket), O(bk_access_token), O(bk_username), O(bk_tenant_id), O(validate_certs), O(ca_path), O(client_cert),
    O(client_key), O(proxy), O(connect_timeout), O(read_timeout), O(language), O(web_url).
author:
  - BlueKing JOB collection contributors (@blueking)
requirements:
  - requests >= 2.28
notes:
  - C(changed) is false, unless the task itself stopped the job because O(on_timeout) or O(on_interrupt) is V(terminate).
  - If the run cannot be found at the first poll, the task fails at once. After the first successful poll, the wait
    survives network failures and server errors until O(wait_timeout). It fails if JOB rejects the polls for 10 seconds,
    for example because a permission is missing.
seealso:
  - module: blueking.job.bk_job_plan
  - module: blueking.job.bk_fast_script
  - module: blueking.job.bk_job_operate
extends_documentation_fragment:
  - blueking.job.connection
  - blueking.job.scope
  - blueking.job.wait
  - blueking.job.attributes
  - blueking.job.attributes.wait
  - blueking.job.attributes.shared
options:
  job_instance_id:
    description:
      - Required, unless O(job_instance_ids) is set. Id of the run, as RV(job_instance_id) of the task that launched it,
        or JOB's execution history, shows it.
      - The run must belong to the scope that the task names. JOB deletes runs after some time (30 days by default).
      - An id that is given as null is an error. In check mode, in which a launch returns a null id, the task does not
        wait and is skipped.
    type: int
  job_instance_ids:
    description:
      - Ids of up to 200 runs of the scope, to wait for all of them. Mutually exclusive with O(job_instance_id). An id
        that is given twice counts once.
      - The task ends when the last run has ended, also if others have failed. It fails if any run did not succeed. Its
        message, RV(error) and RV(status) are those of the worst one - a run that failed comes before one that did not
        end in time.
      - RV(runs) has the result of each run. For a run that cannot be found only that entry fails.
      - The time limit and what happens after it, to all runs that have not ended, are those of a wait for one run.
        Stopping several runs may take 0.3 seconds longer for each.
      - The runs are polled together with JOB's execution history, so the number of runs hardly matters. That takes
        O(api_version=v3). With V(v2), and if the history cannot be read, each run is polled in turn.
      - An empty list and ids that are null are errors. In check mode, in which launches return null ids, these are left
        out, and without any other id the task is skipped.
    type: list
    elements: int
  redact:
    description:
      - Texts that must not appear in the result or in log files, such as a password that another task gave to the run.
        Asterisks replace them in logs, in every encoding.
    type: list
    elements: str
attributes:
  check_mode:
    details:
      - If O(job_instance_id), or each of O(job_instance_ids), is null, nothing was launched. The task returns at once,
        with C(skipped=true) and RV(finished=true).
      - Otherwise waits as without check mode, but stops no job. If O(on_timeout) or O(on_interrupt) would have stopped
        one, C(changed) is true and the message reports it.
  diff_mode:
    support: none
    details:
      - The module does not support diff mode.
  idempotent:
    support: full
    details:
      - It only reads, unless it stops the job because O(on_timeout) or O(on_interrupt) is V(terminate).
"""

EXAMPLES = r"""
# The connection comes from the environment or from module_defaults in these examples.
- name: Wait for a job that an earlier task launched with wait set to false
  blueking.job.bk_job_wait:
    bk_scope_id: "2"
    job_instance_id: "{{ launched.job_instance_id }}"
    wait_timeout: 86400
  register: finished

- name: Wait again after a long network failure, which is safe because nothing is launched
  blueking.job.bk_job_wait:
    bk_scope_id: "2"
    job_instance_id: 20000000017
    wait_timeout: 3600
  register: finished
  retries: 3
  until: finished is success or finished.error.kind != "wait_timeout"

- name: Wait for all runs that a loop has launched with wait set to false
  blueking.job.bk_job_wait:
    bk_scope_id: "2"
    job_instance_ids: "{{ launched.results | map(attribute='job_instance_id') }}"
    wait_timeout: 3600
  register: finished

- name: Wait for at most ten minutes, then stop the job
  blueking.job.bk_job_wait:
    bk_scope_id: "2"
    job_instance_id: 20000000017
    wait_timeout: 600
    on_timeout: terminate

- name: Wait along while a step waits for a confirmation, and keep a password of the run out of its logs
  blueking.job.bk_job_wait:
    bk_scope_id: "2"
    job_instance_id: 20000000017
    on_confirmation: wait
    redact: ["{{ vault_database_password }}"]

# Ad hoc, with credentials from the environment, after a playbook was killed:
#   ansible localhost -m blueking.job.bk_job_wait -a 'bk_scope_id=2 job_instance_id=20000000017'
"""

RETURN = r"""
launch_outcome:
  description:
    - Always null, because this module does not launch anything. This key, RV(candidates), RV(pending_duplicates)
      and RV(step_instance_id) exist because all modules that wait for a job return the same keys.
  returned: always
  type: str
  sample: null
reattached:
  description: Always V(false), see RV(launch_outcome).
  returned: always
  type: bool
  sample: false
previous_job_instance_id:
  description: Always null, see RV(launch_outcome).
  returned: always
  type: int
  sample: null
candidates:
  description: Always empty, see RV(launch_outcome).
  returned: always
  type: list
  elements: dict
  sample: []
pending_duplicates:
  description: Always empty, see RV(launch_outcome).
  returned: always
  type: list
  elements: int
  sample: []
job_instance_id:
  description: Id of the run, as given in the task. Null if it is not given.
  returned: always
  type: int
  sample: 20000000017
job_instance_name:
  description: Name of the run. Null if the run was never read.
  returned: always
  type: str
  sample: nightly-clean
step_instance_id:
  description: Always null, see RV(launch_outcome). The steps are under RV(steps).
  returned: always
  type: int
  sample: null
job_instance_url:
  description: URL of the run in JOB's web pages.
  returned: when O(web_url) is given
  type: str
  sample: https://job.example.com/api_execute/20000000017
status:
  description:
    - Last known status of the run. One of V(pending), V(running), V(success), V(failed), V(skipped),
      V(ignored_error), V(waiting_confirmation), V(terminated_manually), V(abnormal), V(terminating),
      V(terminated), V(confirmation_refused), V(abandoned), V(rolling_waiting), or V(unknown_<n>) for
      an unknown status code.
    - Null if the status was never read.
  returned: always
  type: str
  sample: success
status_code:
  description: JOB's number for this status.
  returned: always
  type: int
  sample: 3
finished:
  description: Whether the run has ended, as reported by JOB.
  returned: always
  type: bool
  sample: true
create_time:
  description:
    - Time when the run was created. ISO 8601 in UTC. With O(api_version=v2) it has no time zone and is
      in the user's time zone.
  returned: always
  type: str
  sample: '2026-01-31T10:00:00.120Z'
start_time:
  description: Time when the run was started, in the format of RV(create_time).
  returned: always
  type: str
  sample: '2026-01-31T10:00:00.180Z'
end_time:
  description: Time when the run ended, in the format of RV(create_time). Null before its end.
  returned: always
  type: str
  sample: '2026-01-31T10:00:02.410Z'
total_time:
  description: Duration in seconds. Null before the end of the run.
  returned: always
  type: float
  sample: 2.23
steps:
  description: Steps of the run. Empty if the run was never read.
  returned: always
  type: list
  elements: dict
  contains:
    step_instance_id:
      description: Id of the step.
      type: int
      sample: 30000000021
    name:
      description: Name of the step.
      type: str
      sample: deploy
    type:
      description: V(script), V(file), V(confirm) or V(sql).
      type: str
      sample: script
    status:
      description: Status of the step, one of the values of RV(status).
      type: str
      sample: success
    status_code:
      description: JOB's number for this status.
      type: int
      sample: 3
    execute_count:
      description: Number of retries of the step; 0 for the first run.
      type: int
      sample: 0
    create_time:
      description: As RV(create_time).
      type: str
    start_time:
      description: As RV(start_time).
      type: str
    end_time:
      description: As RV(end_time).
      type: str
    total_time:
      description: As RV(total_time).
      type: float
    counts:
      description: As RV(counts), for this step only. Null if the hosts were not read.
      type: dict
steps_truncated:
  description: Whether steps were omitted to limit the size of the result. Successful steps are omitted
    first.
  returned: always
  type: bool
  sample: false
hosts:
  description:
    - One entry for each host in each step, failed hosts first. O(hosts) selects the hosts. Empty with
      O(hosts=auto) if the run failed; see RV(failed_hosts). Read once, after the end of the run.
  returned: always
  type: list
  elements: dict
  contains:
    bk_host_id:
      description: Host id of the CMDB. Null with O(api_version=v2).
      type: int
      sample: 101
    bk_cloud_id:
      description: Id of the cloud area.
      type: int
      sample: 0
    ip:
      description: IPv4 address. Null for a host that has only IPv6.
      type: str
      sample: 10.0.0.1
    step_instance_id:
      description: Id of the step.
      type: int
      sample: 30000000021
    status:
      description: Status of the host, such as V(success), V(script_exit_code), V(script_timeout) or V(agent_abnormal).
        V(never_attempted) means that the run has ended and no file was sent to the host.
      type: str
      sample: success
    status_code:
      description: JOB's number for this status.
      type: int
      sample: 9
    failure_kind:
      description:
        - V(script), V(timeout), V(agent), V(terminated), V(file) or V(platform). Null if the host did
          not fail.
      type: str
      sample: null
    exit_code:
      description: Exit code of the script. Null if no script ended on the host, such as after a timeout.
        0 does not mean success; see RV(hosts[].status).
      type: int
      sample: 0
    tag:
      description: Text that the script passed to JOB's helper C(job_success) or C(job_fail). Null if
        it called neither.
      type: str
      sample: null
    files:
      description:
        - Files that were sent to the host, one entry for each file, directory or pattern. Null if the
          step sends no files, if the log was not read, and with O(api_version=v2), whose logs are text
          only.
        - Null too for a host that succeeded before a retry, because JOB keeps only the files of the last
          one.
      type: list
      elements: dict
      sample: null
      contains:
        source:
          description: Where the file came from. Contents of a task come from a server of JOB.
          type: dict
          contains:
            ip:
              description: Address of the source host.
              type: str
              sample: 10.0.0.9
            path:
              description: Path at the source. For a content of the task its name, for a file source with
                the name of the source in front.
              type: str
              sample: /data/release/app.tgz
        path:
          description: Path on the host.
          type: str
          sample: /srv/app/app.tgz
        status:
          description: V(pulling), V(waiting), V(uploading), V(downloading), V(finished) or V(failed).
          type: str
          sample: finished
        size:
          description: Size with its unit, as JOB shows it. Null if it is not known.
          type: str
          sample: 1.5 MB
        speed:
          description: Speed with its unit, as JOB shows it. Null if it is not known.
          type: str
          sample: 1,024 KB/s
        error:
          description: Last line of the log of a file that failed, else null.
          type: str
          sample: null
    start_time:
      description: As RV(start_time).
      type: str
    end_time:
      description: As RV(end_time).
      type: str
    total_time:
      description: As RV(total_time).
      type: float
    log:
      description:
        - End of the log. Null if it was not requested, if it does not exist, or if a size limit excluded
          it.
        - Bytes that are not UTF-8 text are replaced, and NUL characters are removed. Escape sequences
          such as colors are kept. The log of a file copy has one line for each file, with its source
          and target.
      type: str
      sample: "hello from web-1\n"
    log_truncated:
      description: Whether the beginning of the log was cut.
      type: bool
      sample: false
    log_path:
      description: Path of the file with the full log. Null without O(log_dir), and for a host without
        a log.
      type: str
      sample: null
runs:
  description:
    - Result of each run, in the order of O(job_instance_ids). An entry has the keys that a wait for one
      run returns, such as RV(status), RV(counts), RV(hosts) and RV(failed_hosts), and those below.
    - Outside this list, RV(status) is that of the run that decided, null as long as there is none. RV(finished),
      RV(counts), RV(logs_complete) and the keys about truncation describe all runs together. Everything
      else that belongs to one run is null or empty.
    - The whole result stays below 600000 bytes, so of many runs fewer hosts are listed, and shorter lists
      of steps. If the task failed and O(hosts=auto), hosts of runs that succeeded are left out where
      the result would be longer than 40000 bytes. Then there is a warning.
  returned: when O(job_instance_ids) is set
  type: list
  elements: dict
  contains:
    failed:
      description: Whether this run did not succeed, or was not waited for to its end.
      type: bool
      sample: false
    msg:
      description: Message about this run, as a wait for it alone would give it. Null if it succeeded.
      type: str
      sample: null
    error:
      description: As RV(error), for this run. Null if it succeeded.
      type: dict
      sample: null
failed_hosts:
  description: Hosts that failed, regardless of the status of the run, with the keys of RV(hosts). Those
    of the step that decided come first. Empty with O(hosts=none).
  returned: always
  type: list
  elements: dict
  sample: []
hosts_truncated:
  description:
    - Whether RV(hosts) and RV(failed_hosts) omit hosts that O(hosts) selects, to limit the size of the
      result. RV(counts) stays exact, and a warning shows how many hosts are listed.
  returned: always
  type: bool
  sample: false
counts:
  description: Number of entries, in total and by result. Null if the hosts were not read.
  returned: always
  type: dict
  sample:
    total: 3
    success: 3
    failed: 0
    unfinished: 0
logs_complete:
  description:
    - Whether every requested log is complete, in the result or, with O(log_dir), in a file. False while
      the run has not ended. Logs that cannot be read never change the outcome of the task.
    - A host whose agent did not respond, or that was still waiting, has no log, and its log does not
      count as missing. JOB does not distinguish an empty log from a missing one. The module therefore
      reads up to 50 missing logs once more, one by one.
  returned: always
  type: bool
  sample: true
skipped:
  description:
    - Always true. O(job_instance_id), or each of O(job_instance_ids), is null, as a launch returns it
      in check mode, so there is nothing to do.
  returned: in check mode, if all ids are null
  type: bool
  sample: true
error:
  description:
    - Description of the error. All keys are present; those without a value are null. Long texts from
      a server are cut and end with a note about their size.
  returned: on failure
  type: dict
  contains:
    kind:
      description:
        - One of V(auth), V(permission), V(validation), V(not_found), V(script_rejected), V(rate_limited),
          V(quota), V(not_sent), V(unknown_outcome), V(server_error), V(protocol), V(wait_timeout), V(waiting_confirmation),
          V(interrupted), V(job_failed), V(terminated).
      type: str
      sample: job_failed
    code:
      description: Error code from the server.
      type: int
      sample: 1244012
    message:
      description: Error message from the server.
      type: str
    http_status:
      description: HTTP status of the response.
      type: int
      sample: 200
    request_id:
      description: Request id. Operators of the server can search for it.
      type: str
    permission:
      description: Description of a missing permission, exactly as the server sent it.
      type: dict
    invalid_hosts:
      description:
        - Hosts that the server rejected, each with those of C(bk_host_id), C(bk_cloud_id) and C(ip) that
          the server reports. Null for errors that are not about hosts.
      type: list
      elements: dict
    hint:
      description: Suggested fix. For a missing permission it names the action and the resources.
      type: str
"""

from ansible_collections.blueking.job.plugins.module_utils.common.archive_importer import use_archive_importer

# Before all other imports.
use_archive_importer()

from ansible_collections.blueking.job.plugins.module_utils.options.argspec import JOB_WAIT
from ansible_collections.blueking.job.plugins.module_utils.tasks.module import run
from ansible_collections.blueking.job.plugins.module_utils.tasks.wait import job_wait


def main() -> None:
    """Run the module."""
    run(job_wait, JOB_WAIT)


if __name__ == "__main__":
    main()
