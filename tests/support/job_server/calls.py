# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls that are served, by generation and name."""

from __future__ import annotations

from . import fields as take
from .calls_catalog import job_detail, job_list, plan_detail, plan_list
from .calls_log import batch_ip_log, ip_log, log_v2
from .calls_plan import execute_job, execute_job_plan
from .calls_script import fast_script_v2, fast_script_v3
from .calls_status import operate_v2, operate_v3, status_v2, status_v3
from .context import Call

V2: dict[str, Call] = {
    "execute_job": Call(execute_job, take.EXECUTE_JOB),
    "fast_execute_script": Call(fast_script_v2, take.FAST_SCRIPT_V2),
    "get_job_instance_status": Call(status_v2, take.STATUS_V2),
    "get_job_instance_log": Call(log_v2, take.STATUS_V2),
    "get_job_detail": Call(job_detail, take.JOB_DETAIL),
    "get_job_list": Call(job_list, take.JOB_LIST),
    "operate_job_instance": Call(operate_v2, take.OPERATE),
}

V3: dict[str, Call] = {
    "execute_job_plan": Call(execute_job_plan, take.EXECUTE_JOB_PLAN),
    "fast_execute_script": Call(fast_script_v3, take.FAST_SCRIPT_V3),
    "get_job_instance_status": Call(status_v3, take.STATUS_V3, "GET", ("job_instance_id",)),
    "get_job_instance_ip_log": Call(ip_log, take.IP_LOG, "GET", ("job_instance_id", "step_instance_id")),
    "batch_get_job_instance_ip_log": Call(batch_ip_log, take.BATCH_IP_LOG),
    "get_job_plan_list": Call(plan_list, take.PLAN_LIST, "GET"),
    "get_job_plan_detail": Call(plan_detail, take.PLAN_DETAIL, "GET", ("job_plan_id",)),
    "operate_job_instance": Call(operate_v3, take.OPERATE),
}
