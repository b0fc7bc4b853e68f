# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Hosts in requests of API v2 (JOB API: target_server)."""

from __future__ import annotations

from ...models.launch import TargetServer
from ..calls import without_none
from ..shared_requests import addresses, topo_nodes


def target_server(target: TargetServer) -> dict[str, object]:
    """Return hosts in v2's format: only lists with elements."""
    return without_none(
        {
            "dynamic_group_id_list": list(target.dynamic_groups) or None,
            "ip_list": addresses(target),
            "topo_node_list": topo_nodes(target),
        }
    )
