#!/usr/bin/python
# Copyright: BlueKing JOB collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send files to hosts and wait for the end."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bk_fast_file
short_description: Send files to hosts through BlueKing JOB and wait for the end
version_added: 1.0.0
description:
  - Sends files to many hosts through JOB, waits for the end, and returns what arrived on every host.
  - With O(file_source_list) the files lie on other hosts, or in a file source that JOB knows, such as an object store.
    They do not pass through the controller.
  - With O(content_list) the files are texts of the task, or files on the controller, such as rendered templates.
  - A task can use the option names of the current API, of the legacy API, or both. The module translates it to the API
    that O(gateway) and O(api_version) select.
  - Run it once, on the controller, not once for each host of the inventory - JOB itself connects to the hosts.
  - B(What to send) - O(file_source_list), O(content_list).
  - B(Where) - O(target_server), O(ip_list), O(custom_query_id), O(file_target_path), O(file_target_name),
    O(account_alias), O(account_id).
  - B(How) - O(transfer_mode), O(timeout), O(upload_speed_limit), O(download_speed_limit), O(rolling_config),
    O(task_name), O(callback_url).
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
  - C(changed) is true as soon as a job was started, also when it fails afterwards. JOB does not compare files, so a
    second task sends them again.
  - A success means that JOB reported every file as sent. Neither JOB nor the module compares contents.
  - The contents in O(content_list) are not part of the shown invocation. With C(--diff) and in check mode they are
    shown. For files that contain secrets, set C(no_log) to C(true). C(diff=false) hides them outside check mode only.
