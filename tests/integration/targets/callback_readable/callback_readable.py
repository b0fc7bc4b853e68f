# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run playbooks with the callback blueking.job.readable, and check what they print."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUCCESS = """\
changed: [localhost]
  job instance ID (greet): success in N s
    ok   10.0.0.1  exit code 0
         | red bell
         | 10%
         | 90%
    ok   10.0.0.2  exit code 0
         | red bell
         | 10%
         | 90%
"""
READ = """\
ok: [localhost]
  job instance ID (greet): success in N s
  step greet: success, 2 of 2 hosts ok
"""
FAILURE = """\
    FAIL 10.0.0.1  exit code 7
         | on web-1
         | lost
    ok   10.0.0.2  exit code 0
         | on web-2
         | lost
...ignoring
"""
ITEMS = """\
changed: [localhost] => (item=0)
  job instance ID (greet): success in N s
    ok   10.0.0.1  exit code 0
         | item 0
"""
FAILED_ITEM = """\
    FAIL 10.0.0.1  exit code 3
         | item 3
"""
LIMITED = """\
  step greet: failed, 1 of 2 hosts ok, 1 failed
    FAIL 10.0.0.1  exit code 7
         | ... (1 earlier line)
         | lost
    ... 1 more host
...ignoring
"""


class Playbooks:
    """Runs playbooks against one JOB server."""

    def __init__(self, url: str) -> None:
        self.environment = {
            **os.environ,
            "BK_JOB_API_URL": url,
            "BK_APP_CODE": "test_app",
            "BK_APP_SECRET": "test_app_secret",
            "BK_USERNAME": "alice",
            "BK_SCOPE_ID": "2",
            "ANSIBLE_FORCE_COLOR": "false",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_STDOUT_CALLBACK": "blueking.job.readable",
            "BK_JOB_PROGRESS": "false",
        }

    def run(self, name: str, *options: str, **environment: str) -> tuple[str, str]:
        """Return standard output, without ids and times, and standard error of a playbook that succeeds."""
        python = f"ansible_python_interpreter={sys.executable}"
        done = subprocess.run(
            ["ansible-playbook", "-i", "localhost,", "-c", "local", "-e", python, name, *options],
            cwd=HERE,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        check(done.returncode == 0, f"{name} {options} succeeds", done.stdout + done.stderr)
        # Whatever a script prints, nothing controls the terminal.
        check("\x1b" not in done.stdout + done.stderr, "no control characters", repr(done.stdout + done.stderr))
        text = re.sub(r"job instance 2\d{10}", "job instance ID", done.stdout)
        return re.sub(r"in [\d.]+ s$", "in N s", text, flags=re.MULTILINE), done.stderr


def check(holds: bool, what: str, output: str) -> None:
    """Report a failed check."""
    if not holds:
        sys.exit(f"FAIL: {what}\n{output}")


def has(output: str, *texts: str) -> None:
    """Check that texts are in the output."""
    for text in texts:
        check(text in output, f"prints {text!r}", output)


def has_not(output: str, *texts: str) -> None:
    """Check that texts are not in the output."""
    for text in texts:
        check(text not in output, f"does not print {text!r}", output)


def results(playbooks: Playbooks) -> None:
    """The results of runs. They do not depend on the execution mode."""
    output, _errors = playbooks.run("runs.yml")
    has(output, SUCCESS, READ, FAILURE, ITEMS, FAILED_ITEM, "target_server: contains no host")
    has(output, "fatal: [localhost]: FAILED! => ", "failed: [localhost] (item=3) => ")
    has_not(output, "unspeakable", '"job_instance_id"', "CUSTOM STATS")
    check(output.count("job instance ID (greet): failed") == 2, "each failed run has a headline", output)


def options(playbooks: Playbooks) -> None:
    """The options of the default callback."""
    output, errors = playbooks.run(
        "runs.yml",
        ANSIBLE_DISPLAY_OK_HOSTS="false",
        ANSIBLE_SHOW_CUSTOM_STATS="true",
        ANSIBLE_DISPLAY_FAILED_STDERR="true",
    )
    has(output, SUCCESS, "CUSTOM STATS", "...ignoring")
    has_not(output, READ, "FAIL", "exit code 7")
    has(errors, "FAIL 10.0.0.1  exit code 7", "         | lost")


def verbose(playbooks: Playbooks) -> None:
    """With -v the whole result comes first, in the format that was asked for; the limits are those of the callback."""
    output, _errors = playbooks.run("runs.yml", "-v")
    has(output, 'changed: [localhost] => {"', 'FAILED! => {"', "  step greet: success, 2 of 2 hosts ok", FAILURE)
    limits = {"BK_JOB_READABLE_MAX_HOSTS": "1", "BK_JOB_READABLE_MAX_LOG_LINES": "1"}
    output, _errors = playbooks.run("runs.yml", "-v", ANSIBLE_CALLBACK_RESULT_FORMAT="yaml", **limits)
    has(output, "    job_instance_name: greet\n", LIMITED)


def check_mode(playbooks: Playbooks) -> None:
    """In check mode there is no run to report; markers and the difference are those of Ansible."""
    output, _errors = playbooks.run("runs.yml", "--check", "--diff", ANSIBLE_CHECK_MODE_MARKERS="true")
    has(output, "TASK [A script that controls the terminal] [CHECK MODE]", '\n+script_content: "printf ', "DRY RUN")
    has_not(output, "job instance", "unspeakable")


def others(playbooks: Playbooks) -> None:
    """All other results are printed as by the default callback."""
    outputs = [
        re.sub(r'"(start|end|delta|since|until)": "[^"]*"', "", playbooks.run("others.yml", "-v", **which)[0])
        for which in ({"ANSIBLE_STDOUT_CALLBACK": "default"}, {})
    ]
    check(outputs[0] == outputs[1], "prints other results as the default callback", "\n".join(outputs))


if __name__ == "__main__":
    started = Playbooks(json.loads(sys.argv[1])["url"])
    for case in (results, options, verbose, check_mode, others):
        case(started)
