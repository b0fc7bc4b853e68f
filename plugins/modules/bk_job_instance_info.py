#!/usr/bin/python
# Copyright: BlueKing JOB collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Get a run of JOB, or the history of runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bk_job_instance_info
short_description: Get a run of BlueKing JOB, or the history of runs
version_added: 1.0.0
description:
  - With O(job_instance_id) it returns the current state of one run (a job instance of JOB) - its status, its steps, the
    result on each host, and the ends of the logs. It does not wait. A run that failed does not fail the task.
  - Without O(job_instance_id) it lists runs of the scope from the history that match the filters, newest first,
    regardless of who launched them.
  - It changes nothing, so check mode makes no difference, unless O(job_instance_id) is null.
  - B(One run) - O(job_instance_id), O(variables).
  - B(The history) - O(name), O(name_match), O(operator), O(status), O(type), O(launch_mode), O(ip), O(since), O(until),
    O(limit).
  - B(Report) - O(hosts), O(logs), O(log_max_bytes_per_host), O(log_max_bytes_total), O(log_dir), O(redact).
  - B(Scope) - O(bk_scope_type), O(bk_scope_id), O(bk_biz_id).
  - B(Connection) - O(api_url), O(gateway), O(api_version), O(bk_app_code), O(bk_app_secret), O(bk_token),
    O(bk_ticket), O(bk_access_token), O(bk_username), O(bk_tenant_id), O(validate_certs), O(ca_path), O(client_cert),
    O(client_key), O(proxy), O(connect_timeout), O(read_timeout), O(info_timeout), O(language), O(web_url).
author:
  - BlueKing JOB collection contributors (@blueking)
requirements:
  - requests >= 2.28
notes:
  - JOB keeps runs for 30 days, unless its operators configured another time.
  - To read a run repeatedly until it has ended, use C(until) with RV(finished).
seealso:
  - module: blueking.job.bk_job_plan
  - module: blueking.job.bk_fast_script
  - module: blueking.job.bk_job_plan_info
extends_documentation_fragment:
  - blueking.job.connection
  - blueking.job.scope
  - blueking.job.attributes_info
  - blueking.job.attributes.shared