seealso:
  - module: blueking.job.bk_fast_script
  - module: ansible.builtin.copy
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
  file_source_list:
    description:
      - Required, unless O(content_list) is given. The files, by the place where they lie.
      - Each entry has O(file_source_list[].file_list), and either hosts (O(file_source_list[].server) with
        O(file_source_list[].account_alias)) or a file source (O(file_source_list[].file_source_id) or
        O(file_source_list[].file_source_code)).
    type: list
    elements: dict
    aliases: [file_source]
    suboptions:
      file_list:
        description:
          - Required. Absolute paths. A path that ends in V(/) or V(\\) is a directory, which arrives with its name. V(*) matches
            any characters, and V(REGEX:) before the last part of a path makes that part a regular expression.
          - In a file source, a path is the name of the bucket followed by the key, such as V(releases/web/app.tgz).
          - A path that is given twice is sent once.
        type: list
        elements: str
        aliases: [files]
      server:
        description:
          - The hosts that have the files. All lists are combined, except that C(ip_list) is ignored if there are host
            ids. At least one must not be empty.
        type: dict
        aliases: [target_server]
        suboptions:
          host_id_list:
            description:
              - Host ids of the CMDB. If host ids are given, JOB ignores O(file_source_list[].server.ip_list). The module
                then sends only the ids, with a warning.
              - Needs O(api_version=v3).
            type: list
            elements: int
          ip_list:
            description:
              - Addresses, as in O(target_server.ip_list).
            type: list
            elements: raw
          dynamic_group_list:
            description:
              - Dynamic groups of the CMDB, as in O(target_server.dynamic_group_list).
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
          - The same as O(file_source_list[].server.ip_list), with the legacy name. Combined with
            O(file_source_list[].server).
        type: list
        elements: raw
      custom_query_id:
        description:
          - The same as O(file_source_list[].server.dynamic_group_list), with the legacy name. Combined with
            O(file_source_list[].server).
        type: list
        elements: raw
      account_alias:
        description:
          - Required with hosts. Alias, in JOB, of the account that reads the files on their hosts.
          - An id cannot be given, because JOB looks up the id of the target's account in its place.
        type: str
        aliases: [account]
      file_source_id:
        description:
          - Id of a file source. Has precedence over O(file_source_list[].file_source_code), with a warning. Needs
            O(api_version=v3).
          - JOB checks it only when it fetches the files. With an unknown id the run ends as V(abnormal).
        type: int
      file_source_code:
        description:
          - Code of a file source, of the scope or shared. Needs O(api_version=v3).
          - JOB responds to an unknown code with an internal error.
        type: str
  content_list:
    description:
      - Required, unless O(file_source_list) is given. Files whose content is in the task.
      - JOB first writes them on one of its own servers, and sends them from there as C(root).
    type: list
    elements: dict
    aliases: [file_list]
    suboptions:
      file_name:
        description:
          - Required, unless O(content_list[].src) is given, whose name is the default. Name of the file on the targets,
            without a directory.
        type: str
      content:
        description:
          - Required, unless O(content_list[].src) or O(content_list[].content_base64) is given. Content, as plain text,
            which is sent as UTF-8.
          - An empty content is an error, because JOB sends no empty files.
          - Text that looks like base64 is an error, because JOB's own documents call encoded text by this name.
        type: str
      src:
        description:
          - File on the machine where the task runs. Its content is sent as it is, also if it is binary.
          - A relative path is searched where Ansible searches for files, as for the option C(script_path) of
            M(blueking.job.bk_fast_script).
          - A file that is encrypted with Ansible Vault is rejected. Use O(content_list[].content) with the lookup
            C(ansible.builtin.unvault) for it.
        type: path
      content_base64:
        description:
          - Content, as base64, such as the result of the filter C(ansible.builtin.b64encode).
        type: str
  file_target_path:
    description:
      - Required. Directory on the targets, always, also if the last part has the form of a file name. At most 512
        characters.
      - JOB replaces V([FILESRCIP]) by cloud area and address of the source (V(0_10.0.0.9)) and V([DATE:yyyy-MM-dd]) by
        the current date.
      - The module warns of a path that JOB may reject.
    type: str
    aliases: [dest]
  file_target_name:
    description:
      - New name of the file on the targets. Only for one file of O(file_source_list). Needs O(api_version=v3).
    type: str
    aliases: [dest_name]
  transfer_mode:
    description:
      - What to do if O(file_target_path) does not exist. V(force) creates it, V(strict) fails. If not given, JOB creates
        it. V(strict) needs O(api_version=v3) and O(file_source_list), and depends on the version of JOB's agents.
      - An existing file is overwritten in both cases.
    type: str
    choices: [strict, force]
  timeout:
    description:
      - Time limit of the transfer, in seconds, 1 or more. If not given, JOB takes 7200. Set it; one host that does not
        respond keeps the run going for that long.
      - The maximum is 259200 with O(api_version=v2). With V(v3), the operators of JOB set it.
      - Only with O(file_source_list).
    type: int
  upload_speed_limit:
    description:
      - Maximum speed at which each source host sends, in MB/s, 1 or more. If not given, it is not limited. Only with
        O(file_source_list).
    type: int
  download_speed_limit:
    description:
      - Maximum speed at which each target receives, in MB/s, 1 or more. If not given, it is not limited. Only with
        O(file_source_list).
    type: int
  account_alias:
    description:
      - Required, unless O(account_id) is given. Alias, in JOB, of the account that writes the files on the targets.
    type: str
    aliases: [account]
  account_id:
    description:
      - Id of the account that writes the files. Has precedence over O(account_alias), with a warning. Needs
        O(api_version=v3).
    type: int
  task_name:
    description:
      - Name of the run in JOB, at most 512 characters, including O(unique_key) if it is set. If not given, a unique one
        is made.
    type: str
  rolling_config:
    description:
      - Send in batches. Needs O(api_version=v3) and O(file_source_list).
    type: dict
    suboptions:
      type:
        description:
          - What to roll over. V(hosts) (the default) makes batches of targets, V(sources) batches of source hosts, each of
            which is sent to all targets. V(sources) needs version 3.11.8 of JOB, and files on hosts. JOB's numbers
            V(1) and V(2) mean the same.
        type: str
        choices: [hosts, sources, "1", "2"]
      mode:
        description:
          - What to do between batches. V(stop_on_failure), which JOB takes if this is not given, stops when a batch
            fails, V(ignore_failure) continues, V(confirm) waits for a confirmation before each. JOB ignores it with
            O(rolling_config.execution_mode=parallel). JOB's numbers V(1), V(2) and V(3) mean the same.
        type: str
        choices: [stop_on_failure, ignore_failure, confirm, "1", "2", "3"]
      expression:
        description:
          - Required, except with O(rolling_config.type=sources). Sizes of the batches of targets, with one blank between
            them; the last one repeats. V(10%) of all hosts, V(5) hosts, V(+5) hosts more or V(*2) times as many as in the
            batch before.
        type: str
      execution_mode:
        description:
          - How batches start. V(serial), which JOB takes if this is not given, runs one batch after the other,
            V(parallel) starts them at intervals without waiting for one to end. V(parallel) is not supported with
            O(rolling_config.type=sources). JOB's numbers V(1) and V(2) mean the same.
        type: str
        choices: [serial, parallel, "1", "2"]
      batch_start_wait_fixed_ms:
        description:
          - Required with O(rolling_config.execution_mode=parallel). Fixed part of the interval between batches, in
            milliseconds, from 0 to 3600000.
        type: int
      batch_start_wait_random_min_ms:
        description:
          - Required with O(rolling_config.execution_mode=parallel). Least random part of the interval, in milliseconds,
            from 0 to 3600000.
        type: int
      batch_start_wait_random_max_ms:
        description:
          - Required with O(rolling_config.execution_mode=parallel). Largest random part of the interval, in milliseconds,
            from 0 to 3600000, not below O(rolling_config.batch_start_wait_random_min_ms).
        type: int
      file_source:
        description:
          - Required with O(rolling_config.type=sources). Sizes of the batches of sources.
        type: dict
        suboptions:
          max_execute_object_num_in_batch:
            description:
              - Maximum number of source hosts in a batch, 1 or more. If not given, it is not limited.
            type: int
          max_file_num_of_single_execute_object:
            description:
              - Maximum number of files of one source host in a batch, 1 or more. If not given, it is not limited.
            type: int
  callback_url:
    description:
      - URL that JOB calls when the job has ended. http or https, with a host, without user and password, at most 1024
        characters. With O(content_list) it needs O(api_version=v3).
      - JOB tries once and does not sign the call, so do not rely on it.
    type: str
    aliases: [bk_callback_url]
  fail_on:
    description:
      - What makes the task fail. With V(any_host) the run must be a success, and every target must have all files.
        With V(job) the status of the run alone decides.
    type: str
    choices: [job, any_host]
    default: any_host
