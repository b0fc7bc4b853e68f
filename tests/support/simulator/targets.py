# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parse the target hosts of a request, in the format of either generation."""

from __future__ import annotations

from typing import Any

from .call_context import entries
from .cmdb import Target


def target_v3(server: dict[str, Any]) -> Target:
    """JOB API: the old form "business:group" of a group id is cut to the group; nulls among host ids are ignored."""
    return Target(
        host_ids=tuple(host for host in server["host_id_list"] or () if host is not None),
        ips=tuple((item["bk_cloud_id"], item["ip"]) for item in entries(server["ip_list"])),
        groups=tuple(item["id"] for item in entries(server["dynamic_group_list"])),
        nodes=_nodes(server["topo_node_list"]),
    )


def target_v2(holder: dict[str, Any]) -> Target | None:
    """JOB API: with target_server, even if empty, the older pair beside it is ignored; None if nothing is given.

    Addresses are not validated in this generation; an invalid one simply belongs to no host.
    """
    server = holder["target_server"]
    if server is not None:
        return Target(
            ips=_addresses(server["ip_list"]),
            groups=tuple(group for group in server["dynamic_group_id_list"] or () if group),
            nodes=_nodes(server["topo_node_list"]),
        )
    if not holder["ip_list"] and not holder["custom_query_id"]:
        return None
    return Target(
        ips=_addresses(holder["ip_list"]), groups=tuple(group for group in holder["custom_query_id"] or () if group)
    )


def _addresses(items: list[Any] | None) -> tuple[tuple[int, str], ...]:
    return tuple((item["bk_cloud_id"] or 0, item["ip"] or "") for item in entries(items))


def _nodes(items: list[Any] | None) -> tuple[tuple[str, int], ...]:
    return tuple((item["node_type"] or "", item["id"] or 0) for item in entries(items))
