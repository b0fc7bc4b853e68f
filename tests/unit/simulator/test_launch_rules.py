# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules for hosts and variables at a launch, one row each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import Client, b64, hosts_of, steps_of


@pytest.fixture(scope="module")
def wide() -> Iterator[Client]:
    """An estate with every kind of host: at home, shared, foreign, allowed, silent, without agent, IPv6 only."""
    inventory: dict[str, Any] = {
        "apps": [{"code": "shop", "secret": "shop-secret"}],
        "users": [{"name": "admin", "tokens": ["admin-token"]}],
        "scopes": [{"type": "biz", "id": "2", "name": "demo"}, {"type": "biz", "id": "3", "name": "other"}],
        "hosts": [
            {"id": 101, "ip": "10.0.0.1", "name": "web-1", "scope": "2", "nodes": ["module:1000", "set:900"]},
            {"id": 102, "ip": "10.0.0.2", "name": "web-2", "scope": "2", "nodes": ["module:1000", "set:900"]},
            {"id": 103, "ip": "10.0.0.3", "scope": "2", "agent": "down"},
            {"id": 104, "ipv6": "fd00::4", "scope": "2", "agent": "none"},
            {"id": 301, "ip": "10.0.9.1", "scope": "3"},
            {"id": 302, "ip": "10.0.9.2", "scope": "3", "allowed_in": "2"},
        ],
        "dynamic_groups": [{"id": "web", "scope": "2", "hosts": [101, 102]}, {"id": "empty", "scope": "2"}],
        "accounts": [{"id": 50, "alias": "root", "scope": "2"}],
        "plans": [
            {
                "id": 10,
                "scope": "2",
                "name": "rules",
                "variables": [
                    {"id": 1, "name": "targets", "type": "host", "required": True, "server": {"host_id_list": [101]}},
                    {"id": 2, "name": "text", "type": "string", "required": True, "value": "default"},
                    {"id": 3, "name": "secret", "type": "cipher", "value": "s3cr3t"},
                    {"id": 4, "name": "place", "type": "namespace", "value": "start"},
                    {"id": 5, "name": "words", "type": "indexed_array", "value": "(one two)"},
                    {"id": 7, "name": "spare", "type": "host"},
                ],
                "steps": [
                    {
                        "name": "say",
                        "account": "root",
                        "target": {"variable": "targets"},
                        "param": "${text}",
                        "content": 'echo "t=$text s=$secret p=$place w=${words[1]} a=$*"; place="$(hostname)"',
                    },
                    {
                        "name": "again",
                        "account": "root",
                        "target": {"variable": "targets"},
                        "content": 'echo "p=$place"',
                    },
                ],
            }
        ],
    }
    with JobServer(inventory) as server:
        yield Client(server)


def script(client: Client, target: dict[str, Any]) -> Any:
    order = {"script_content": b64("true"), "script_language": 1, "account_alias": "root"}
    return client.call("fast_execute_script", **order, target_server=target)


NODE = {"id": 1000, "node_type": "module"}
ADDRESS = {"bk_cloud_id": 0, "ip": "10.0.0.2"}

ACCEPTED: list[tuple[str, dict[str, Any], dict[int, int]]] = [
    ("groups are expanded", {"dynamic_group_list": [{"id": "web"}]}, {101: 9, 102: 9}),
    ("the old form of a group id", {"dynamic_group_list": [{"id": "2:web"}]}, {101: 9, 102: 9}),
    ("nodes are expanded", {"topo_node_list": [NODE]}, {101: 9, 102: 9}),
    ("a set is a node", {"topo_node_list": [{"id": 900, "node_type": "set"}]}, {101: 9, 102: 9}),
    ("ids win over addresses", {"host_id_list": [101], "ip_list": [ADDRESS]}, {101: 9}),
    (
        "static hosts, groups and nodes are united",
        {"host_id_list": [302, 101], "dynamic_group_list": [{"id": "web"}], "topo_node_list": [NODE]},
        {302: 9, 101: 9, 102: 9},
    ),
    ("an id twice is one host", {"host_id_list": [101, 101, "101"]}, {101: 9}),
    ("a host that is allowed in the scope", {"host_id_list": [302]}, {302: 9}),
    ("a silent agent does not refuse", {"host_id_list": [101, 103]}, {101: 9, 103: 310}),
    ("a missing agent does not refuse", {"host_id_list": [101, 104]}, {101: 9, 104: 18}),
    ("no host can run", {"host_id_list": [103, 104]}, {103: 310, 104: 18}),
    ("an empty group beside hosts", {"host_id_list": [101], "dynamic_group_list": [{"id": "empty"}]}, {101: 9}),
]


@pytest.mark.parametrize(("target", "hosts"), [row[1:] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED])
def test_targets_that_run(wide: Client, target: dict[str, Any], hosts: dict[int, int]) -> None:
    status = wide.finished(script(wide, target)["data"]["job_instance_id"])
    assert {host: state for host, (state, _exit) in hosts_of(status).items()} == hosts
    assert steps_of(status) == [3 if set(hosts.values()) == {9} else 4]
    for host in status["step_instance_list"][0]["step_ip_result_list"]:
        assert (host["ip"] is None) is (host["bk_host_id"] == 104)