"""

EXAMPLES = r"""
# The connection comes from module_defaults or from the environment.
- name: Send a text to two hosts
  blueking.job.bk_fast_file:
    bk_scope_id: "2"
    content_list:
      - {file_name: motd, content: Managed by Ansible.}
    file_target_path: /etc
    account_alias: root
    target_server:
      ip_list: [10.0.0.1, 10.0.0.2]

- name: Send a release from one host to three others, with the connection in the task
  blueking.job.bk_fast_file:
    api_url: https://bkapi.example.com/api/bk-job/prod
    gateway: apigw
    bk_app_code: my_app
    bk_app_secret: "{{ vault_bk_app_secret }}"
    bk_access_token: "{{ vault_bk_access_token }}"
    bk_scope_type: biz
    bk_scope_id: "2"
    file_source_list:
      - file_list: [/data/release/app.tgz]
        server:
          ip_list: [10.0.0.1]
        account_alias: root
    file_target_path: /srv/app
    account_alias: root
    target_server:
      host_id_list: [101, 102, 103]
    timeout: 600
  register: sent

# Credentials come from the environment (BK_JOB_API_URL, BK_APP_CODE, BK_APP_SECRET, BK_ACCESS_TOKEN, ...), as a
# credential of AWX or Automation Platform injects them.
- name: Send two texts to a dynamic group
  blueking.job.bk_fast_file:
    bk_scope_id: "2"
    content_list:
      - file_name: app.conf
        content: |
          listen = 0.0.0.0:8080
          workers = {{ workers | default(4) }}
      - file_name: motd
        content: Managed by Ansible.
    file_target_path: /etc/app
    account_alias: root
    target_server:
      dynamic_group_list: [grp-web]

- name: The same kind of task in the legacy vocabulary, over the legacy API
  blueking.job.bk_fast_file:
    api_url: https://paas.example.com
    gateway: esb
    api_version: v2
    bk_biz_id: 2
    file_source:
      - files: [/data/release/app.tgz]
        account: root
        ip_list:
          - bk_cloud_id: 0
            ip: 10.0.0.1
    file_target_path: /srv/app
    account: root
    ip_list: [10.0.0.2, 10.0.0.3]

# Ad hoc, with credentials from the environment:
#   ansible localhost -m blueking.job.bk_fast_file \
#     -a "bk_scope_id=2 account_alias=root dest=/etc ip_list=10.0.0.1,10.0.0.2 \
#     content_list='[{\"file_name\": \"motd\", \"content\": \"hello\"}]'"
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
      sample: file
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
      description: Status of the host, such as V(success), V(file_fetch_error), V(no_such_user) or V(agent_abnormal).
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
    files:
      description:
        - Files that were sent to the host, one entry for each file, directory or pattern. Null if the
          log was not read (see O(logs)), and with O(api_version=v2), whose logs are text only.
      type: list
      elements: dict
      sample:
        - source:
            ip: 10.0.0.9
            path: /data/release/app.tgz
          path: /srv/app/app.tgz
          status: finished
          size: 1.5 MB
          speed: 1,024 KB/s
          error: null
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
      sample: "--- download 10.0.0.9:/data/release/app.tgz -> 10.0.0.1:/srv/app/app.tgz (finished)\n"
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

from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_FILE
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_file
from ansible_collections.blueking.job.plugins.module_utils.tasks.module import run


def main() -> None:
    """Run the module."""
    run(fast_file, FAST_FILE)


if __name__ == "__main__":
    main()
