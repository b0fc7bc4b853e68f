# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run and time real ansible-playbook processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from ansible_collections.blueking.job.tests.benchmarks.simulator import CALLS, HEADERS, IDENTITY, SCOPE

Task = dict[str, object]
MODULE_MODE = {"BK_JOB_IN_PROCESS": "false"}
PING: Task = {"ansible.builtin.ping": {}}


def host_of(length: float) -> int:
    """Return the id of the host whose jobs take that many seconds."""
    return round(length * 1000)


class Plays:
    """Playbooks in their own directory, for one JOB simulator.

    Each host of that server has its own job length.
    """

    def __init__(self, directory: Path, port: int) -> None:
        self._directory = directory
        (directory / "ansible.cfg").touch()
        self._url = f"http://127.0.0.1:{port}"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "BK_"))},
            # Users have no cache of compiled modules, as tests do.
            "COMPILE_MODULES_ALWAYS": "1",
            "ANSIBLE_HOME": str(directory / "home"),
            "ANSIBLE_CONFIG": str(directory / "ansible.cfg"),
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "moments",
            "ANSIBLE_DEPRECATION_WARNINGS": "false",
            # Keep the table readable.
            "BK_JOB_PROGRESS": "false",
        }
        # As on a machine without this setting: installed packages are compiled once, and not for every process.
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def seconds(self, tasks: Sequence[Task], environment: Mapping[str, str] | None = None) -> float:
        """Return the duration of a playbook of these tasks, from start to end of its process."""
        return self._run(tasks, environment or {})[0]

    def delay(self, length: float) -> float:
        """Return the seconds between the end of a job of that length on the server and the end of the task."""
        (task,) = self._run([self.script(length, wait=True)], {})[1]
        ended = datetime.fromisoformat(str(task["end_time"]).replace("Z", "+00:00"))
        return float(task["ended"]) - ended.timestamp()

    def kept_module(self, task: Task) -> Path:
        """Return the file that Ansible builds of a module and its options."""
        directory = Path(tempfile.mkdtemp(dir=self._directory))
        kept = {"ANSIBLE_KEEP_REMOTE_FILES": "true", "ANSIBLE_REMOTE_TMP": str(directory), **MODULE_MODE}
        self._run([task], kept)
        (file,) = directory.glob("*/AnsiballZ_*.py")
        return file

    def script(self, length: float, *, wait: bool) -> Task:
        """Return the collection's task: a script on one host."""
        options = {
            **self.connection(),
            **{"account_alias": "root", "script_content": "true", "target_server": {"host_id_list": [host_of(length)]}},
            "wait": wait,
        }
        return {"blueking.job.bk_fast_script": options}

    def connection(self) -> dict[str, object]:
        """Return the options that all modules of the collection have."""
        api_url = f"{self._url}{CALLS.partition('/api/v3/')[0]}"
        return {"api_url": api_url, "gateway": "apigw", **IDENTITY, "bk_scope_id": "2"}

    def uri_launch(self, length: float) -> Task:
        """Return the same request with ansible.builtin.uri."""
        body = {
            **SCOPE,
            **{"script_content": "dHJ1ZQ==", "account_alias": "root", "script_language": 1},
            "target_server": {"host_id_list": [host_of(length)]},
        }
        options = {"url": f"{self._url}{CALLS}fast_execute_script", "method": "POST", "body": body}
        return {"ansible.builtin.uri": {**options, "body_format": "json", "headers": HEADERS}, "register": "launched"}

    def uri_wait(self) -> Task:
        """Return the wait for it with ansible.builtin.uri."""
        instance = "{{ launched.json.data.job_instance_id }}"
        query = f"bk_scope_type=biz&bk_scope_id=2&job_instance_id={instance}"
        options = {"url": f"{self._url}{CALLS}get_job_instance_status?{query}", "headers": HEADERS}
        until = {"register": "state", "until": "state.json.data.finished", "retries": 60, "delay": 1}
        return {"ansible.builtin.uri": options, **until}

    def _run(self, tasks: Sequence[Task], environment: Mapping[str, str]) -> tuple[float, list[dict[str, str]]]:
        moments = Path(tempfile.mkdtemp(dir=self._directory), "moments")
        moments.touch()
        command, variables = self.command([*tasks, {"ansible.builtin.meta": "noop"}], {"hosts": "localhost"})
        began = time.perf_counter()
        subprocess.run(
            [*command, "--inventory", "localhost,"],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**variables, **environment, "MOMENTS": str(moments)},
        )
        seconds = time.perf_counter() - began
        return seconds, [json.loads(line) for line in moments.read_text(encoding="ascii").splitlines()]

    def command(self, tasks: Sequence[Task], more: Mapping[str, object]) -> tuple[list[str], dict[str, str]]:
        """Return the command that runs a play of these tasks, and its environment."""
        playbook = Path(tempfile.mkdtemp(dir=self._directory), "playbook.yml")
        play = {
            **{"connection": "local", "gather_facts": False, **more},
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "tasks": list(tasks),
        }
        playbook.write_text(json.dumps([play]), encoding="utf-8")
        moments = {"MOMENTS": str(playbook.with_name("moments"))}
        return [str(Path(sys.executable).parent / "ansible-playbook"), str(playbook)], {**self._environment, **moments}
