# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each call takes: its fields with their kinds, and the rules that refuse a value outright (1240003)."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from .coerce import INT, LONG, Field, Record, Rule, blank, decode_base64, list_of, text, truth
from .messages import Text

MAX_SCRIPT, MAX_PARAM, MAX_SENSITIVE_PARAM = 16_777_215, 65_535, 48_128
MAX_TIMEOUT = 259_200
"""JOB API: scripts may run three days, although the documents say one."""


def between(low: int, high: int | None, words: Text) -> Rule:
    """A number, when given, must lie within the limits."""

    def rule(value: Any) -> Text | None:
        return words if value is not None and (value < low or (high is not None and value > high)) else None

    return rule


def given(words: Text) -> Rule:
    """The value must be there, and no blank."""
    return lambda value: words if value is None or (isinstance(value, str) and blank(value)) else None


def fits(limit: int, words: Text) -> Rule:
    """Base64 text may not decode to more bytes than this."""
    return lambda value: words if value and len(decode_base64(value)) > limit else None


def _callback(value: Any) -> Text | None:
    """JOB API: a callback address must be http or https with a host, without user name and password."""
    words = ("Callback url is invalid", "回调地址不合法")
    if blank(value):
        return None
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    except ValueError:
        return words
    return None if sound and not any(letter.isspace() for letter in value) else words


def _ipv4(value: Any) -> Text | None:
    words = ("Invalid IP", "IP 不合法")
    try:
        ipaddress.IPv4Address(value or "")
    except ValueError:
        return words
    return None


def _interpreter(value: Any) -> Text | None:
    """JOB API: a Windows interpreter ends in .exe, blanks around it do not count, and has at most 260 characters."""
    words = ("Invalid windows_interpreter", "windows_interpreter 不合法")
    if blank(value):
        return None
    return None if value.strip().endswith(".exe") and len(value) <= 260 else words


def _sensitive_param(record: Any) -> Text | None:
    words = ("script_param is too long", "脚本参数过长")
    if record["is_param_sensitive"] != 1:
        return None
    return fits(MAX_SENSITIVE_PARAM, words)(record["script_param"])


def _password_owner(record: Any) -> Text | None:
    by_address = record["bk_cloud_id"] is not None and not blank(record["ip"])
    return None if record["host_id"] is not None or by_address else ("Invalid host of password", "密码对应的主机不合法")


def _rolling(record: Any) -> Text | None:
    """JOB API: rolling over targets (type 1, the default) needs an expression."""
    kind = 1 if record["type"] is None else record["type"]
    return ("rolling expression is empty", "滚动表达式为空") if kind == 1 and blank(record["expression"]) else None


_PARAM_TOO_LONG = ("script_param is too long", "脚本参数过长")
_SCRIPT_TOO_LONG = ("script_content is too long", "脚本内容过长")
_NO_CLOUD = ("Invalid bk_cloud_id", "bk_cloud_id 不合法")
_NO_NODE = ("Invalid topo node", "拓扑节点不合法")
_LOW_TIMEOUT = ("timeout must be greater or equal than 1", "超时时间必须大于等于 1")
_HIGH_TIMEOUT = (f"timeout must be less or equal than {MAX_TIMEOUT}", f"超时时间必须小于等于 {MAX_TIMEOUT}")

_IP = Record({"bk_cloud_id": Field(LONG, (given(_NO_CLOUD), between(0, None, _NO_CLOUD))), "ip": Field(text, (_ipv4,))})
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
SERVER_V2 = Record(
    {
        "ip_list": Field(list_of(_LOOSE_IP)),
        "dynamic_group_id_list": Field(list_of(text)),
        "topo_node_list": Field(list_of(_LOOSE_NODE)),
    }
)
_TARGET_V2 = {
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
_VARIABLE_V2 = Record({"id": Field(LONG), "name": Field(text), "value": Field(text), **_TARGET_V2})

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
_ROLLING = Record(
    {
        "type": Field(INT),
        "mode": Field(INT),
        "expression": Field(text),
        "execution_mode": Field(INT),
        "batch_start_wait_fixed_ms": Field(INT),
        "batch_start_wait_random_min_ms": Field(INT),
        "batch_start_wait_random_max_ms": Field(INT),
    },
    (_rolling,),
)

EXECUTE_JOB = Record(
    {
        "bk_job_id": Field(LONG),
        "global_vars": Field(list_of(_VARIABLE_V2)),
        "bk_callback_url": Field(text, (_callback,)),
    }
)
EXECUTE_JOB_PLAN = Record(
    {
        "job_plan_id": Field(LONG),
        "global_var_list": Field(list_of(_VARIABLE_V3)),
        "callback_url": Field(text, (_callback,)),
        "start_task": Field(truth),
    }
)
FAST_SCRIPT_V2 = Record(
    {
        "script_id": Field(LONG),
        "script_content": Field(text, (fits(MAX_SCRIPT, _SCRIPT_TOO_LONG),)),
        "script_type": Field(INT),
        "script_param": Field(text, (fits(MAX_PARAM, _PARAM_TOO_LONG),)),
        "script_timeout": Field(INT, (between(1, None, _LOW_TIMEOUT), between(1, MAX_TIMEOUT, _HIGH_TIMEOUT))),
        "account": Field(text),
        "is_param_sensitive": Field(INT),
        "task_name": Field(text),
        "bk_callback_url": Field(text, (_callback,)),
        **_TARGET_V2,
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
        "timeout": Field(INT, (between(1, None, _LOW_TIMEOUT), between(1, MAX_TIMEOUT, _HIGH_TIMEOUT))),
        "task_name": Field(text),
        "windows_interpreter": Field(text, (_interpreter,)),
        "callback_url": Field(text, (_callback,)),
        "start_task": Field(truth),
        "rolling_config": Field(_ROLLING),
        "host_password_list": Field(list_of(_PASSWORD)),
    },
    (_sensitive_param,),
)
STATUS_V2 = Record({"job_instance_id": Field(LONG)})
STATUS_V3 = Record({"job_instance_id": Field(LONG), "return_ip_result": Field(truth)})
_STEP_ID = Field(LONG, (given(("Invalid step_instance_id", "步骤实例 id 不合法")), between(1, None, _NO_NODE)))
IP_LOG = Record(
    {
        "job_instance_id": Field(LONG),
        "step_instance_id": _STEP_ID,
        "bk_host_id": Field(LONG),
        "bk_cloud_id": Field(LONG),
        "ip": Field(text),
    }
)
BATCH_IP_LOG = Record(
    {
        "job_instance_id": Field(LONG),
        "step_instance_id": _STEP_ID,
        "host_id_list": Field(list_of(LONG)),
        "ip_list": Field(list_of(_LOOSE_IP)),
    }
)
OPERATE = Record({"job_instance_id": Field(LONG), "operation_code": Field(INT)})
PLAN_DETAIL = Record({"job_plan_id": Field(LONG)})
JOB_DETAIL = Record({"bk_job_id": Field(LONG)})
_PAGE = {
    "name": Field(text),
    "creator": Field(text),
    "last_modify_user": Field(text),
    **{f"{time}_{end}": Field(LONG) for time in ("create_time", "last_modify_time") for end in ("start", "end")},
    "start": Field(INT, (between(0, None, ("Invalid start", "start 不合法")),)),
    "length": Field(INT, (between(1, None, ("Invalid length", "length 不合法")),)),
}
JOB_LIST = Record(_PAGE)
PLAN_LIST = Record({"job_template_id": Field(LONG), **_PAGE})