options:
  job_instance_id:
    description:
      - Id of the run to read, 1 or more, as the launching modules return it. A run that does not exist, or no longer
        exists, in the scope is an error.
      - An id that is given as null is an error. In check mode, in which a launch returns a null id, nothing is read and
        the task is skipped.
      - It is mutually exclusive with all filters. Without it the history is listed.
    type: int
  variables:
    description:
      - Whether to read the values of the plan's global variables after the run, see RV(variables). Needs
        O(job_instance_id).
    type: bool
    default: false
  hosts:
    description:
      - Hosts that the result lists under RV(hosts). Counts are always exact.
      - With V(auto) these are all hosts if the run succeeded or has not ended. If it failed, RV(hosts) is empty, as
        RV(failed_hosts) has the hosts that failed.
      - With V(none) RV(failed_hosts) is empty too, and no logs are fetched. Needs O(job_instance_id), as all options about
        hosts and logs do.
      - The whole result stays below 600000 bytes. For runs on many hosts it lists as many as fit, failed hosts first.
        Then RV(hosts_truncated) is true, and a warning shows how many hosts are listed.
    type: str
    choices: [auto, all, failed, none]
    default: auto
  logs:
    description:
      - Hosts whose logs are read, up to the present. Failed hosts come first.
      - If it is not given, the logs of failed hosts are read, and none of a run that has not ended, so that polling with
        C(until) stays cheap.
    type: str
    choices: [all, failed, none]
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
        select are written there, including logs that do not fit into the result, as UTF-8 and without secrets of the
        task. With O(hosts=auto) O(logs) alone selects them.
      - The directory and its parents are created if they are missing, readable only by their owner. Each log is a
        separate file, C(<step_instance_id>-<bk_cloud_id>-<ip>.log), or C(<step_instance_id>-host-<bk_host_id>.log) for
        a host without an IPv4 address, readable only by its owner. A second file of the same name gets a number.
        RV(hosts[].log_path) is the path. A file of an earlier task is replaced when the new one is complete.
      - A directory that cannot be used is an error. If a log cannot be written, there is a warning and
        RV(logs_complete) is false. Nothing is written in check mode.
    type: path
  redact:
    description:
      - Texts that must not appear in the result or in log files, such as a password that another task gave to the run.
        Asterisks replace them in logs and variables, in every encoding.
    type: list
    elements: str
  info_timeout:
    description:
      - Maximum time for reading everything, in seconds, above 0 and at most 2592000. An address that never responds is
        given up after 30 seconds.
    type: float
    default: 60.0
  name:
    description:
      - List only runs of this name. A run of a plan has the name of the plan, a run of a script that of its task.
    type: str
  name_match:
    description:
      - How to compare O(name). With V(exact), which is the default, names must be equal, including case. With
        V(contains) names must contain it, which is how JOB itself searches.
    type: str
    choices: [exact, contains]
  operator:
    description:
      - List only runs that this user has launched. The user's exact name.
    type: str
  status:
    description:
      - List only runs with one of these statuses.
    type: list
    elements: str
    choices: [pending, running, success, failed, skipped, ignored_error, waiting_confirmation, terminated_manually, abnormal,
      terminating, terminated, confirmation_refused, abandoned, rolling_waiting]
  type:
    description:
      - List only runs of job plans, only those of single scripts, or only those of single file transfers.
    type: str
    choices: [plan, script, file]
  launch_mode:
    description:
      - List only runs that were launched on JOB's web pages, through its API (as the modules of this collection do), or by
        one of its timers.
    type: str
    choices: [web, api, cron]
  ip:
    description:
      - List only runs that involved the host with this IPv4 address.
    type: str
  since:
    description:
      - List runs that were created at this moment or later; one day before O(until) if it is not given, and at most 366
        days before it.
      - Either how long ago, as a number of weeks, days, hours, minutes and seconds such as V(2h), V(3d) or V(1d 12h), by the
        server's clock; or a moment, as V(2026-01-31), V(2026-01-31 10:00) or V(2026-01-31T10:00:00.250+08:00). A moment
        without time zone is in UTC; a day alone means its beginning.
      - JOB searches at most 30 days at once. A longer range is read in several parts, without gaps.
    type: str
  until:
    description:
      - List runs that were created at this moment or before; up to now if it is not given. Written as O(since), but a day
        alone means its end.
    type: str
  limit:
    description:
      - Maximum number of runs to list, from 1 to 1000; 100 if it is not given. The module reads as many pages as
        needed. RV(truncated) is true if there are more, and RV(total) is their number.
    type: int
"""

EXAMPLES = r"""
# The connection comes from module_defaults or from the environment.
- name: Read a run
  blueking.job.bk_job_instance_info:
    bk_scope_id: "2"
    job_instance_id: "{{ started.job_instance_id }}"
  register: run

- name: Read a run with the logs of all hosts, and with the connection in the task
  blueking.job.bk_job_instance_info:
    api_url: https://bkapi.example.com/api/bk-job/prod
    gateway: apigw
    bk_app_code: my_app
    bk_app_secret: "{{ vault_bk_app_secret }}"
    bk_access_token: "{{ vault_bk_access_token }}"
    bk_scope_type: biz
    bk_scope_id: "2"
    job_instance_id: "{{ started.job_instance_id }}"
    logs: all
  register: run

# From here on credentials come from the environment (BK_JOB_API_URL, BK_APP_CODE, BK_APP_SECRET, BK_ACCESS_TOKEN, ...),
# as a credential of AWX or Automation Platform injects them.
- name: Poll a run every ten seconds until it has ended
  blueking.job.bk_job_instance_info:
    bk_scope_id: "2"
    job_instance_id: "{{ started.job_instance_id }}"
    hosts: failed
  register: run
  until: run.finished
  retries: 60
  delay: 10

