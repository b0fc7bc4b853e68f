# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of v3's log calls. JOB API: a POST is validated, for a query only the types are checked."""

from __future__ import annotations

from typing import Any

from .messages import Text
from .rules import between, given, ipv4
from .type_conversion import LONG, Field, Record, list_of, text

_JOB: Text = ("Invalid job_instance_id", "作业实例 id 不合法")
_STEP: Text = ("Invalid step_instance_id", "步骤实例 id 不合法")
_HOST: Text = ("Invalid entry of ip_list", "ip_list 中的主机不合法")


def _address(record: Any) -> Text | None:
    """JOB API: an entry names a host by its id, or by cloud area and IPv4 address."""
    if record["bk_host_id"] is not None:
        return None
    return _HOST if record["bk_cloud_id"] is None else ipv4(record["ip"])


_RUN = {
    "job_instance_id": Field(LONG, (given(_JOB), between(1, None, _JOB))),
    "step_instance_id": Field(LONG, (given(_STEP), between(1, None, _STEP))),
}
_ONE_HOST = {"bk_host_id": Field(LONG), "bk_cloud_id": Field(LONG), "ip": Field(text)}
_ENTRY = Record({"bk_host_id": Field(LONG), "bk_cloud_id": Field(LONG), "ip": Field(text)}, (_address,))

IP_LOG = Record({**_RUN, **_ONE_HOST})
IP_LOG_QUERY = Record({**{name: Field(LONG) for name in _RUN}, **_ONE_HOST})
BATCH_IP_LOG = Record({**_RUN, "host_id_list": Field(list_of(LONG)), "ip_list": Field(list_of(_ENTRY))})
