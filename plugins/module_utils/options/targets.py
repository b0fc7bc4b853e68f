# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Target servers: convert every way to name hosts to one model."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

from ..common.text import describe_value, join_first, parse_integer, quoted
from ..models.launch import HostAddress, TargetServer, TopoNode
from .problems import Problems
from .reader import OptionReader

TARGET_LISTS = ("host_id_list", "ip_list", "dynamic_group_list", "topo_node_list")
_MAX_ADDRESSES_SHOWN = 5
# Characters that separate elements in other notations; no id of a dynamic group contains one.
_SEPARATOR = re.compile(r"[\s,;|\uff0c\uff1b\u3001]")
# An element of YAML or JSON in a text that is neither.
_MARKED = re.compile(r"- \S+\Z|([\"']).*\1\Z")
_SEPARATE = "; separate elements with commas or line ends"
LEGACY_PAIR_NAMES = ("ip_list", "custom_query_id")


def read_target(reader: OptionReader, name: str) -> TargetServer | None:
    """Return the union of the target server C(name) and of the legacy pair beside it; None if the task has neither.

    Adds problems to C(reader), also if there is no host. Duplicates are removed, the order is kept. The API ignores
    addresses if there are host ids, so they are left out with a warning (JOB API: host_id_list wins over ip_list).
    """
    if not reader.present(name, *LEGACY_PAIR_NAMES):
        return None
    targets, server = [], reader.group(name)
    if server is not None and server.present(*TARGET_LISTS):
        targets.append(_read(server, "host_id_list", "ip_list", "dynamic_group_list", "topo_node_list"))
    if reader.present(*LEGACY_PAIR_NAMES):
        targets.append(_read(reader, None, "ip_list", "custom_query_id", None))
    united = merge_targets(targets)
    if united.host_ids and united.addresses:
        shown = join_first([f"{each.bk_cloud_id}:{each.ip}" for each in united.addresses], _MAX_ADDRESSES_SHOWN)
        reader.problems.warn(
            f"{reader.path('ip_list')}: JOB ignores ip_list if host_id_list is set, so {len(united.addresses)} hosts "
            f"are left out: {shown}"
        )
        united = united._replace(addresses=())
    has_errors = any(reader.problems.has_error(reader.path(each)) for each in (name, *LEGACY_PAIR_NAMES))
    if not any(united) and not has_errors:
        reader.add_error(name, f"contains no host; at least one of {', '.join(TARGET_LISTS)} must not be empty")
    return united


def merge_targets(targets: list[TargetServer]) -> TargetServer:
    """Return one target with the hosts of several, without duplicates, in order."""
    return TargetServer(
        tuple(dict.fromkeys(host for target in targets for host in target.host_ids)),
        tuple(dict.fromkeys(address for target in targets for address in target.addresses)),
        tuple(dict.fromkeys(group for target in targets for group in target.dynamic_groups)),
        tuple(dict.fromkeys(node for target in targets for node in target.topo_nodes)),
    )


def _read(reader: OptionReader, ids: str | None, ips: str, groups: str, nodes: str | None) -> TargetServer:
    addresses = [_address(reader.problems, path, value) for path, value in reader.items(ips) or ()]
    group_ids = [_dynamic_group(reader.problems, path, value) for path, value in reader.items(groups) or ()]
    return TargetServer(
        host_ids=() if ids is None else tuple(_host_ids(reader, ids)),
        addresses=tuple(address for address in addresses if address is not None),
        dynamic_groups=tuple(group for group in group_ids if group is not None),
        topo_nodes=() if nodes is None else tuple(_topo_nodes(reader, nodes)),
    )


def _host_ids(reader: OptionReader, name: str) -> list[int]:
    host_ids = []
    for path, value in reader.items(name) or ():
        number = parse_integer(value)
        if number is None or number < 1:
            advice = _SEPARATE if isinstance(value, str) and _SEPARATOR.search(value) else ""
            reader.problems.add_error(path, f"must be a host id of 1 or more, not {describe_value(value)}{advice}")
        else:
            host_ids.append(number)
    return host_ids


def _address(problems: Problems, path: str, value: object) -> HostAddress | None:
    cloud: object
    if isinstance(value, Mapping):
        unknown = sorted(set(value) - {"bk_cloud_id", "ip"})
        if unknown:
            problems.add_error(path, f"has unknown keys {', '.join(map(str, unknown))}; known are bk_cloud_id and ip")
        cloud, address = value.get("bk_cloud_id"), value.get("ip")
    elif isinstance(value, str):
        head, colon, tail = value.partition(":")
        # More than one colon is an IPv6 address, which has its own message below.
        cloud, address = (head, tail) if colon and ":" not in tail else (None, value)
        if colon and "." in head:
            problems.add_error(path, f"must be text like 0:10.0.0.1, the cloud area first, not {quoted(value)}")
            return None
    else:
        ids = "; host ids belong in host_id_list" if isinstance(value, int) and not isinstance(value, bool) else ""
        text = f"must be {{bk_cloud_id, ip}} or text like 0:10.0.0.1, not {describe_value(value)}{ids}"
        problems.add_error(path, text)
        return None
    cloud_id = 0 if cloud is None else parse_integer(cloud)
    if cloud_id is None or cloud_id < 0:
        problems.add_error(f"{path}.bk_cloud_id", f"must be a number of 0 or more, not {describe_value(cloud)}")
    ip = _ipv4(problems, f"{path}.ip", address)
    return None if ip is None or cloud_id is None else HostAddress(cloud_id, ip)


def _ipv4(problems: Problems, path: str, value: object) -> str | None:
    if value is None:
        problems.add_error(path, "is required")
        return None
    try:
        address = ipaddress.ip_address(value.strip() if isinstance(value, str) else "")
    except ValueError:
        problems.add_error(path, f"must be an IPv4 address, not {describe_value(value)}{_advice(value)}")
        return None
    if address.version != 4:
        problems.add_error(path, f"{address} is IPv6, which JOB does not accept in address lists; use host_id_list")
        return None
    return str(address)


def _dynamic_group(problems: Problems, path: str, value: object) -> str | None:
    if isinstance(value, Mapping):
        unknown = sorted(set(value) - {"id"})
        if unknown:
            problems.add_error(path, f"has unknown keys {', '.join(map(str, unknown))}; known is id")
            return None
        value = value.get("id")
    text = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if not text or _SEPARATOR.search(text):
        advice = _SEPARATE if text else ""
        problems.add_error(path, f"must be the id of a dynamic group, not {describe_value(value)}{advice}")
        return None
    return text


def _advice(value: object) -> str:
    """Return how to name hosts that text names in a form that JOB does not accept."""
    text = value.strip() if isinstance(value, str) else ""
    if _MARKED.match(text):
        return "; write it without quotes and without a dash before it"
    if _SEPARATOR.search(text):
        return _SEPARATE
    if "/" in text or "-" in text and text[:1].isdigit():
        return "; networks and ranges are not supported, list the addresses or use topo_node_list"
    return "; host names are not supported, use host_id_list" if text[:1].isalpha() else ""


def _topo_nodes(reader: OptionReader, name: str) -> list[TopoNode]:
    nodes = []
    for node in reader.groups(name):
        node_id = node.integer("id", required=True, minimum=1)
        node_type = node.text("node_type", required=True)
        if node_id is not None and node_type is not None:
            nodes.append(TopoNode(node_id, node_type))
    return nodes