- name: See what a run has left in the variables of its plan
  blueking.job.bk_job_instance_info:
    bk_scope_id: "2"
    job_instance_id: "{{ started.job_instance_id }}"
    variables: true
    hosts: none
  register: run

- name: Find what went wrong since yesterday
  blueking.job.bk_job_instance_info:
    bk_scope_id: "2"
    status: [failed, abnormal, terminated]
    since: 1d
  register: history

- name: Find the last run of a plan that succeeded
  blueking.job.bk_job_instance_info:
    bk_scope_id: "2"
    name: deploy-web
    type: plan
    status: success
    since: 30d
    limit: 1
  register: last_success

- name: List all that one user launched on the web pages in January
  blueking.job.bk_job_instance_info:
    bk_scope_id: "2"
    operator: alice
    launch_mode: web
    since: "2026-01-01"
    until: "2026-01-31"
    limit: 1000
  register: january

- name: See which runs are under way on a host
  blueking.job.bk_job_instance_info:
    bk_scope_id: "2"
    ip: 10.0.0.1
    status: running,waiting_confirmation
  register: under_way

- name: Read a run over the legacy API, which has no history
  blueking.job.bk_job_instance_info:
    api_url: https://paas.example.com
    gateway: esb
    api_version: v2
    bk_biz_id: 2
    job_instance_id: "{{ started.job_instance_id }}"
  register: run

# Ad hoc, with credentials from the environment:
#   ansible localhost -m blueking.job.bk_job_instance_info -a 'bk_scope_id=2 status=failed since=2h'
"""

RETURN = r"""
job_instance_id:
  description: Id of the requested run. Null for the history.
  returned: always
  type: int
  sample: 20000000001
job_instance_name:
  description: Name of the requested run.
  returned: always
  type: str
  sample: deploy-web
job_instance_url:
  description: URL of the requested run in JOB's web pages.
  returned: when O(web_url) and O(job_instance_id) are given
  type: str
  sample: https://job.example.com/api_execute/20000000001
status:
  description:
    - Status of the requested run. One of V(pending), V(running), V(success), V(failed), V(skipped), V(ignored_error),
      V(waiting_confirmation), V(terminated_manually), V(abnormal), V(terminating), V(terminated), V(confirmation_refused),
      V(abandoned), V(rolling_waiting), or V(unknown_<n>) for an unknown status code.
    - Null for the history; see RV(instances).
  returned: always
  type: str
  sample: success
status_code:
  description: JOB's number for this status.
  returned: always
  type: int
  sample: 3
finished:
  description: Whether the requested run has ended, as reported by JOB. False for the history.
  returned: always
  type: bool
  sample: true
create_time:
  description:
    - Time when the run was created. ISO 8601 in UTC. With O(api_version=v2) it has no time zone and is
      in the user's time zone.
  returned: always
  type: str
  sample: '2026-01-31T10:00:00.144Z'
start_time:
  description: Time when the run was started, in the format of RV(create_time).
  returned: always
  type: str
  sample: '2026-01-31T10:00:00.144Z'
end_time:
  description: Time when the run ended, in the format of RV(create_time). Null before its end.
  returned: always
  type: str
  sample: '2026-01-31T10:00:00.303Z'
total_time:
  description: Duration in seconds. Null before the end of the run.
  returned: always
  type: float
  sample: 0.159
steps:
  description: Steps of the requested run, in order. Empty for the history.
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
    - One entry for each host in each step of the requested run, failed hosts first. O(hosts) selects
      the hosts. Empty with O(hosts=auto) if the run failed; see RV(failed_hosts).
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
  description:
    - Number of entries, in total and by result. V(unfinished) counts hosts that wait or run. Null for
      the history.
  returned: always
  type: dict
  sample:
    total: 2
    success: 2
    failed: 0
    unfinished: 0
