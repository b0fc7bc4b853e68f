#!/usr/bin/python
# Copyright: BlueKing JOB collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look up job plans, with their steps and variables."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bk_job_plan_info
short_description: Look up BlueKing JOB plans, with their steps and variables
version_added: 1.0.0
description:
  - Lists job plans (execution plans that exist in JOB) of a scope, by id, name or template, with everything that a task
    of M(blueking.job.bk_job_plan) needs - the steps, and the global variables with type, default, and whether they are
    required.
  - It changes nothing, so check mode makes no difference.
  - B(Which plans) - O(job_plan_id), O(name), O(name_match), O(job_template_id), O(limit).
  - B(What of them) - O(details).
  - B(Scope) - O(bk_scope_type), O(bk_scope_id), O(bk_biz_id).
  - B(Connection) - O(api_url), O(gateway), O(api_version), O(bk_app_code), O(bk_app_secret), O(bk_token),
    O(bk_ticket), O(bk_access_token), O(bk_username), O(bk_tenant_id), O(validate_certs), O(ca_path), O(client_cert),
    O(client_key), O(proxy), O(connect_timeout), O(read_timeout), O(info_timeout), O(language), O(web_url).
author:
  - BlueKing JOB collection contributors (@blueking)
requirements:
  - requests >= 2.28
notes:
  - Steps and variables need the permission C(view_job_plan). In a list, they are null, with a warning, for plans that
    the caller may not view; with O(job_plan_id) it is an error.
seealso:
  - module: blueking.job.bk_job_plan
  - module: blueking.job.bk_job_instance_info
extends_documentation_fragment:
  - blueking.job.connection
  - blueking.job.scope
  - blueking.job.attributes_info
  - blueking.job.attributes.shared
options:
  job_plan_id:
    description:
      - Id of the plan to look up, 1 or more. A plan that does not exist in the scope is an error.
      - It is mutually exclusive with O(limit) and all filters. Without it, plans are listed.
    type: int
    aliases: [bk_job_id]
  name:
    description:
      - List only plans of this name. There may be several, one in each template. If there is none, the list is empty.
    type: str
    aliases: [job_plan_name]
  name_match:
    description:
      - How to compare O(name). With V(exact), which is the default, names must be equal, including case. With
        V(contains) names must contain it, which is how JOB itself searches.
    type: str
    choices: [exact, contains]
  job_template_id:
    description:
      - List only plans that were made from the template of this id, 1 or more. Needs O(api_version=v3).
    type: int
  details:
    description:
      - Whether to read steps and variables, which takes a call for each plan. With V(false) they are null.
    type: bool
    default: true
  info_timeout:
    description:
      - Maximum time for reading everything, in seconds, above 0 and at most 2592000. An address that never responds is
        given up after 30 seconds.
    type: float
    default: 60.0
  limit:
    description:
      - Maximum number of plans to list, from 1 to 1000; 50 if it is not given. The module reads as many pages as
        needed. RV(truncated) is true if there are more, and RV(total) is their number.
    type: int
"""

EXAMPLES = r"""
# The connection comes from module_defaults or from the environment.
- name: See what a plan needs
  blueking.job.bk_job_plan_info:
    bk_scope_id: "2"
    name: deploy-web
  register: found

- name: See what a plan needs, with the connection in the task
  blueking.job.bk_job_plan_info:
    api_url: https://bkapi.example.com/api/bk-job/prod
    gateway: apigw
    bk_app_code: my_app
    bk_app_secret: "{{ vault_bk_app_secret }}"
    bk_access_token: "{{ vault_bk_access_token }}"
    bk_scope_type: biz
    bk_scope_id: "2"
    name: deploy-web
  register: found

# From here on credentials come from the environment (BK_JOB_API_URL, BK_APP_CODE, BK_APP_SECRET, BK_ACCESS_TOKEN, ...),
# as a credential of AWX or Automation Platform injects them.
- name: Look up a plan by its id
  blueking.job.bk_job_plan_info:
    bk_scope_id: "2"
    job_plan_id: 1001
  register: found

- name: List all plans of a scope without their details
  blueking.job.bk_job_plan_info:
    bk_scope_id: "2"
    details: false
    limit: 1000
  register: plans

- name: List the plans of a template whose names contain a word
  blueking.job.bk_job_plan_info:
    bk_scope_id: "2"
    job_template_id: 101
    name: deploy
    name_match: contains
  register: plans

- name: Look up a plan over the legacy API
  blueking.job.bk_job_plan_info:
    api_url: https://paas.example.com
    gateway: esb
    api_version: v2
    bk_biz_id: 2
    bk_job_id: 1001
  register: found

