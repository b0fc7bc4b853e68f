# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs of any bytes, from a real socket through a real Ansible process: valid UTF-8 and valid JSON come out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.unit.helpers.raw_http_server import serving

ANSIBLE = Path(sys.executable).parent / "ansible"
GBK = "作业失败".encode("gbk")
# A log in the server's response -> in the result. Each is sent byte for byte, and in JSON's escapes.
LOGS: dict[str, tuple[bytes, str]] = {
    "plain": (b"all is well", "all is well"),
    "utf-8": ("作业 \U0001f680".encode(), "作业 \U0001f680"),
    "gbk": (b"[" + GBK + b"]", "[" + GBK.decode("utf-8", "replace") + "]"),
    "latin-1": (b"caf\xe9", "caf\ufffd"),
    "nul": (b"a\x00b\\u0000c", "abc"),
    "ansi": (b"\x1b[31mred\x1b[0m \\u001b[1m", "\x1b[31mred\x1b[0m \x1b[1m"),
    "controls": (b"\x01\x07\x08\x0c\r\n\t\x7f", "\x01\x07\x08\x0c\r\n\t\x7f"),
    "half a pair": (b"x\\ud83dy\\ude80z", "x?y?z"),
    "a pair": (b"\\ud83d\\ude80", "\U0001f680"),
    "a half as bytes": (b"\xed\xa0\xbd", "\ufffd\ufffd\ufffd"),
    "lines": (b"a\\u2028b\xe2\x80\xa9c\\u0085", "a\u2028b\u2029c\x85"),
    "end of a character": (b"\xbd\xa0ok\xe4\xbd", "\ufffd\ufffdok\ufffd"),
}


def host(number: int) -> bytes:
    return b'{"bk_host_id":%d,"bk_cloud_id":0,"ip":"10.0.0.%d","status":9,"exit_code":0,"tag":"%s"}' % (
        number,
        number,
        GBK + b"\\u0000",
    )


def log(number: int, text: bytes) -> bytes:
    return b'{"bk_host_id":%d,"bk_cloud_id":0,"ip":"10.0.0.%d","log_content":"%s"}' % (number, number, text)


def response(path: str, asked: dict[str, Any]) -> bytes:
    """As much of JOB as one run needs, written by hand, as no library would write such responses."""
    if "fast_execute_script" in path:
        data = b'{"job_instance_id":17,"job_instance_name":"n","step_instance_id":21}'
    elif "batch_get" in path:
        logs = b",".join(log(number, text) for number, (text, _out) in enumerate(LOGS.values()))
        data = b'{"step_instance_id":21,"log_type":1,"script_task_logs":[' + logs + b"]}"
    else:
        hosts = b",".join(map(host, range(len(LOGS)))) if asked["return_ip_result"] else b""
        step = b'{"step_instance_id":21,"name":"' + GBK + b'","status":3,"type":1,"step_ip_result_list":[%s]}' % hosts
        job = b'{"job_instance_id":17,"name":"' + GBK + b'","status":3}'
        data = b'{"finished":true,"job_instance":' + job + b',"step_instance_list":[' + step + b"]}"
    return b'{"code":0,"result":true,"data":' + data + b"}"


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """The result of a run, and the folder of its logs."""
    home = tmp_path_factory.mktemp("home")
    with serving(response) as url:
        options = {
            "api_url": url,
            "bk_app_code": "a",
            "bk_app_secret": "secret-of-a",
            "bk_username": "u",
            "bk_scope_id": "2",
            "account_alias": "root",
            "script_content": "true",
            "ip_list": "10.0.0.1",
            "logs": "all",
            "log_dir": "~/logs",
        }
        run = subprocess.run(
            [str(ANSIBLE), "localhost", "-m", "blueking.job.bk_fast_script", "-a", json.dumps(options)],
            capture_output=True,
            env={
                "HOME": str(home),
                "PATH": f"{ANSIBLE.parent}:{os.defpath}",
                "LANG": "C.UTF-8",
                "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
                "ANSIBLE_LOAD_CALLBACK_PLUGINS": "true",
            },
            stdin=subprocess.DEVNULL,
            check=False,
        )
    text = run.stdout.decode("utf-8")
    assert run.returncode == 0, text + run.stderr.decode("utf-8")
    result: dict[str, Any] = json.loads(text[text.index("{") :])
    return result, home / "logs"


@pytest.mark.parametrize("name", LOGS)
def test_a_log(name: str, outcome: tuple[dict[str, Any], Path]) -> None:
    entry = outcome[0]["hosts"][list(LOGS).index(name)]
    assert entry["log"] == LOGS[name][1]
    assert entry["log_truncated"] is False


def test_whole_logs_are_utf_8_and_lose_nothing_but_nul_characters(outcome: tuple[dict[str, Any], Path]) -> None:
    texts = [Path(entry["log_path"]).read_bytes().decode("utf-8") for entry in outcome[0]["hosts"]]
    # They may be between the characters of a secret, where a script prints wide characters.
    assert texts[list(LOGS).index("nul")] == "abc"
    assert texts == [out for _text, out in LOGS.values()]
    assert outcome[0]["hosts"][0]["log_path"] == str(outcome[1] / "21-0-10.0.0.0.log")


def test_the_rest_of_the_result_is_text_as_well(outcome: tuple[dict[str, Any], Path]) -> None:
    result = outcome[0]
    assert result["logs_complete"] is True
    assert result["steps"][0]["name"] == GBK.decode("utf-8", "replace")
    assert result["hosts"][0]["tag"] == GBK.decode("utf-8", "replace")
