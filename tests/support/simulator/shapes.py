# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that several responses share: hosts, targets and accounts as JOB returns them.

JOB API: every key is there, and null if the call does not know it. Only C(variable) of a target is omitted then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .cmdb import Cmdb, Host, Target


def address(host_id: int | None, cloud_id: int | None, ip: str | None) -> dict[str, Any]:
    """Return a host of a target."""
    return {
        "bk_host_id": host_id,
        "bk_cloud_id": cloud_id,
        "bk_cloud_name": None,
        "ip": ip,
        "ipv6": None,
        "bk_agent_id": None,
        "alive": None,
    }


def addresses(cmdb: Cmdb, target: Target) -> list[dict[str, Any]]:
    """Return the hosts that a target names one by one."""
    hosts = (cmdb.host(host_id) for host_id in target.host_ids)
    named = [address(host.id, host.cloud_id, host.ip or None) for host in hosts if host]
    return named + [address(None, cloud, ip) for cloud, ip in target.ips]


def server(cmdb: Cmdb, target: Target | None, variable: str | None = None) -> dict[str, Any]:
    """Return a target, or the host variable that sets it."""
    target = target or Target()
    shown: dict[str, Any] = {
        "ip_list": addresses(cmdb, target) or None,
        "dynamic_group_list": [{"id": group} for group in target.groups] or None,
        "topo_node_list": [{"id": ident, "node_type": kind} for kind, ident in target.nodes] or None,
    }
    return shown if variable is None else {"variable": variable, **shown}


def account(ident: int | None, name: str | None = None) -> dict[str, Any]:
    """Return the account of a step. JOB API: its alias is never returned."""
    return {"id": ident, "name": name, "alias": None}


def approval(message: str) -> dict[str, Any]:
    """Return a confirmation. JOB API: its users and their notifications are never returned."""
    return {"approval_type": None, "approval_user": None, "approval_message": message, "notify_channel": None}


def host_addresses(hosts: Iterable[Host]) -> dict[str, Any]:
    """Return the hosts of a started step, which are all named one by one."""
    addresses = [address(host.id, host.cloud_id, host.ip or None) for host in hosts]
    return {"ip_list": addresses, "dynamic_group_list": None, "topo_node_list": None}
