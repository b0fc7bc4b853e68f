#!/usr/bin/python
# Copyright: BlueKing JOB collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launch a job plan and wait for it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bk_job_plan
short_description: Launch a BlueKing JOB plan and wait for it
version_added: 1.0.0
description:
  - Launches a job plan (an execution plan that exists in JOB), waits for it to end, and returns every step and every
    host.
  - A task can use the option names of the current API (C(execute_job_plan)), of the legacy API (C(execute_job)), or
    both. The module translates it to the API that O(gateway) and O(api_version) select.
  - Run it once, on the controller, not once for each host of the inventory - JOB itself connects to the hosts.
  - B(What to run) - O(job_plan_id), O(job_plan_name).
  - B(Where, and with which values) - O(global_var_list), O(validate_variables).
  - B(How) - O(callback_url), O(unique_key_variable).
  - B(Wait) - O(wait), O(wait_timeout), O(poll_interval), O(poll_max_interval), O(on_timeout), O(on_interrupt),
    O(on_confirmation), O(fail_on), O(progress).
  - B(Report) - O(hosts), O(logs), O(log_max_bytes_per_host), O(log_max_bytes_total), O(log_dir).
  - B(Launch) - O(unique_key), O(unique_window), O(on_existing), O(launch_mode), O(server_version), O(launch_timeout).
  - B(Scope) - O(bk_scope_type), O(bk_scope_id), O(bk_biz_id).
  - B(Connection) - O(api_url), O(gateway), O(api_version), O(bk_app_code), O(bk_app_secret), O(bk_token),
    O(bk_ticket), O(bk_access_token), O(bk_username), O(bk_tenant_id), O(validate_certs), O(ca_path), O(client_cert),
    O(client_key), O(proxy), O(connect_timeout), O(read_timeout), O(language), O(web_url).
author:
  - BlueKing JOB collection contributors (@blueking)
requirements:
  - requests >= 2.28
notes:
  - C(changed) is true as soon as a job was started, also when it fails afterwards.
  - A variable that is not given keeps the plan's default.
seealso:
  - module: blueking.job.bk_fast_script
extends_documentation_fragment:
  - blueking.job.connection
  - blueking.job.scope
  - blueking.job.launch
  - blueking.job.wait
  - blueking.job.attributes
  - blueking.job.attributes.launch
  - blueking.job.attributes.shared
