# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Hosts and rolling configuration in requests of API v3 (JOB API: target_server, rolling_config)."""

from __future__ import annotations

from ...models.launch import TargetServer
from ...models.rolling import RollingConfig
from ..calls import without_none
from ..shared_requests import addresses, topo_nodes


def target_server(target: TargetServer) -> dict[str, object]:
    """Return hosts in v3's format: only lists with elements."""
    return without_none(
        {
            "dynamic_group_list": [{"id": group} for group in target.dynamic_groups] or None,
            "host_id_list": list(target.host_ids) or None,
            "ip_list": addresses(target),
            "topo_node_list": topo_nodes(target),
        }
    )


def rolling_config(config: RollingConfig | None) -> dict[str, object] | None:
    """Return the rolling configuration, without values that were not given."""
    if config is None:
        return None
    values = without_none(config._asdict())
    if config.file_source is not None:
        values["file_source"] = without_none(config.file_source._asdict())
    return values
