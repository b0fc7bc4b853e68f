# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What --diff shows of a launch."""

from __future__ import annotations

import base64

from ansible_collections.blueking.job.plugins.module_utils.results.launch_diff import launch_diff


def diff_of(body: dict[str, object]) -> str:
    found = launch_diff({"method": "POST", "path": "/call/", "body": body})
    assert (found["before"], found["before_header"], found["after_header"]) == ("", "no job", "POST /call/")
    return found["after"]


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_a_launch_is_readable_text() -> None:
    hosts = [{"bk_cloud_id": 0, "ip": f"10.0.0.{number}"} for number in range(1, 5)]
    assert diff_of(
        {
            "bk_scope_id": "2",
            "job_plan_id": 1001,
            "script_content": encoded('uptime\n\tdf -h "$1"  # größe\n'.encode()),
            "script_param": encoded(b"/data"),
            "target_server": {"ip_list": hosts, "host_id_list": [1, 2]},
            "empty": {},
            "none": None,
        }
    ) == (
        'bk_scope_id: "2"\n'
        "job_plan_id: 1001\n"
        "script_content: |\n"
        "  uptime\n"
        '  \tdf -h "$1"  # größe\n'
        'script_param: "/data"\n'
        "target_server:\n"
        "  ip_list:\n"
        '    - {"bk_cloud_id": 0, "ip": "10.0.0.1"}\n'
        '    - {"bk_cloud_id": 0, "ip": "10.0.0.2"}\n'
        '    - {"bk_cloud_id": 0, "ip": "10.0.0.3"}\n'
        '    - {"bk_cloud_id": 0, "ip": "10.0.0.4"}\n'
        "  host_id_list: [1, 2]\n"
        "empty: {}\n"
        "none: null\n"
    )


def test_contents_of_files_are_text() -> None:
    files = [
        {"file_name": "a.conf", "content": encoded("größe = 1\nb = 2\n".encode())},
        {"file_name": "raw", "content": encoded(b"\xff\x00")},
    ]
    assert diff_of({"file_list": files, "file_source_list": [{"file_list": ["/content"]}]}) == (
        "file_list:\n"
        "  -\n"
        '    file_name: "a.conf"\n'
        "    content: |\n"
        "      größe = 1\n"
        "      b = 2\n"
        '  - {"file_name": "raw", "content": "/wA="}\n'
        'file_source_list: [{"file_list": ["/content"]}]\n'
    )


def test_lines_inside_of_entries_are_lines() -> None:
    body: dict[str, object] = {"global_var_list": [{"name": "a", "value": "b\nc\n"}]}
    assert diff_of(body) == 'global_var_list:\n  -\n    name: "a"\n    value: |\n      b\n      c\n'


def test_what_is_not_text_stays_as_it_travels() -> None:
    for raw in (encoded("名".encode("gbk")), "not base64!", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"):
        assert diff_of({"script_content": raw}) == f'script_content: "{raw}"\n'
    assert diff_of({"script_param": 5, "script_content": encoded(b"a\x1b[31m\nb")}) == (
        'script_param: 5\nscript_content: "a\\u001b[31m\\nb"\n'
    )
