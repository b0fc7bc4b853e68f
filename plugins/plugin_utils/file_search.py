# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Find local files of a task where Ansible searches for files: in C(files) of the role, beside the playbook."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

from ansible.errors import AnsibleError

# Names of the list whose entries have the option C(src).
_CONTENT_LISTS = ("content_list", "file_list")


def find_local_files(task_options: dict[str, Any], find: Callable[[str], str]) -> None:
    """Replace the paths of local files by those that were found. The task itself reports a missing file.

    Args:
        task_options: options of the task, as written.
        find: returns the path of a file, or raises AnsibleError.
    """
    for options, name in _local_files(task_options):
        path = options.get(name)
        if isinstance(path, str) and path.strip():
            with contextlib.suppress(AnsibleError):
                options[name] = find(os.path.expandvars(path))


def _local_files(task_options: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    yield task_options, "script_path"
    for name in _CONTENT_LISTS:
        files = task_options.get(name)
        yield from ((file, "src") for file in files if isinstance(file, dict)) if isinstance(files, list) else ()