REFUSED: list[tuple[str, dict[str, Any], int, tuple[str, ...]]] = [
    ("one unknown host refuses all", {"host_id_list": [101, 998, 999]}, 1244030, ("(host_id:998)", "(host_id:999)")),
    ("an unknown address", {"ip_list": [{"bk_cloud_id": 1, "ip": "10.0.0.1"}]}, 1244030, ("(ip:1:10.0.0.1)",)),
    ("a host of another scope", {"host_id_list": [101, 301]}, 1244002, ("10.0.9.1",)),
    ("unknown before foreign", {"host_id_list": [301, 999]}, 1244030, ("(host_id:999)",)),
    ("nothing at all", {}, 1244001, ()),
    ("four empty lists", {"host_id_list": [], "ip_list": [], "dynamic_group_list": []}, 1244001, ()),
    ("an empty group", {"dynamic_group_list": [{"id": "empty"}]}, 1244028, ()),
    ("an empty node", {"topo_node_list": [{"id": 1, "node_type": "module"}]}, 1244028, ()),
    ("an unknown group", {"dynamic_group_list": [{"id": "nobody"}]}, 1211003, ()),
]


@pytest.mark.parametrize(("target", "code", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_targets_that_are_rejected(wide: Client, target: dict[str, Any], code: int, words: tuple[str, ...]) -> None:
    response = script(wide, target)
    assert response["code"] == code
    assert all(word in response["message"] for word in words)
    assert wide.server.journal[-1]["did"] == []


def test_hosts_of_variables_that_no_step_uses_are_checked(wide: Client) -> None:
    def code(host: int) -> int:
        spare = {"name": "spare", "server": {"host_id_list": [host]}}
        return int(wide.call("execute_job_plan", job_plan_id=10, global_var_list=[spare])["code"])

    assert (code(102), code(999), code(301)) == (0, 1244030, 1244002)


VALUES: list[tuple[str, list[dict[str, Any]], str]] = [
    ("not sent", [], "t=default s=s3cr3t p=start w=two a=default"),
    ("by id alone", [{"id": 2, "name": "secret", "value": "x"}], "t=x s=s3cr3t p=start w=two a=x"),
    ("an unknown id", [{"id": 99, "name": "text", "value": "x"}], "t=default s=s3cr3t p=start w=two a=default"),
    ("by name", [{"name": "text", "value": "x"}], "t=x s=s3cr3t p=start w=two a=x"),
    ("names are exact", [{"name": "TEXT", "value": "x"}], "t=default s=s3cr3t p=start w=two a=default"),
    (
        "the id entry wins",
        [{"id": 2, "value": "id"}, {"name": "text", "value": "name"}],
        "t=id s=s3cr3t p=start w=two a=id",
    ),
    ("the last id wins", [{"id": 2, "value": "1"}, {"id": 2, "value": "2"}], "t=2 s=s3cr3t p=start w=two a=2"),
    (
        "the last name wins",
        [{"name": "text", "value": "1"}, {"name": "text", "value": "2"}],
        "t=2 s=s3cr3t p=start w=two a=2",
    ),
    ("unknown names", [{"name": "nobody", "value": "x"}], "t=default s=s3cr3t p=start w=two a=default"),
    ("required without value", [{"name": "text"}], "t= s=s3cr3t p=start w=two a="),
    ("null", [{"name": "text", "value": None}], "t= s=s3cr3t p=start w=two a="),
    ("server only", [{"name": "text", "server": {"host_id_list": [101]}}], "t= s=s3cr3t p=start w=two a="),
    ("empty", [{"name": "text", "value": ""}], "t= s=s3cr3t p=start w=two a="),
    ("an empty cipher", [{"name": "secret", "value": ""}], "t=default s= p=start w=two a=default"),
    (
        "stars are taken literally",
        [{"name": "secret", "value": "******"}],
        "t=default s=****** p=start w=two a=default",
    ),
    ("arrays are literal text", [{"name": "words", "value": "(a b)"}], "t=default s=s3cr3t p=start w=b a=default"),
    ("a namespace starts equal", [{"name": "place", "value": "here"}], "t=default s=s3cr3t p=here w=two a=default"),
]


@pytest.mark.parametrize(("sent", "printed"), [row[1:] for row in VALUES], ids=[row[0] for row in VALUES])
def test_values(wide: Client, sent: list[dict[str, Any]], printed: str) -> None:
    job_id = wide.plan(10, *sent)
    assert wide.finished(job_id)["job_instance"]["status"] == 3
    assert wide.logs(job_id)[101].strip() == printed
    # What a step leaves in a namespace variable is the host's own.
    assert wide.logs(job_id, step=1)[101].strip() == "p=web-1"


HOSTS: list[tuple[str, list[dict[str, Any]], int, list[int]]] = [
    ("not sent", [], 0, [101]),
    ("sent", [{"name": "targets", "server": {"host_id_list": [102]}}], 0, [102]),
    ("with a value", [{"name": "targets", "value": "x", "server": {"host_id_list": [102]}}], 1244028, []),
    ("an empty server", [{"name": "targets", "server": {}}], 1244028, []),
    ("no server", [{"name": "targets"}], 1244028, []),
    ("required and empty", [{"id": 1, "server": {"host_id_list": []}}], 1244028, []),
]


@pytest.mark.parametrize(("sent", "code", "hosts"), [row[1:] for row in HOSTS], ids=[row[0] for row in HOSTS])
def test_host_variables(wide: Client, sent: list[dict[str, Any]], code: int, hosts: list[int]) -> None:
    response = wide.call("execute_job_plan", job_plan_id=10, global_var_list=sent)
    assert response["code"] == code
    if code == 0:
        assert list(hosts_of(wide.finished(response["data"]["job_instance_id"]))) == hosts


def test_in_v2_the_id_0_beside_a_name_matches_nothing(wide: Client) -> None:
    response = wide.v2("execute_job", bk_job_id=10, global_vars=[{"id": 0, "name": "text", "value": "x"}])
    job_id = response["data"]["job_instance_id"]
    wide.finished(job_id)
    assert wide.logs(job_id)[101].startswith("t=default ")
