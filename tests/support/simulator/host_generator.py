# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts generated from a rule: {generate: {count: 50000, scope: "2"}} adds hosts with consecutive ids."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from .yaml_schema import Checker, Key, any_text, integer, ipv4, list_of, section, wrong

MAX_GENERATED = 1_000_000


def host_list(host: Checker, scopes: Checker, nodes: Checker) -> Checker:
    """Check a list of hosts, which may contain rules; a single rule may replace the list."""
    rule = section(
        {
            "generate": Key(
                section(
                    {
                        "count": Key(integer(1)),
                        "scope": Key(scopes),
                        "first_id": Key(integer(1), 1),
                        "first_ip": Key(ipv4, "10.0.0.1"),
                        "cloud_id": Key(integer(0), 0),
                        "name": Key(any_text, "host-{n}"),
                        "nodes": Key(nodes, ()),
                        "down_every": Key(integer(1), None),
                    }
                )
            )
        }
    )

    def one(path: str, value: Any) -> list[dict[str, Any]]:
        if isinstance(value, Mapping) and "generate" in value:
            return _generated(path, rule(path, value)["generate"])
        return [host(path, value)]

    many = list_of(one)

    def check(path: str, value: Any) -> tuple[dict[str, Any], ...]:
        if isinstance(value, Mapping):
            return tuple(_generated(path, rule(path, value)["generate"]))
        return tuple(entry for some in many(path, value) for entry in some)

    return check


def _generated(path: str, rule: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Generate the hosts of a rule. Counting begins at 1; the agent of every down_every-th host is down."""
    count, first = rule["count"], int(ipaddress.IPv4Address(rule["first_ip"]))
    if count > MAX_GENERATED or first + count > 1 << 32:
        raise wrong(f"{path}.generate.count", f"at most {MAX_GENERATED} hosts that all get an address", count)
    return [
        {
            "id": rule["first_id"] + number,
            "cloud_id": rule["cloud_id"],
            "ip": str(ipaddress.IPv4Address(first + number)),
            "name": rule["name"].replace("{n}", str(number + 1)),
            "scope": rule["scope"],
            "agent": "down" if rule["down_every"] and (number + 1) % rule["down_every"] == 0 else "up",
            "nodes": rule["nodes"],
            "ipv6": None,
            "allowed_in": (),
            "agent_id": None,
            "files": {},
        }
        for number in range(count)
    ]
