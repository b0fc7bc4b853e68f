# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of v4's calls. JOB API: much that v3 checks in code is validation here."""

from __future__ import annotations

from typing import Any

from .ids import present
from .messages import Text
from .request_fields import FAST_SCRIPT_V3, MAX_SENSITIVE_PARAM, SERVER_V3
from .rules import between, fits, given
from .type_conversion import INT, LONG, Field, Record, blank, list_of, text, truth

MAX_NAME, MAX_OBJECTS, MAX_OFFSET, MAX_LENGTH = 512, 50, 10_000, 200
_ID: Text = ("must be at least 1", "必须大于等于 1")
_REQUIRED: Text = ("must be given", "不能为空")


def _host(record: Any) -> Text | None:
    by_address = record["bk_cloud_id"] is not None and not blank(record["ip"])
    return None if record["bk_host_id"] is not None or by_address else ("Invalid host", "主机不合法")


def _whole_cluster(record: Any) -> Text | None:
    """JOB API: clusters need names, and running in all containers of one must be requested explicitly."""
    cluster = record["kube_cluster_filter"]
    if not cluster or not cluster["cluster_uid_list"]:
        return ("kube_cluster_filter needs cluster_uid_list", "kube_cluster_filter 缺少 cluster_uid_list")
    narrowed = any(value for name, value in record.items() if name in _NARROWER)
    if not narrowed and record["execute_in_whole_cluster"] is not True:
        return ("execute_in_whole_cluster must be true", "execute_in_whole_cluster 必须为 true")
    return None


def _target(record: Any) -> Text | None:
    hosts = any(record[name] for name in ("host_list", "dynamic_group_list", "topo_node_list"))
    containers = bool(record["kube_container_filters"])
    if not hosts and not containers:
        return ("the target is empty", "执行目标为空")
    return ("hosts and containers together", "不能同时指定主机和容器") if hosts and containers else None


def _source(record: Any) -> Text | None:
    if present(record["script_version_id"]) is not None or not blank(record["script_id"]):
        return None
    if blank(record["script_content"]):
        return ("script_content is empty", "脚本内容为空")
    return None if record["script_language"] in range(1, 7) else ("Invalid script_language", "脚本语言不合法")


def _account(record: Any) -> Text | None:
    missing = present(record["account_id"]) is None and blank(record["account_alias"])
    return ("account_id or account_alias must be given", "缺少 account_id 或 account_alias") if missing else None


def _sensitive_param(record: Any) -> Text | None:
    if record["param_sensitive"] is not True:
        return None
    return fits(MAX_SENSITIVE_PARAM, ("script_param is too long", "脚本参数过长"))(record["script_param"])


def _short_name(value: Any) -> Text | None:
    return ("task_name is too long", "任务名称过长") if value is not None and len(value) > MAX_NAME else None


def _anything(value: Any) -> Any:
    return value


_NARROWER = ("kube_namespace_filter", "kube_workload_filter", "kube_pod_filter", "kube_container_prop_filter")
_HOST = Record({"bk_host_id": Field(LONG), "bk_cloud_id": Field(LONG), "ip": Field(text)}, (_host,))
_CONTAINERS = Record(
    {
        "kube_cluster_filter": Field(Record({"cluster_uid_list": Field(list_of(text))})),
        **{name: Field(_anything) for name in _NARROWER},
        "execute_in_whole_cluster": Field(truth),
    },
    (_whole_cluster,),
)
_TARGET = Record(
    {
        "host_list": Field(list_of(_HOST)),
        "dynamic_group_list": SERVER_V3.fields["dynamic_group_list"],
        "topo_node_list": SERVER_V3.fields["topo_node_list"],
        "kube_container_filters": Field(list_of(_CONTAINERS)),
    },
    (_target,),
)
_SHARED = {
    name: entry
    for name, entry in FAST_SCRIPT_V3.fields.items()
    if name not in ("target_server", "is_param_sensitive", "task_name")
}
FAST_SCRIPT = Record(
    {
        **_SHARED,
        "task_name": Field(text, (_short_name,)),
        "param_sensitive": Field(truth),
        "execute_target": Field(_TARGET),
    },
    (_source, _account, _sensitive_param),
)
_INSTANCE = Field(LONG, (given(_REQUIRED), between(1, None, _ID)))
STATUS = Record({"job_instance_id": _INSTANCE, "return_execute_object_result": Field(truth)})


def _objects(record: Any) -> Text | None:
    """JOB API: of the three lists the first that is present is used, empty or not, with 1 to 50 entries."""
    lists = (record[name] for name in ("host_id_list", "ip_list", "container_id_list"))
    chosen: list[Any] = next((found for found in lists if found is not None), [])
    return (
        None if 1 <= len(chosen) <= MAX_OBJECTS else ("1 to 50 execute objects are expected", "执行对象应为 1 到 50 个")
    )


LOGS = Record(
    {
        "job_instance_id": _INSTANCE,
        "step_instance_id": _INSTANCE,
        "host_id_list": Field(list_of(LONG)),
        "ip_list": Field(list_of(Record({"bk_cloud_id": Field(LONG), "ip": Field(text), "bk_host_id": Field(LONG)}))),
        "container_id_list": Field(list_of(LONG)),
    },
    (_objects,),
)
HISTORY = Record(
    {
        **{name: Field(LONG) for name in ("create_time_start", "create_time_end")},
        **{name: Field(LONG) for name in ("job_instance_id", "job_cron_id")},
        **{name: Field(text) for name in ("operator", "name", "ip")},
        **{name: Field(INT) for name in ("launch_mode", "type", "status")},
        "offset": Field(INT, (between(0, MAX_OFFSET, ("Invalid offset", "offset 不合法")),)),
        "length": Field(INT, (between(1, MAX_LENGTH, ("Invalid length", "length 不合法")),)),
    }
)
