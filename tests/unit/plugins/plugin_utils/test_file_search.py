# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Local files of a task: found where Ansible searches, and left alone if they are not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFileNotFound
from ansible_collections.blueking.job.plugins.plugin_utils.file_search import find_local_files


def found(options: dict[str, Any]) -> dict[str, Any]:
    def find(path: str) -> str:
        if path == "missing":
            raise AnsibleFileNotFound
        return f"/role/files/{path}"

    find_local_files(options, find)
    return options


def test_scripts_and_contents_are_found() -> None:
    assert found({"script_path": "a.sh"}) == {"script_path": "/role/files/a.sh"}
    for name in ("content_list", "file_list"):
        files = [{"src": "a.conf"}, {"file_name": "b", "content": "x"}, {"src": "c"}]
        assert found({name: files})[name] == [
            {"src": "/role/files/a.conf"},
            {"file_name": "b", "content": "x"},
            {"src": "/role/files/c"},
        ]


def test_variables_of_the_environment_are_replaced_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PART", "b")
    assert found({"script_path": "$PART.sh"}) == {"script_path": "/role/files/b.sh"}


@pytest.mark.parametrize(
    "options",
    [
        {"script_path": "missing"},
        {"content_list": [{"src": "missing"}]},
        {"script_path": " "},
        {"script_path": 5},
        {"content_list": "text"},
        {"content_list": ["text", None]},
        {"file_list": ["/data/a"]},
        {},
    ],
)
def test_what_is_wrong_is_left_to_the_task(options: dict[str, Any]) -> None:
    assert found(dict(options)) == options
