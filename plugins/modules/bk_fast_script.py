#!/usr/bin/python
# Copyright: BlueKing JOB collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a script on hosts and wait for it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bk_fast_script
short_description: Run a script on hosts through BlueKing JOB and wait for it
version_added: 1.0.0
description:
  - Runs a script on hosts through JOB, waits for it to end, and returns the exit code and log of every host.
  - The script is part of the task, is read from a file, or is stored in JOB.
  - A task can use the option names of the current API, of the legacy API, or both. The module translates it to the API
    that O(gateway) and O(api_version) select.
  - Run it once, on the controller, not once for each host of the inventory - JOB itself connects to the hosts.
  - B(What to run) - O(script_content), O(script_path), O(script_id), O(script_version_id), O(script_language),
    O(script_param), O(is_param_sensitive), O(base64_encoded), O(windows_interpreter).
  - B(Where) - O(target_server), O(ip_list), O(custom_query_id), O(account_alias), O(account_id).
  - B(How) - O(timeout), O(rolling_config), O(task_name), O(callback_url).
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
seealso:
  - module: blueking.job.bk_job_plan
extends_documentation_fragment:
  - blueking.job.connection
  - blueking.job.scope
  - blueking.job.targets
  - blueking.job.launch
  - blueking.job.wait
  - blueking.job.attributes
  - blueking.job.attributes.launch
  - blueking.job.attributes.shared
options:
  script_version_id:
    description:
      - Id of a version of a script that is stored in JOB. The legacy API calls this C(script_id).
      - If several of O(script_version_id), O(script_id), O(script_content) and O(script_path) are given, only the first of
        this list is sent, and a warning names the others.
    type: int
  script_id:
    description:
      - Id of a script that is stored in JOB. Its online version runs. Needs O(api_version=v3).
    type: str
  script_content:
    description:
      - Required, unless O(script_path), O(script_id) or O(script_version_id) is given. The script itself, as plain text, at
        most 16777215 bytes. It is encoded by the module.
      - In check mode JOB checks the script against its rules. Warnings name lines that are high-risk or wrong, for
        which JOB may reject the launch. Needs O(api_version=v3). Applies to O(script_path) as well.
    type: str
  script_path:
    description:
      - File with the script, on the machine where the task runs. Its content is always sent as it is.
      - A relative path is searched where Ansible searches for files - in C(files) of the role, in the role, in C(files)
        beside the playbook, beside the playbook. If the task does not run inside the controller's process (see the
        attribute C(action)), it is relative to the directory of the playbook, on another machine from that of the
        remote user.
      - A file that is encrypted with Ansible Vault is rejected. Use O(script_content) with the lookup
        C(ansible.builtin.unvault) for it.
    type: path
  script_language:
    description:
      - Language of the script, by name or by JOB's code.
      - If not given, it follows from the ending of O(script_path), else it is V(shell). For a script that JOB keeps
        nothing is sent.
    type: str
    choices: [shell, bat, perl, python, powershell, "1", "2", "3", "4", "5"]
    aliases: [script_type]
  script_param:
    description:
      - Arguments of the script, one line as for a shell, as plain text. Encoded by the module, once and as a whole.
      - At most 65535 bytes, or 48128 with O(is_param_sensitive=true). JOB replaces line feeds by blanks.
    type: str
  base64_encoded:
    description:
      - Whether O(script_content) and O(script_param) are base64 already, as in a ready API request. White space in them,
        the URL-safe alphabet and missing padding are accepted.
      - If not given, they are plain text. A script that looks like base64 is then an error. If it really is plain text,
        set V(false).
    type: bool
  is_param_sensitive:
    description:
      - Whether O(script_param) is a secret. JOB then masks it on its pages, and it does not appear in any output of the
        module, plain or encoded, neither as a whole nor in words of five or more characters. If not given, JOB takes it
        for V(false).
    type: bool
  timeout:
    description:
      - Time limit of the script on each host, in seconds, 1 or more. If not given, JOB takes 7200.
      - The maximum is 259200 with O(api_version=v2). With V(v3), the operators of JOB set it.
    type: int
    aliases: [script_timeout]
  account_alias:
    description:
      - Required, unless O(account_id) is given. Alias, in JOB, of the account that runs the script.
    type: str
    aliases: [account]
  account_id:
    description:
      - Id of the account that runs the script. Has precedence over O(account_alias), with a warning. Needs
        O(api_version=v3).
    type: int
  task_name:
    description:
      - Name of the run in JOB, at most 512 characters, including O(unique_key) if it is set. If not given, a unique one
        is made.
    type: str
  windows_interpreter:
    description:
      - Path of the interpreter on Windows hosts, ending in C(.exe), at most 260 characters. Needs O(api_version=v3).
    type: str
  rolling_config:
    description:
      - Run on the hosts in batches. Needs O(api_version=v3).
    type: dict
    suboptions:
      type:
        description:
          - What to roll over. For scripts only V(hosts), which JOB calls V(1).
        type: str
        choices: [hosts, "1"]
      mode:
        description:
          - What to do between batches. V(stop_on_failure), which JOB takes if this is not given, stops when a batch
            fails, V(ignore_failure) continues, V(confirm) waits for a confirmation before each. JOB ignores it with
            O(rolling_config.execution_mode=parallel). JOB's numbers V(1), V(2) and V(3) mean the same.
        type: str
        choices: [stop_on_failure, ignore_failure, confirm, "1", "2", "3"]
      expression:
        description:
          - Required. Sizes of the batches, with one blank between them; the last one repeats. V(10%) of all hosts, V(5)
            hosts, V(+5) hosts more or V(*2) times as many as in the batch before.
        type: str
      execution_mode:
        description:
          - How batches start. V(serial), which JOB takes if this is not given, runs one batch after the other,
            V(parallel) starts them at intervals without waiting for one to end. JOB's numbers V(1) and V(2) mean the
            same.
        type: str
        choices: [serial, parallel, "1", "2"]
      batch_start_wait_fixed_ms:
        description:
          - Required with O(rolling_config.execution_mode=parallel). Fixed part of the interval between batches, in milliseconds,
            from 0 to 3600000.
        type: int
      batch_start_wait_random_min_ms:
        description:
          - Required with O(rolling_config.execution_mode=parallel). Least random part of the interval, in milliseconds, from 0 to
            3600000.
        type: int
      batch_start_wait_random_max_ms:
        description:
          - Required with O(rolling_config.execution_mode=parallel). Largest random part of the interval, in milliseconds, from 0
            to 3600000, not below O(rolling_config.batch_start_wait_random_min_ms).
        type: int
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
- name: Run a script on two hosts
  blueking.job.bk_fast_script:
    bk_scope_id: "2"
    account_alias: root
    script_content: uptime
    target_server:
      ip_list: [10.0.0.1, 10.0.0.2]

