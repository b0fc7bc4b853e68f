# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decode responses: strict where JSON is, tolerant of odd strings, and models in place of large dictionaries."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.json_decoder import decode
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.tests.unit.fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@fuzz(100)
@given(json_values, st.booleans(), st.sampled_from([None, 1]))
def test_json_is_decoded_as_the_library_does(value: object, ascii_only: bool, indent: int) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "replace")
    assert decode(body) == json.loads(body)


@pytest.mark.parametrize(
    "body",
    [b"", b"  ", b"{", b"[", b"[1", b"[1,", b"[1,]", b"[1 2]", b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,}', b'{"a" 1}']
    + [
        b"{1:2}",
        b"{} {}",
        b"[] x",
        b'"abc',
        b"nul",
        b"<html>",
        b'{"a":1]',
        b"[1}",
        b"}",
        b"]",
        b",",
        b'{"a":[1,{"b":}]}',
        b'{"a": NaN}',
        b"[Infinity]",
        b"-Infinity",
        b'{"a": [1e999]}',
        b"9" * 5000,
        b"[-" + b"9" * 5000 + b"]",
    ],
)
def test_what_is_not_json_is_rejected(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        decode(body)


def test_what_is_nested_too_deeply_is_rejected() -> None:
    with pytest.raises(RecursionError):
        decode(b"[" * 100_000)


def test_strings_may_contain_anything() -> None:
    gbk = "作业".encode("gbk")
    body = b'{"log": "\x00\x1b[31m\n' + gbk + b"\xed\xa0\x80 " + b"\\ud800 \\u0000" + '日本"}'.encode()
    value: Any = decode(body)
    assert value["log"].startswith("\0\x1b[31m\n\ufffd")
    assert value["log"].endswith(" \ud800 \0日本")


def test_objects_become_what_is_made_of_them_innermost_first() -> None:
    seen: list[dict[str, Any]] = []

    def object_hook(value: dict[str, Any]) -> object:
        seen.append(value)
        return len(value)

    assert decode(b'{"a": {"b": {}, "c": []}, "d": [{}, {"e": 1}]}', object_hook) == 2
    assert seen == [{}, {"b": 0, "c": []}, {}, {"e": 1}, {"a": 2, "d": [0, 1]}]


def test_the_last_of_duplicate_keys_counts() -> None:
    assert decode(b'{"a": 1, "b": 2, "a": 3}') == {"a": 3, "b": 2}


def test_a_large_body_is_used_up() -> None:
    body = bytearray(json.dumps(["x" * 100_000] * 3).encode())
    assert len(decode(body)) == 3  # type: ignore[arg-type]
    assert body == b""


def response_about(hosts: int, name: str) -> bytearray:
    """The server's response with this number of hosts, in the shortest JSON."""
    each = {"bk_cloud_id": 0, "status": 9, "tag": "", "exit_code": 0, "error_code": 0}
    results = [
        {
            "bk_host_id": number,
            "ip": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
            **each,
            "start_time": 1769853600180 + number,
            "end_time": 1769853602410 + 2 * number,
            "total_time": 2230 + number,
        }
        for number in range(hosts)
    ]
    step = {"step_instance_id": 21, "name": name, "status": 3, "type": 1, "step_ip_result_list": results}
    data = {"finished": True, "job_instance": {"job_instance_id": 17, "status": 3}, "step_instance_list": [step]}
    envelope = {"code": 0, "result": True, "data": data}
    return bytearray(json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode())


# The widest character of a text decides how many bytes each of its characters takes.
@pytest.mark.parametrize(("name", "times"), [("deploy", 3), ("作业", 5), ("\U0001f680", 7)])
def test_many_hosts_take_less_memory_than_dictionaries(name: str, times: int) -> None:
    """Body, text and models together; dictionaries would take four times the body more."""
    whole = bytes(response_about(10_000, name))
    tracemalloc.start()
    try:
        body = bytearray(whole)
        envelope: Any = decode(body, SchemaV3().instances.status(Scope("biz", "2"), 17, with_hosts=True).object_hook)
        instance = SchemaV3().instances.status(Scope("biz", "2"), 17, True).parse(envelope["data"])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(instance.steps[0].hosts or ()) == 10_000
    assert peak < times * len(whole)
