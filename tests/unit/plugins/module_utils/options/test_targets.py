# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Target servers: forms of hosts that JOB does not accept, and what to write in their place."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.options.targets import read_target
from ansible_collections.blueking.job.tests.unit.helpers.fakes import script_fields

SEPARATE = "; separate elements with commas or line ends"
RANGES = "; networks and ranges are not supported, list the addresses or use topo_node_list"
MARKED = "; write it without quotes and without a dash before it"
NAMES = "; host names are not supported, use host_id_list"


def errors_of(target_server: object) -> list[str]:
    reader = script_fields({"target_server": target_server})
    read_target(reader, "target_server")
    return reader.problems.errors


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("10.0.0.1 10.0.0.2", SEPARATE),
        ("10.0.0.1;10.0.0.2", SEPARATE),
        ("10.0.0.1|10.0.0.2", SEPARATE),
        ("10.0.0.1\uff0c10.0.0.2", SEPARATE),
        ("10.0.0.1\uff1b10.0.0.2", SEPARATE),
        ("10.0.0.1\u300110.0.0.2", SEPARATE),
        (["10.0.0.1\n10.0.0.2"], SEPARATE),
        (["10.0.0.1,10.0.0.2"], SEPARATE),
        ("10.0.0.0/24", RANGES),
        ("10.0.0.1-10.0.0.9", RANGES),
        ("10.0.0.1-9", RANGES),
        ("web-1", NAMES),
        ("web1.example.com", NAMES),
        ("- 10.0.0.1", MARKED),
        ('"10.0.0.1"', MARKED),
        ("'10.0.0.1'", MARKED),
        ("10.0.0.01", ""),
        ("10.0.0", ""),
    ],
)
def test_an_address_in_another_form(written: object, advice: str) -> None:
    (error,) = errors_of({"ip_list": written})
    text = written[0] if isinstance(written, list) else written
    assert error == f"target_server.ip_list[0].ip: must be an IPv4 address, not {text!r}{advice}"


@pytest.mark.parametrize("separator", [" ", ";", "|", "\uff0c", "\uff1b", "\u3001", "\t"])
def test_ids_of_groups_with_another_separator(separator: str) -> None:
    (error,) = errors_of({"dynamic_group_list": f"web{separator}db"})
    assert error.startswith("target_server.dynamic_group_list[0]: must be the id of a dynamic group, not ")
    assert error.endswith(SEPARATE)


@pytest.mark.parametrize("separator", [" ", ";", "|", "\uff0c", "\uff1b", "\u3001"])
def test_host_ids_with_another_separator(separator: str) -> None:
    (error,) = errors_of({"host_id_list": f"101{separator}102"})
    assert error == f"target_server.host_id_list[0]: must be a host id of 1 or more, not '101{separator}102'{SEPARATE}"


@pytest.mark.parametrize("written", [["web,db"], ["web\ndb"], [{"id": "web,db"}]])
def test_an_id_of_a_group_that_contains_several(written: object) -> None:
    (error,) = errors_of({"dynamic_group_list": written})
    assert error.endswith(SEPARATE)


def test_a_port_in_place_of_a_cloud_area() -> None:
    assert errors_of({"ip_list": "10.0.0.1:22"}) == [
        "target_server.ip_list[0]: must be text like 0:10.0.0.1, the cloud area first, not '10.0.0.1:22'"
    ]


def test_host_ids_in_place_of_addresses() -> None:
    assert errors_of([101]) == [
        "target_server.ip_list[0]: must be {bk_cloud_id, ip} or text like 0:10.0.0.1, not 101; "
        "host ids belong in host_id_list"
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("host_id_list", "must be a host id of 1 or more, not null"),
        ("ip_list", "must be {bk_cloud_id, ip} or text like 0:10.0.0.1, not null"),
        ("dynamic_group_list", "must be the id of a dynamic group, not null"),
        ("topo_node_list", "must be a dictionary, not null"),
    ],
)
def test_null_in_a_list(name: str, text: str) -> None:
    assert errors_of({name: [None]}) == [f"target_server.{name}[0]: {text}"]
