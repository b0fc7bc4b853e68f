# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories that cannot be used are refused with one clear message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import InventoryError, JobServer

BAD: list[tuple[Callable[[Any], Any], str]] = [
    (lambda data: data["hosts"][1].update(ip="10.0.0"), "hosts[1].ip: expected an IPv4 address, found '10.0.0'"),
    (
        lambda data: data["hosts"][0].update(colour="red"),
        "hosts[0].colour: expected no such key here, only id, cloud_id",
    ),
    (lambda data: data["hosts"][0].pop("id"), "hosts[0].id: expected a value, for the key is required"),
    (lambda data: data["hosts"][0].update(id=True), "hosts[0].id: expected a whole number of at least 1, found True"),
    (lambda data: data["hosts"][2].update(id=101), "hosts[2].id: expected a value that no entry before it has"),
    (lambda data: data["hosts"][0].update(scope="9"), "hosts[0].scope: expected a scope of this file, found 'biz:9'"),
    (lambda data: data["hosts"][0].update(scope="foo:2"), 'hosts[0].scope: expected a scope like "biz:2"'),
    (
        lambda data: data["hosts"][0].update(agent="away"),
        "hosts[0].agent: expected one of up, down, none, found 'away'",
    ),
    (lambda data: data["hosts"][0].update(nodes=["1000"]), "hosts[0].nodes[0]: expected a topology node"),
    (
        lambda data: data["hosts"][0].update(files={"data/a": "x"}),
        "hosts[0].files: expected the absolute path of a file, found 'data/a'",
    ),
    (lambda data: data["hosts"][0].update(files={"/data/": "x"}), "hosts[0].files: expected the absolute path of a"),
    (lambda data: data["hosts"][0].update(files=["/a"]), "hosts[0].files: expected a mapping of files to their texts"),
    (lambda data: data["hosts"][0].update(files={"/a": ["x"]}), "hosts[0].files./a: expected a string, found a list"),
    (
        lambda data: data["hosts"][1].update(files={"/a/b/c": "x", "/a/b": "y"}),
        "hosts[1].files: expected a file that is no directory of another, found '/a/b'",
    ),
    (lambda data: data.pop("apps"), "apps: expected a value"),
    (lambda data: data.update(apps={}), "apps: expected a list, found a mapping"),
    (lambda data: data.update(aps=[]), "aps: expected no such key here, only apps, users"),
    (
        lambda data: data["dynamic_groups"][0]["hosts"].append(9),
        "dynamic_groups[0].hosts[2]: expected the id of a host",
    ),
    (lambda data: data["denied"][0].update(action="fly"), "denied[0].action: expected one of access_business"),
    (lambda data: data["plans"][0]["variables"][0].update(type="ip"), "plans[0].variables[0].type: expected one of"),
    (lambda data: data["plans"][0]["variables"][1].update(server={}), "plans[0].variables[1].server: expected no such"),
    (lambda data: data["plans"][0]["steps"][0].pop("target"), "plans[0].steps[0].target: expected a value"),
    (lambda data: data["plans"][0]["steps"][0].update(content=""), "plans[0].steps[0].content: expected a script"),
    (lambda data: data["plans"][7]["steps"][0].update(script_version=9), "plans[7].steps[0].script_version: expected"),
    (
        lambda data: data["scripts"][1]["versions"][0].update(id=5001),
        "scripts[1].versions[0].id: expected a version id",
    ),
    (lambda data: data["scripts"][0]["versions"][0].update(status=4), "scripts[0].versions[0].status: expected one of"),
]


@pytest.mark.parametrize(("spoil", "message"), BAD)
def test_bad_data(estate: Any, spoil: Callable[[Any], Any], message: str) -> None:
    spoil(estate)
    with pytest.raises(InventoryError) as caught:
        JobServer(estate)
    assert str(caught.value).startswith(f"inventory: {message}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: [", "expected YAML: while parsing"),
        (b"\xff", "expected UTF-8 text"),
        (b"- 1", "the whole file: expected a mapping with the keys apps"),
        (b"", "the whole file: expected a mapping"),
    ],
)
def test_bad_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "estate.yml"
    path.write_bytes(content)
    with pytest.raises(InventoryError) as caught:
        JobServer(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match="expected a readable file"):
        JobServer(tmp_path / "nothing.yml")


def test_the_smallest_inventory() -> None:
    with JobServer({"apps": [], "users": [], "scopes": []}) as server:
        assert server.url.startswith("http://127.0.0.1:")
    server.stop()