options:
  job_plan_id:
    description:
      - Required, unless O(job_plan_name) is given. Id of the plan, 1 or more. Mutually exclusive with
        O(job_plan_name).
    type: int
    aliases: [bk_job_id]
  job_plan_name:
    description:
      - Name of the plan, exactly as JOB shows it. It is looked up in the scope before the launch, also in check mode.
      - If there is no such plan, or if plans of several templates have that name, nothing is launched and the task fails
        with a list of the candidates and their ids.
    type: str
  global_var_list:
    description:
      - Values for global variables of the plan. Each entry must name a variable, by O(global_var_list[].id) or
        O(global_var_list[].name), and must give it exactly one of O(global_var_list[].value),
        O(global_var_list[].secret_value) and hosts (O(global_var_list[].server), or the legacy
        O(global_var_list[].ip_list) and O(global_var_list[].custom_query_id)).
      - No variable may be named twice.
      - JOB ignores a variable that the plan does not have, and runs with defaults; O(validate_variables) prevents that.
    type: list
    elements: dict
    aliases: [global_vars]
    suboptions:
      id:
        description:
          - Id of the variable, 1 or more. If it is given, JOB ignores the name. A name that is also given is
            checked by O(validate_variables).
        type: int
      name:
        description:
          - Required, unless O(global_var_list[].id) is given. Name of the variable.
        type: str
      value:
        description:
          - Required, unless O(global_var_list[].secret_value), or hosts are given. Value of a variable that contains text.
          - A number becomes its text, as YAML reads it; write a version like 1.10 in quotes.
          - A list becomes the literal of an indexed shell array, a dictionary that of an associative one, every element
            quoted for the shell.
          - A YAML boolean is an error. Write it in quotes to send the text.
          - Text that is not UTF-8, such as that of a file in GBK, is an error.
        type: raw
      secret_value:
        description:
          - The same as O(global_var_list[].value), for a value that must not appear in any output.
        type: str
      server:
        description:
          - Value of a host variable. All lists are combined, except that C(ip_list) is ignored if there are host ids.
            At least one must not be empty.
        type: dict
        aliases: [target_server]
        suboptions:
          host_id_list:
            description:
              - Host ids of the CMDB. If host ids are given, JOB ignores O(global_var_list[].server.ip_list). The module
                then sends only the ids, with a warning.
              - Needs O(api_version=v3).
            type: list
            elements: int
          ip_list:
            description:
              - Addresses. Each is a dictionary with V(ip) (IPv4) and V(bk_cloud_id) (id of the cloud area, V(0) if left
                out), or text such as V(10.0.0.1) or V(0:10.0.0.1).
            type: list
            elements: raw
          dynamic_group_list:
            description:
              - Dynamic groups of the CMDB. Each is the id of a group as text, or a dictionary with V(id).
            type: list
            elements: raw
            aliases: [dynamic_group_id_list, custom_query_id]
          topo_node_list:
            description:
              - Nodes of the CMDB's topology. Their hosts are found when the job starts.
            type: list
            elements: dict
            suboptions:
              id:
                description:
                  - Required. Id of the node (C(bk_inst_id) in the CMDB).
                type: int
              node_type:
                description:
                  - Required. Kind of the node (C(bk_obj_id) in the CMDB), such as V(module) or V(set).
                type: str
      ip_list:
        description:
          - The same as O(global_var_list[].server.ip_list), with the legacy name. Combined with
            O(global_var_list[].server).
        type: list
        elements: raw
      custom_query_id:
        description:
          - The same as O(global_var_list[].server.dynamic_group_list), with the legacy name. Combined with
            O(global_var_list[].server).
        type: list
        elements: raw
  unique_key_variable:
    description:
      - Name of a string variable of the plan that has no other purpose. Its value in a run is the O(unique_key), by which
        the run is found later. The module sets it, so O(global_var_list) must not contain it.
      - Required together with O(unique_key), because JOB does not let a task name a run of a plan. The plan is read to check
        this variable, even if O(validate_variables=false), so the user must be allowed to view it.
      - Every run of the plan in O(unique_window) costs one request until the run with the key is found, so use a short
        window for a plan that runs often. JOB shows variables only for plans that have a script step.
    type: str
  validate_variables:
    description:
      - Whether to read the plan before the launch and to check O(global_var_list) against it, also in check mode.
      - Reported all together, with nothing launched, are names and ids that the plan does not have, a name that does
        not belong to the id beside it, a variable that is named by its id and by its name, hosts for a variable of
        another type, a value for a host variable, a list or a dictionary for a variable that takes none, required
        variables that stay empty, and V(******) for a cipher, which is how JOB shows its value. With O(api_version=v2)
        JOB does not report which variables are required.
      - Values of ciphers are secret then, also under O(global_var_list[].value).
      - If the caller may not read the plan (the permission is C(view_job_plan)), the task warns and continues; with
        O(unique_key) it fails instead. If the plan does not exist or cannot be read for another reason, nothing is
        launched.
    type: bool
    default: true
  callback_url:
    description:
      - URL that JOB calls when the job has ended. http or https, with a host, without user and password, at most 1024
        characters.
      - JOB tries once and does not sign the call, so do not rely on it.
    type: str
    aliases: [bk_callback_url]
"""

EXAMPLES = r"""
# The connection comes from module_defaults or from the environment.
- name: Launch a plan and wait for its end
  blueking.job.bk_job_plan:
    bk_scope_id: "2"
    job_plan_id: 1001

- name: Launch a plan with values for its variables, and with the connection in the task
  blueking.job.bk_job_plan:
    api_url: https://bkapi.example.com/api/bk-job/prod
    gateway: apigw
    bk_app_code: my_app
    bk_app_secret: "{{ vault_bk_app_secret }}"
    bk_access_token: "{{ vault_bk_access_token }}"
    bk_scope_type: biz
    bk_scope_id: "2"
    job_plan_id: 1001
    global_var_list:
      - name: version
        value: 2.4.1
      - name: targets
        server:
          host_id_list: [101, 102]
      - name: db_password
        secret_value: "{{ vault_db_password }}"
  register: deploy

- name: The same in the legacy vocabulary, over the legacy API
  blueking.job.bk_job_plan:
    api_url: https://paas.example.com
    gateway: esb
    api_version: v2
    bk_biz_id: 2
    bk_job_id: 1001
    global_vars:
      - name: version
        value: 2.4.1
      - name: targets
        ip_list:
          - bk_cloud_id: 0
            ip: 10.0.0.1
        custom_query_id: ["grp-web"]

- name: See what would be launched, and whether its variables are right
  blueking.job.bk_job_plan:
    bk_scope_id: "2"
    job_plan_name: deploy-web
    global_var_list:
      - name: version
        value: 2.4.1
  check_mode: true

