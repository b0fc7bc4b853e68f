# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Table of the calls, by generation and name."""

from __future__ import annotations

from . import calls_accounts as accounts
from . import calls_history as history
from . import calls_scripts as scripts
from . import calls_scripts_v2 as scripts_v2
from . import calls_step_detail as step_detail
from . import calls_step_view as steps
from . import calls_v4 as v4
from . import calls_values as values
from . import fields_catalog as catalog_fields
from . import fields_files as files
from . import fields_logs as logs
from . import request_fields as take
from . import request_fields_read as read
from . import request_fields_v4 as take_v4
from .call_context import Call
from .calls_catalog import plan_detail, plan_list, template_list
from .calls_catalog_v2 import job_detail, job_list
from .calls_check import check_script
from .calls_config_file import push_config_file_v2, push_config_file_v3
from .calls_file import fast_push_file, fast_transfer_file
from .calls_file_source import file_source_detail
from .calls_log import batch_ip_log, ip_log, log_v2
from .calls_operate_step import OPERATE_STEP, operate_step, operate_step_v2
from .calls_plan import execute_job, execute_job_plan
from .calls_script import fast_script_v2, fast_script_v3
from .calls_status import operate_v2, operate_v3, status_v2, status_v3

_RUN, _STEP = ("job_instance_id",), ("job_instance_id", "step_instance_id")
_SPAN = ("create_time_start", "create_time_end")

V2: dict[str, Call] = {
    "execute_job": Call(execute_job, take.EXECUTE_JOB),
    "fast_execute_script": Call(fast_script_v2, take.FAST_SCRIPT_V2),
    "fast_push_file": Call(fast_push_file, files.FAST_PUSH_FILE),
    "push_config_file": Call(push_config_file_v2, files.PUSH_CONFIG_FILE_V2),
    "get_job_instance_status": Call(status_v2, take.STATUS_V2, "GET", _RUN),
    "get_job_instance_log": Call(log_v2, take.STATUS_V2, "GET", _RUN),
    "get_job_instance_global_var_value": Call(values.values_v2, read.VALUES),
    "get_step_instance_status": Call(steps.status_v2, read.STEP_STATUS),
    "get_job_detail": Call(job_detail, catalog_fields.JOB_DETAIL),
    "get_job_list": Call(job_list, catalog_fields.JOB_LIST),
    "get_script_list": Call(scripts_v2.script_list, catalog_fields.SCRIPT_LIST_V2),
    "get_public_script_list": Call(scripts_v2.public_script_list, catalog_fields.SCRIPT_LIST_V2, scoped=False),
    "get_script_detail": Call(scripts_v2.script_detail, catalog_fields.SCRIPT_DETAIL_V2),
    "get_os_account": Call(accounts.os_accounts_v2, catalog_fields.NOTHING),
    "get_own_db_account_list": Call(accounts.db_accounts_v2, catalog_fields.PAGE),
    "operate_job_instance": Call(operate_v2, take.OPERATE),
    "operate_step_instance": Call(operate_step_v2, OPERATE_STEP),
}

V3: dict[str, Call] = {
    "execute_job_plan": Call(execute_job_plan, take.EXECUTE_JOB_PLAN),
    "fast_execute_script": Call(fast_script_v3, take.FAST_SCRIPT_V3),
    "fast_transfer_file": Call(fast_transfer_file, files.FAST_TRANSFER_FILE),
    "push_config_file": Call(push_config_file_v3, files.PUSH_CONFIG_FILE_V3),
    "get_job_instance_status": Call(status_v3, take.STATUS_V3, "GET", _RUN),
    "get_job_instance_list": Call(history.history_v3, read.HISTORY, "GET", _SPAN),
    "get_job_instance_global_var_value": Call(values.values_v3, read.VALUES, "GET", _RUN),
    "get_job_instance_ip_log": Call(ip_log, logs.IP_LOG, "GET", _STEP, by_query=logs.IP_LOG_QUERY),
    "batch_get_job_instance_ip_log": Call(batch_ip_log, logs.BATCH_IP_LOG),
    "get_step_instance_status": Call(steps.status_v3, read.STEP_STATUS, "GET", _STEP, both=False),
    "get_step_instance_detail": Call(step_detail.detail, read.STEP_DETAIL, "GET", _STEP, both=False),
    "get_job_plan_list": Call(plan_list, catalog_fields.PLAN_LIST, "GET"),
    "get_job_plan_detail": Call(plan_detail, catalog_fields.PLAN_DETAIL, "GET", ("job_plan_id",)),
    "get_job_template_list": Call(template_list, catalog_fields.TEMPLATE_LIST, "GET"),
    "get_script_list": Call(scripts.script_list, catalog_fields.SCRIPT_LIST, "GET"),
    "get_script_version_list": Call(scripts.version_list, catalog_fields.VERSION_LIST, "GET", ("script_id",)),
    "get_script_version_detail": Call(scripts.version_detail, catalog_fields.VERSION_DETAIL, "GET"),
    "get_public_script_list": Call(scripts.public_script_list, catalog_fields.SCRIPT_LIST, "GET", scoped=False),
    "get_public_script_version_list": Call(
        scripts.public_version_list, catalog_fields.VERSION_LIST, "GET", ("script_id",), scoped=False
    ),
    "get_public_script_version_detail": Call(
        scripts.public_version_detail, catalog_fields.VERSION_DETAIL, "GET", scoped=False
    ),
    "get_file_source_detail": Call(
        file_source_detail, catalog_fields.FILE_SOURCE_DETAIL, "GET", ("code",), in_esb=False
    ),
    "get_account_list": Call(accounts.account_list, catalog_fields.ACCOUNT_LIST, "GET"),
    "check_script": Call(check_script, catalog_fields.CHECK_SCRIPT, scoped=False),
    "operate_job_instance": Call(operate_v3, take.OPERATE),
    "operate_step_instance": Call(operate_step, OPERATE_STEP),
}

V4: dict[str, Call] = {
    "fast_execute_script": Call(v4.fast_script, take_v4.FAST_SCRIPT, v4=True),
    "get_job_instance_status": Call(v4.status, take_v4.STATUS, "GET", _RUN, v4=True),
    "batch_get_job_instance_execute_object_log": Call(v4.logs, take_v4.LOGS, v4=True),
    "get_job_instance_list": Call(history.history_v4, take_v4.HISTORY, "GET", _SPAN, v4=True),
}

GENERATIONS = {"v2": V2, "v3": V3, "v4": V4}

NAMES = frozenset(V2) | frozenset(V3) | frozenset(V4)
"""The names of all calls, of every generation."""