- name: Run a script on three hosts and see its output, with the connection in the task
  blueking.job.bk_fast_script:
    api_url: https://bkapi.example.com/api/bk-job/prod
    gateway: apigw
    bk_app_code: my_app
    bk_app_secret: "{{ vault_bk_app_secret }}"
    bk_access_token: "{{ vault_bk_access_token }}"
    bk_scope_type: biz
    bk_scope_id: "2"
    account_alias: root
    script_content: |
      uptime
      df -h "$1"
    script_param: /data
    target_server:
      host_id_list: [101, 102, 103]
    logs: all
  register: check

# Credentials come from the environment (BK_JOB_API_URL, BK_APP_CODE, BK_APP_SECRET, BK_ACCESS_TOKEN, ...), as a
# credential of AWX or Automation Platform injects them.
- name: Run a file, with a secret argument, on a dynamic group
  blueking.job.bk_fast_script:
    bk_scope_id: "2"
    account_alias: app
    script_path: files/rotate_key.py
    script_param: "{{ vault_new_key }}"
    is_param_sensitive: true
    timeout: 600
    target_server:
      dynamic_group_list: [grp-web]

- name: The same kind of task in the legacy vocabulary, over the legacy API
  blueking.job.bk_fast_script:
    api_url: https://paas.example.com
    gateway: esb
    api_version: v2
    bk_biz_id: 2
    account: root
    script_type: 1
    script_content: uptime
    script_timeout: 60
    ip_list:
      - bk_cloud_id: 0
        ip: 10.0.0.1
      - 0:10.0.0.2

- name: Go over many hosts in batches, and stop when a batch fails
  blueking.job.bk_fast_script:
    bk_scope_id: "2"
    account_alias: root
    script_id: a1b2c3
    target_server:
      topo_node_list:
        - id: 1000
          node_type: module
    rolling_config:
      expression: 1 10% 50%
      mode: stop_on_failure

# Ad hoc, with credentials from the environment:
#   ansible localhost -m blueking.job.bk_fast_script \
#     -a 'bk_scope_id=2 account_alias=root script_content=uptime ip_list=10.0.0.1,10.0.0.2 logs=all'
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
  sample: ansible-20260131T100000Z-3f9c2a1b77d0
step_instance_id:
  description: Id of the only step of a script run. Null for a plan; see RV(steps).
  returned: always
  type: int
  sample: 30000000021
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
      sample: ansible-20260131T100000Z-3f9c2a1b77d0
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
    path: /api/bk-job/prod/api/v3/fast_execute_script
    body:
      bk_scope_type: biz
      bk_scope_id: '2'
      script_content: dXB0aW1l
      account_alias: root
      script_language: 1
      target_server:
        host_id_list:
          - 101
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

from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script
from ansible_collections.blueking.job.plugins.module_utils.tasks.module import run


def main() -> None:
    """Run the module."""
    run(fast_script, FAST_SCRIPT)


if __name__ == "__main__":
    main()