- name: Launch without reading the plan, for example if the caller may launch it and not read it
  blueking.job.bk_job_plan:
    bk_scope_id: "2"
    job_plan_id: 1001
    validate_variables: false

- name: Launch now, go on at once, and publish the id for later
  blueking.job.bk_job_plan:
    bk_scope_id: "2"
    job_plan_id: 1001
    wait: false
  register: started

# Ad hoc, with credentials from the environment:
#   ansible localhost -m blueking.job.bk_job_plan -a 'bk_scope_id=2 job_plan_id=1001'
"""

RETURN = r"""
launch_outcome:
  description:
    - Outcome of the launch.
    - V(started) means that the job was started.
    - V(recovered) means that the response to the launch was lost, and that the job was found in the history.
    - V(created) means that the job exists and was not started. This is a failure. The job never starts
      by itself.
    - V(rejected) means that the server rejected the launch; V(not_sent) that no launch request reached
      the server.
    - V(unknown) means that the launch got no clear response and that the job may be running. Such a failure
      sets C(changed) to true.
    - V(existing) means that a run with the same O(unique_key) succeeded or had not ended, so nothing
      was launched and the task continued with that run.
    - V(check_mode) means that nothing was launched.
  returned: always
  type: str
  sample: started
reattached:
  description: Whether the task continued with an earlier run that has the same O(unique_key).
  returned: always
  type: bool
  sample: false
previous_job_instance_id:
  description:
    - Id of the newest earlier run with the same O(unique_key) in O(unique_window), if the task did not
      continue with it because it failed or was stopped, or because O(on_existing=fail). Otherwise null.
  returned: always
  type: int
  sample: null
candidates:
  description:
    - Runs in the history of which one may be the launched run. Filled when RV(launch_outcome) is V(unknown).
    - Also filled when the server ignores C(start_task) and a repeated request started more than one run.
  returned: always
  type: list
  elements: dict
  sample: []
  contains:
    job_instance_id:
      description: Id of the run.
      type: int
      sample: 20000000017
    name:
      description: Name of the run.
      type: str
      sample: nightly-clean
    operator:
      description: User who launched the run.
      type: str
      sample: admin
    status:
      description: Status of the run, one of the values of RV(status).
      type: str
      sample: running
    create_time:
      description: Time of creation. ISO 8601 in UTC.
      type: str
      sample: '2026-01-31T10:00:00.120Z'
pending_duplicates:
  description:
    - Ids of pending runs that repeated requests of a two-step launch created. They never start by themselves,
      and JOB has no call to remove them.
  returned: always
  type: list
  elements: int
  sample: []
job_instance_id:
  description: Id of the run. Null if no run was started, or if its id is unknown.
  returned: always
  type: int
  sample: 20000000017
job_instance_name:
  description: Name of the run.
  returned: always
  type: str
  sample: nightly-clean
step_instance_id:
  description: Id of the only step of a script run. Null for a plan; see RV(steps).
  returned: always
  type: int
  sample: null
job_instance_url:
  description: URL of the run in JOB's web pages.
  returned: when O(web_url) is given and the job was started
  type: str
  sample: https://job.example.com/api_execute/20000000017
status:
  description:
    - Last known status of the run. One of V(pending), V(running), V(success), V(failed), V(skipped),
      V(ignored_error), V(waiting_confirmation), V(terminated_manually), V(abnormal), V(terminating),
      V(terminated), V(confirmation_refused), V(abandoned), V(rolling_waiting), or V(unknown_<n>) for
      an unknown status code.
    - Null if the status was never read, for example with O(wait=false).
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
request:
  description:
    - Launch request as it is sent - method, path and body - with secrets masked. If it exceeds 100000
      bytes, long texts and lists are cut and end with a note about their size.
  returned: in check mode and with C(--diff)
  type: dict
  sample:
    method: POST
    path: /api/c/compapi/v2/jobv3/execute_job_plan/
    body:
      bk_app_code: my_app
      bk_app_secret: VALUE_SPECIFIED_IN_NO_LOG_PARAMETER
      bk_scope_type: biz
      bk_scope_id: '2'
      job_plan_id: 1001
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

from ansible_collections.blueking.job.plugins.module_utils.options.argspec import JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import job_plan
from ansible_collections.blueking.job.plugins.module_utils.tasks.module import run


def main() -> None:
    """Run the module."""
    run(job_plan, JOB_PLAN)


if __name__ == "__main__":
    main()