# Ad hoc, with credentials from the environment:
#   ansible localhost -m blueking.job.bk_job_plan_info -a 'bk_scope_id=2 name=deploy name_match=contains'
"""

RETURN = r"""
plans:
  description: Plans, in the order in which JOB lists them.
  returned: always
  type: list
  elements: dict
  contains:
    job_plan_id:
      description: Id of the plan, for the option O(blueking.job.bk_job_plan#module:job_plan_id).
      type: int
      sample: 1001
    name:
      description: Name of the plan.
      type: str
      sample: deploy-web
    job_template_id:
      description: Id of the template from which the plan was made. With O(api_version=v2) known only
        with O(details).
      type: int
      sample: 101
    creator:
      description: User who created the plan.
      type: str
      sample: admin
    create_time:
      description:
        - Time when the plan was created. ISO 8601 in UTC. With O(api_version=v2) it has no time zone
          and is in the server's time zone.
      type: str
      sample: '2026-01-01T00:00:00.000Z'
    last_modify_user:
      description: User who last changed the plan.
      type: str
      sample: admin
    last_modify_time:
      description: Time of the last change, in the format of RV(plans[].create_time).
      type: str
      sample: '2026-01-01T00:00:00.000Z'
    need_update:
      description:
        - Whether the template has changed since the plan was created. Null with O(api_version=v2) and
          O(job_plan_id).
      type: bool
      sample: false
    steps:
      description: Steps of the plan, in order. Null if they were not, or could not be, read.
      type: list
      elements: dict
      contains:
        id:
          description: Id of the step in the plan.
          type: int
          sample: 1
        name:
          description: Name of the step.
          type: str
          sample: prepare
        type:
          description: V(script), V(file) or V(confirm) (a user must confirm). Null with O(api_version=v2).
          type: str
          sample: script
        script_language:
          description:
            - Language of the script - V(shell), V(bat), V(perl), V(python), V(powershell) or V(sql).
              Null for other steps, and with O(api_version=v2).
          type: str
          sample: shell
        account:
          description:
            - Alias of the account under which the script runs. Null for other steps.
            - With O(api_version=v3), JOB gives only the id. The module reads the aliases in one more
              call. Null with a warning if they cannot be read, and null if the scope no longer has the
              account.
          type: str
          sample: root
        account_id:
          description: Id of the account under which the script runs. Null for other steps.
          type: int
          sample: 7
        timeout:
          description: Time limit of the script, in seconds. Null for other steps.
          type: int
          sample: 60
        ignore_error:
          description:
            - Whether the job continues if the script fails. Null for other steps. Plans of current JOB
              versions do not include it, so it is usually null.
          type: bool
          sample: false
        host_variable:
          description:
            - Name of the host variable that determines where the script runs. Null if it always runs
              on RV(plans[].steps[].server), and with O(api_version=v2).
          type: str
          sample: targets
        server:
          description:
            - Hosts on which the script runs, in the format of RV(plans[].variables[].server). Null if
              a host variable determines them.
          type: dict
          sample: null
    variables:
      description:
        - Global variables of the plan, with the keys of O(blueking.job.bk_job_plan#module:global_var_list).
          Null if they were not, or could not be, read.
      type: list
      elements: dict
      contains:
        id:
          description: Id of the variable.
          type: int
          sample: 11
        name:
          description: Name of the variable.
          type: str
          sample: targets
        type:
          description:
            - Type of the variable.
            - V(string) takes text, V(namespace) text that steps may change for each host, V(cipher) secret
              text. V(indexed_array) takes a list, V(associative_array) a dictionary, V(host) hosts under
              C(server), V(account) the id of an account as text.
            - V(unknown_<n>) is an unknown type.
          type: str
          sample: host
        required:
          description:
            - Whether a run needs a value for the variable. Null with O(api_version=v2), which does not
              report it.
          type: bool
          sample: true
        description:
          description: Description of the variable by the author of the plan.
          type: str
          sample: where to deploy
        used:
          description: Whether any step uses the variable. Null with O(api_version=v2).
          type: bool
          sample: true
        value:
          description:
            - Default value; for an array a shell literal. Null or empty if there is no default, and for
              hosts.
            - V(******) for a cipher that has a default, because JOB never shows it. Omit the variable
              to use the default.
          type: str
          sample: null
        server:
          description:
            - Default of a host variable, in the format of O(blueking.job.bk_job_plan#module:global_var_list[].server).
              Null if there is none, and for other types.
          type: dict
          contains:
            host_id_list:
              description:
                - Host ids of the CMDB, for hosts without an IPv4 address. If host ids are given, JOB
                  ignores addresses.
              type: list
              elements: int
              sample: []
            ip_list:
              description: Hosts by V(bk_cloud_id) and V(ip).
              type: list
              elements: dict
              sample:
                - bk_cloud_id: 0
                  ip: 10.0.0.1
            dynamic_group_list:
              description: Dynamic groups by V(id).
              type: list
              elements: dict
              sample: []
            topo_node_list:
              description: Nodes of the topology by V(id) and V(node_type).
              type: list
              elements: dict
              sample: []
total:
  description: Number of plans that match, including plans that are not listed. Null if they could not
    be listed.
  returned: always
  type: int
  sample: 1
truncated:
  description:
    - Whether more plans match than RV(plans) lists, because of O(limit), or because very large defaults
      reached the size limit of the result.
  returned: always
  type: bool
  sample: false
error:
  description: Description of the error. All keys are present; those without a value are null.
  returned: on failure
  type: dict
  contains:
    kind:
      description:
        - One of V(auth), V(permission), V(validation), V(not_found), V(rate_limited), V(not_sent), V(server_error),
          V(protocol), V(interrupted).
      type: str
      sample: not_found
    code:
      description: Error code from the server.
      type: int
      sample: 1243009
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

from ansible_collections.blueking.job.plugins.module_utils.options.argspec_info import PLAN_INFO
from ansible_collections.blueking.job.plugins.module_utils.tasks.module import run
from ansible_collections.blueking.job.plugins.module_utils.tasks.plan_info import plan_info


def main() -> None:
    """Run the module."""
    run(plan_info, PLAN_INFO)


if __name__ == "__main__":
    main()
