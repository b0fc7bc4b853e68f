#!/usr/bin/python
# Copyright: BlueKing JOB collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stop, start, retry or confirm a job instance."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bk_job_operate
short_description: Stop, start, retry, skip or confirm a run of BlueKing JOB
version_added: 1.0.0
description:
  - Operates an existing run (a job instance of JOB) as a user does in JOB's execution history - stops it, retries
    failed hosts, ignores an error, confirms a step.
  - It reads the status first. If the run already has the requested status, nothing is changed (C(changed) is false and
    RV(note) gives the reason). If the status does not allow the operation, the task fails, and the message names the status and
    the possible operations.
  - JOB responds before an operation takes effect, so the module polls until the effect is visible.
  - If a response is lost, the module never executes the operation a second time.
  - B(Which run, and what to do) - O(job_instance_id), O(operation), O(step_instance_id), O(operate_timeout).
  - B(Wait) - O(wait), O(wait_timeout), O(poll_interval), O(poll_max_interval), O(on_timeout), O(on_interrupt),
    O(on_confirmation), O(fail_on), O(progress).
  - B(Report) - O(hosts), O(logs), O(log_max_bytes_per_host), O(log_max_bytes_total), O(log_dir).
  - B(Scope) - O(bk_scope_type), O(bk_scope_id), O(bk_biz_id).
  - B(Connection) - O(api_url), O(gateway), O(api_version), O(bk_app_code), O(bk_app_secret), O(bk_token),
    O(bk_ticket), O(bk_access_token), O(bk_username), O(bk_tenant_id), O(validate_certs), O(ca_path), O(client_cert),
    O(client_key), O(proxy), O(connect_timeout), O(read_timeout), O(language), O(web_url).
author:
  - BlueKing JOB collection contributors (@blueking)
requirements:
  - requests >= 2.28
notes:
  - Unless O(wait) is true, it does not wait for the end of the job, only for the effect of the operation (with
    O(operation=terminate) these are the same).
  - If a response is lost, the module reads the status to find out whether the operation was executed. If it was not,
    the operation is sent again, except V(retry_failed_hosts), V(retry_all_hosts) and V(continue_rolling). A late call
    could execute these a second time. The task then fails with RV(error.kind) V(unknown_outcome) and C(changed) is
    true. Check the run, and run the task again.
seealso:
  - module: blueking.job.bk_job_wait
  - module: blueking.job.bk_job_plan
  - module: blueking.job.bk_fast_script
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
      - Required. Id of the run, as the task that launched it returned it, or as JOB's execution history shows it.
      - The run must belong to the scope that the task names.
      - An id that is given as null is an error. In check mode, in which a launch returns a null id, the task is skipped.
    type: int
  operation:
    description:
      - Required. What to do.
      - V(terminate) stops a run that is running or waiting. A run that waits at a confirmation is ended by refusing it,
        as JOB could not stop it otherwise. A run that has already ended is not changed. A run that was created and
        never started cannot be stopped.
      - V(start) starts a run that was created without being started.
      - V(retry_failed_hosts) and V(retry_all_hosts) run a step again that has failed, was terminated or ended abnormally. Later
        steps follow if it succeeds.
      - V(ignore_error) leaves a failed step as it is and continues with the next step.
      - V(confirm) and V(refuse_confirmation) end the wait of a step for a confirmation. The run continues, or ends.
        If the step names roles, only users with one of these roles and the users that it names may confirm. If it names
        users only, JOB lets every user confirm.
      - V(restart_confirmation) asks again after a confirmation was refused.
      - V(next_step) skips a terminated step and continues with the next step.
      - V(skip_step) skips a step that is stuck in V(terminating).
      - V(continue_rolling) lets the next batch of hosts run, if a rolling script waits for approval between batches.
    type: str
    choices:
      - terminate
      - start
      - retry_failed_hosts
      - retry_all_hosts
      - ignore_error
      - confirm
      - refuse_confirmation
      - restart_confirmation
      - next_step
      - skip_step
      - continue_rolling
  step_instance_id:
    description:
      - Id of the step (RV(steps[].step_instance_id)) that is meant.
      - Can be omitted if exactly one step has the status that the operation needs. If there are several, the task fails
        and lists them.
      - Not supported with V(terminate) and V(start), which operate the whole run.
    type: int
  operate_timeout:
    description:
      - Maximum time until the effect is visible, in seconds, above 0 and at most 2592000. After it the task fails and
        reports the last status. The operation may still take effect.
      - During this time the module retries an operation that did not reach JOB, or that is rejected because of a quota
        or rate limit.
    type: float
    default: 60.0
  wait:
    description:
      - Whether to wait for the end of the run after the operation took effect. The task then fails if the run fails, and
        returns its hosts and logs, as M(blueking.job.bk_job_wait) does.
      - With O(operation=terminate) a run that has ended is a success in any status, and with
        O(operation=refuse_confirmation) one whose confirmation was refused.
      - Without it the other options about waiting, hosts and logs have no effect. In check mode nothing is waited for.
    type: bool
    default: false
attributes:
  check_mode:
    details:
      - If O(job_instance_id) is null, nothing was launched. The task returns at once, with C(skipped=true) and
        RV(finished=true).
      - Reads the actual status and reports what would be done, or why it is not possible. Nothing is changed.
  diff_mode:
    details:
      - Shows the status of run and step before and after, by name.
  idempotent:
    support: partial
    details:
      - An operation whose effect already exists changes nothing. A step that fails again can be tried again, and a
        rolling script that waits again can be continued again.
"""

EXAMPLES = r"""
# The connection comes from the environment or from module_defaults in these examples.
- name: Stop a job in any status
  blueking.job.bk_job_operate:
    bk_scope_id: "2"
    job_instance_id: 20000000017
    operation: terminate

