# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of each call with their types, and rules that reject a value (1240003)."""

from __future__ import annotations

from typing import Any

from .fields_rolling import ROLLING
from .messages import Text
from .rules import between, callback, fits, given, interpreter, ipv4
from .type_conversion import INT, LONG, Field, Record, blank, list_of, text, truth

MAX_SCRIPT, MAX_PARAM, MAX_SENSITIVE_PARAM = 16_777_215, 65_535, 48_128
MAX_TIMEOUT = 259_200
"""JOB API: scripts may run three days, although the documents state one."""


def _sensitive_param(record: Any) -> Text | None:
    message = ("script_param is too long", "脚本参数过长")
    if record["is_param_sensitive"] != 1:
        return None
    return fits(MAX_SENSITIVE_PARAM, message)(record["script_param"])


def _password_owner(record: Any) -> Text | None:
    by_address = record["bk_cloud_id"] is not None and not blank(record["ip"])
    return None if record["host_id"] is not None or by_address else ("Invalid host of password", "密码对应的主机不合法")


_PARAM_TOO_LONG = ("script_param is too long", "脚本参数过长")
_SCRIPT_TOO_LONG = ("script_content is too long", "脚本内容过长")
_NO_CLOUD = ("Invalid bk_cloud_id", "bk_cloud_id 不合法")
_NO_NODE = ("Invalid topo node", "拓扑节点不合法")
_LOW_TIMEOUT = ("timeout must be greater or equal than 1", "超时时间必须大于等于 1")
_HIGH_TIMEOUT = (f"timeout must be less or equal than {MAX_TIMEOUT}", f"超时时间必须小于等于 {MAX_TIMEOUT}")
TIMEOUT = Field(INT, (between(1, None, _LOW_TIMEOUT), between(1, MAX_TIMEOUT, _HIGH_TIMEOUT)))

_IP = Record({"bk_cloud_id": Field(LONG, (given(_NO_CLOUD), between(0, None, _NO_CLOUD))), "ip": Field(text, (ipv4,))})
_LOOSE_IP = Record({"bk_cloud_id": Field(LONG), "ip": Field(text), "bk_host_id": Field(LONG)})
_GROUP = Record({"id": Field(text, (given(("Invalid dynamic group", "动态分组不合法")),))})
_NODE = Record({"id": Field(LONG, (given(_NO_NODE),)), "node_type": Field(text, (given(_NO_NODE),))})
_LOOSE_NODE = Record({"id": Field(LONG), "node_type": Field(text)})

SERVER_V3 = Record(
    {
        "host_id_list": Field(list_of(LONG)),
        "ip_list": Field(list_of(_IP)),
        "dynamic_group_list": Field(list_of(_GROUP)),
        "topo_node_list": Field(list_of(_NODE)),
    }
)
LOOSE_SERVER_V3 = Record(
    {
        "host_id_list": Field(list_of(LONG)),
        "ip_list": Field(list_of(_LOOSE_IP)),
        "dynamic_group_list": Field(list_of(Record({"id": Field(text)}))),
        "topo_node_list": Field(list_of(_LOOSE_NODE)),
    }
)
SERVER_V2 = Record(
    {
        "ip_list": Field(list_of(_LOOSE_IP)),
        "dynamic_group_id_list": Field(list_of(text)),
        "topo_node_list": Field(list_of(_LOOSE_NODE)),
    }
)
TARGET_V2 = {
    "target_server": Field(SERVER_V2),
    "ip_list": Field(list_of(_LOOSE_IP)),
    "custom_query_id": Field(list_of(text)),
}

_VARIABLE_V3 = Record(
    {
        "id": Field(LONG, (between(1, None, ("Invalid id of globalVar", "全局变量 id 不合法")),)),
        "name": Field(text),
        "value": Field(text),
        "server": Field(SERVER_V3),
    }
)
_VARIABLE_V2 = Record({"id": Field(LONG), "name": Field(text), "value": Field(text), **TARGET_V2})

_PASSWORD = Record(
    {
        "host_id": Field(LONG),
        "bk_cloud_id": Field(LONG),
        "ip": Field(text),
        "encrypted_password": Field(
            text, (lambda value: None if value and len(value) <= 172 else ("Invalid password", "密码不合法"),)
        ),
    },
    (_password_owner,),
)
EXECUTE_JOB = Record(
    {
        "bk_job_id": Field(LONG),
        "global_vars": Field(list_of(_VARIABLE_V2)),
        "bk_callback_url": Field(text, (callback,)),
    }
)
EXECUTE_JOB_PLAN = Record(
    {
        "job_plan_id": Field(LONG),
        "global_var_list": Field(list_of(_VARIABLE_V3)),
        "callback_url": Field(text, (callback,)),
        "start_task": Field(truth),
    }
)
FAST_SCRIPT_V2 = Record(
    {
        "script_id": Field(LONG),
        "script_content": Field(text, (fits(MAX_SCRIPT, _SCRIPT_TOO_LONG),)),
        "script_type": Field(INT),
        "script_param": Field(text, (fits(MAX_PARAM, _PARAM_TOO_LONG),)),
        "script_timeout": TIMEOUT,
        "account": Field(text),
        "is_param_sensitive": Field(INT),
        "task_name": Field(text),
        "bk_callback_url": Field(text, (callback,)),
        **TARGET_V2,
    },
    (_sensitive_param,),
)
FAST_SCRIPT_V3 = Record(
    {
        "script_version_id": Field(LONG),
        "script_id": Field(text),
        "script_content": Field(text, (fits(MAX_SCRIPT, _SCRIPT_TOO_LONG),)),
        "script_language": Field(INT),
        "script_param": Field(text, (fits(MAX_PARAM, _PARAM_TOO_LONG),)),
        "is_param_sensitive": Field(INT),
        "account_id": Field(LONG),
        "account_alias": Field(text),
        "target_server": Field(SERVER_V3),
        "timeout": TIMEOUT,
        "task_name": Field(text),
        "windows_interpreter": Field(text, (interpreter,)),
        "callback_url": Field(text, (callback,)),
        "start_task": Field(truth),
        "rolling_config": Field(ROLLING),
        "host_password_list": Field(list_of(_PASSWORD)),
    },
    (_sensitive_param,),
)
STATUS_V2 = Record({"job_instance_id": Field(LONG)})
STATUS_V3 = Record({"job_instance_id": Field(LONG), "return_ip_result": Field(truth)})
OPERATE = Record({"job_instance_id": Field(LONG), "operation_code": Field(INT)})
