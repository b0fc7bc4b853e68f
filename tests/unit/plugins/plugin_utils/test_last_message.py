# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last message of a task that a signal ended. Real signals are in the integration target interrupts."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.plugin_utils import last_message

LAUNCHED = {
    "changed": True,
    "finished": False,
    "job_instance_id": 17,
    "invocation": {"module_args": {"bk_scope_id": "2", "bk_biz_id": None}},
}
LEFT_BEHIND = (
    "[ERROR]: Job instance 17 keeps running. To stop it, run this task: "
    "blueking.job.bk_job_operate: {operation: terminate, job_instance_id: 17, bk_scope_id: '2'}\n"
)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ({"failed": True, "msg": "Interrupted by SIGINT\nIt keeps running."}, None),
        (LAUNCHED, LEFT_BEHIND),
        ({**LAUNCHED, "finished": True}, ""),
        ({**LAUNCHED, "changed": False}, ""),
        ({"changed": True, "job_instance_id": None}, ""),
    ],
)
def test_the_last_message(monkeypatch: pytest.MonkeyPatch, result: dict[str, Any], text: str | None) -> None:
    reader, writer = os.pipe()
    monkeypatch.setattr(last_message, "_STDERR", writer)
    last_message.print_last_message(result)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as stream:
        assert stream.read() == (f"[ERROR]: {result['msg']}\n" if text is None else text)


def test_a_closed_terminal_is_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_message, "_STDERR", None)
    last_message.print_last_message(LAUNCHED)
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(last_message, "_STDERR", writer)
    last_message.print_last_message(LAUNCHED)
    os.close(writer)


def test_a_closed_standard_error_is_not_duplicated(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(number: int) -> int:
        raise OSError(errno.EBADF, f"Bad file descriptor {number}")

    with monkeypatch.context() as patched:
        patched.setattr(os, "dup", closed)
        duplicate = last_message._duplicate_of_stderr()
    assert duplicate is None