- name: Retry the failed hosts of the failed step
  blueking.job.bk_job_operate:
    bk_scope_id: "2"
    job_instance_id: "{{ deploy.job_instance_id }}"
    operation: retry_failed_hosts
  register: again

- name: Retry the failed hosts, and wait for the end of the run
  blueking.job.bk_job_operate:
    bk_scope_id: "2"
    job_instance_id: "{{ deploy.job_instance_id }}"
    operation: retry_failed_hosts
    wait: true
  register: finished

- name: Show what a confirmation of a certain step would change, without confirming it
  blueking.job.bk_job_operate:
    bk_scope_id: "2"
    job_instance_id: 20000000017
    step_instance_id: 30000000021
    operation: confirm
  check_mode: true
  diff: true

- name: Go on with the next batch of a rolling script, and give JOB two minutes for it
  blueking.job.bk_job_operate:
    bk_scope_id: "2"
    job_instance_id: 20000000017
    operation: continue_rolling
    operate_timeout: 120

# Ad hoc, with credentials from the environment:
#   ansible localhost -m blueking.job.bk_job_operate -a 'bk_scope_id=2 job_instance_id=20000000017 operation=terminate'
"""

RETURN = r"""
operation:
  description: The operation that the task requests.
  returned: always
  type: str
  sample: retry_failed_hosts
note:
  description: Additional information, for example why nothing was changed. Null if there is none.
  returned: always
  type: str
  sample: 'No change: job instance 20000000017 is success; it has already ended.'
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
job_instance_url:
  description: URL of the run in JOB's web pages.
  returned: when O(web_url) is given
  type: str
  sample: https://job.example.com/api_execute/20000000017
step_instance_id:
  description:
    - Id of the step that was operated. With O(operation=terminate) the confirmation step that was refused
      to end the run.
    - Null for an operation on the whole run, and if the step was not determined.
  returned: always
  type: int
  sample: 30000000021
status_before:
  description: Status of the run before the operation, one of the values of RV(status). Null if it could
    not be read.
  returned: always
  type: str
  sample: failed
step_status_before:
  description: Status of the step before the operation, one of the values of RV(status). Null without
    a step.
  returned: always
  type: str
  sample: failed
step_status:
  description: Last known status of the step, one of the values of RV(status). Null without a step.
  returned: always
  type: str
  sample: running
status:
  description:
    - Last known status of the run. One of V(pending), V(running), V(success), V(failed), V(skipped),
      V(ignored_error), V(waiting_confirmation), V(terminated_manually), V(abnormal), V(terminating),
      V(terminated), V(confirmation_refused), V(abandoned), V(rolling_waiting), or V(unknown_<n>) for
      an unknown status code.
    - Null if the status was never read. In check mode the current status.
  returned: always
  type: str
  sample: running
status_code:
  description: JOB's number for this status.
  returned: always
  type: int
  sample: 2
finished:
  description: Whether the run has ended, as reported by JOB.
  returned: always
  type: bool
  sample: false
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
  sample: null
total_time:
  description: Duration in seconds. Null before the end of the run.
  returned: always
  type: float
  sample: null
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
      sample: running
    status_code:
      description: JOB's number for this status.
      type: int
      sample: 2
    execute_count:
      description: Number of retries of the step; 0 for the first run.
      type: int
      sample: 1
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
      description: As RV(counts), for this step only. Only with O(wait=true). Null if the hosts were not
        read.
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
  returned: when O(wait=true)
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
failed_hosts:
  description: Hosts that failed, regardless of the status of the run, with the keys of RV(hosts). Those
    of the step that decided come first. Empty with O(hosts=none).
  returned: when O(wait=true)
  type: list
  elements: dict
  sample: []
hosts_truncated:
  description:
    - Whether RV(hosts) and RV(failed_hosts) omit hosts that O(hosts) selects, to limit the size of the
      result. RV(counts) stays exact, and a warning shows how many hosts are listed.
  returned: when O(wait=true)
  type: bool
  sample: false
counts:
  description: Number of entries, in total and by result. Null if the hosts were not read.
  returned: when O(wait=true)
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
  returned: when O(wait=true)
  type: bool
  sample: true
skipped:
  description:
    - Always true. O(job_instance_id) is null, as a launch returns it in check mode, so there is nothing
      to do.
  returned: in check mode, if O(job_instance_id) is null
  type: bool
  sample: true
error:
  description: Description of the error. All keys are present; those without a value are null.
  returned: on failure
  type: dict
  contains:
    kind:
      description:
        - One of V(auth), V(permission), V(validation), V(not_found), V(rate_limited), V(quota), V(not_sent),
          V(unknown_outcome), V(server_error), V(protocol), V(wait_timeout), V(interrupted); with O(wait=true)
          also V(waiting_confirmation), V(job_failed), V(terminated).
        - V(validation) means that the task is invalid, or that the status of the run does not allow the
          operation. V(wait_timeout) means that the effect was not seen within O(operate_timeout), or
          the end of the run within O(wait_timeout). V(unknown_outcome) means that it is unknown whether
          JOB executed the operation.
      type: str
      sample: validation
    code:
      description: Error code from the server.
      type: int
      sample: 1241003
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

from ansible_collections.blueking.job.plugins.module_utils.options.argspec_operate import JOB_OPERATE
from ansible_collections.blueking.job.plugins.module_utils.tasks.module import run
from ansible_collections.blueking.job.plugins.module_utils.tasks.operate import job_operate


def main() -> None:
    """Run the module."""
    run(job_operate, JOB_OPERATE)


if __name__ == "__main__":
    main()