logs_complete:
  description:
    - Whether every requested log is complete, in the result or, with O(log_dir), in a file. False while
      the run has not ended. Logs that cannot be read cause a warning.
    - A host whose agent did not respond, or that was still waiting, has no log, and its log does not
      count as missing. JOB does not distinguish an empty log from a missing one. The module therefore
      reads up to 50 missing logs once more, one by one.
  returned: always
  type: bool
  sample: true
variables:
  description:
    - Name and value of each string variable of the plan, after the last step of the requested run. JOB
      does not return variables of other types, and never ciphers. Empty for a run of a script, and while
      no step has begun.
    - Null unless O(variables) requests them.
  returned: always
  type: dict
  sample:
    version: 2.4.1
instances:
  description: Runs in the history, newest first. Empty with O(job_instance_id).
  returned: always
  type: list
  elements: dict
  contains:
    job_instance_id:
      description: Id of the run.
      type: int
      sample: 20000000002
    name:
      description: Name of the run.
      type: str
      sample: broken
    type:
      description: V(plan), V(script) or V(file).
      type: str
      sample: plan
    job_plan_id:
      description: Id of the plan. Null for a run of a script or a file transfer.
      type: int
      sample: 1002
    job_template_id:
      description: Id of the template from which the plan was made. Null if RV(instances[].job_plan_id)
        is null.
      type: int
      sample: 102
    launch_mode:
      description: How the run was launched - V(web), V(api) or V(cron).
      type: str
      sample: api
    operator:
      description: User who launched the run.
      type: str
      sample: admin
    status:
      description: Status of the run, one of the values of RV(status).
      type: str
      sample: failed
    status_code:
      description: JOB's number for this status.
      type: int
      sample: 4
    finished:
      description: Whether the run has ended.
      type: bool
      sample: true
    create_time:
      description: Time of creation. ISO 8601 in UTC.
      type: str
      sample: '2026-01-31T10:00:00.488Z'
    start_time:
      description: Time of the start. Null before.
      type: str
      sample: '2026-01-31T10:00:00.488Z'
    end_time:
      description: Time of the end. Null before.
      type: str
      sample: '2026-01-31T10:00:00.559Z'
    total_time:
      description: Duration in seconds. For a run that has not ended, the time since its start.
      type: float
      sample: 0.071
    job_instance_url:
      description: URL of the run in JOB's web pages. Null if O(web_url) is not given.
      type: str
      sample: null
total:
  description:
    - Number of runs in the history that match, including runs that are not listed. With O(name_match=exact)
      null if there are more than O(limit), because JOB does not count exact names.
    - Null with O(job_instance_id).
  returned: always
  type: int
  sample: 2
truncated:
  description:
    - Whether more runs match than RV(instances) lists, because of O(limit), or because very long names
      reached the size limit of the result.
  returned: always
  type: bool
  sample: false
since:
  description: Beginning of the time range that was searched. ISO 8601 in UTC. Null with O(job_instance_id).
  returned: always
  type: str
  sample: '2026-01-30T10:00:05.000Z'
until:
  description: End of that time range. If O(until) is not given, the time of the server.
  returned: always
  type: str
  sample: '2026-01-31T10:00:05.000Z'
skipped:
  description:
    - Always true. O(job_instance_id) is null, as a launch returns it in check mode, so there is nothing
      to do.
  returned: in check mode, if O(job_instance_id) is null
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
        - One of V(auth), V(permission), V(validation), V(not_found), V(rate_limited), V(not_sent), V(server_error),
          V(protocol), V(wait_timeout) (reading took too long), V(interrupted).
      type: str
      sample: not_found
    code:
      description: Error code from the server.
      type: int
      sample: 1244006
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

from ansible_collections.blueking.job.plugins.module_utils.options.argspec_info import INSTANCE_INFO
from ansible_collections.blueking.job.plugins.module_utils.tasks.instance_info import instance_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.module import run


def main() -> None:
    """Run the module."""
    run(instance_info, INSTANCE_INFO)


if __name__ == "__main__":
    main()
