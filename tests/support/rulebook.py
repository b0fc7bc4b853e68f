# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real ansible-rulebook process, in a directory of its own, and what it has printed so far."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

# The playbooks of a rulebook run on localhost, in the process of ansible-playbook.
INVENTORY = "localhost ansible_connection=local ansible_python_interpreter={{ansible_playbook_python}}\n"
# Nothing that is waited for takes this long (seconds) unless it never happens, however busy the machine is.
MAX_WAIT_SECONDS = 600.0


class Rulebook:
    """C(ansible-rulebook) with its playbooks, in a process group that ends with the C(with) statement.

    Args:
        scripts: directory of the program.
        folder: an empty or used directory: working directory, home, and place of the output.
        rulebook: name in a collection, or data of a rulebook.
        environment: environment variables, beside C(HOME), C(PATH) and C(LANG).
        variables: variables for the rulebook.
        arguments: more arguments of the command line.
    """

    def __init__(
        self,
        scripts: Path,
        folder: Path,
        rulebook: str | Sequence[Mapping[str, Any]],
        environment: Mapping[str, str],
        variables: Mapping[str, Any],
        arguments: Sequence[str] = (),
    ) -> None:
        self._folder = folder
        work = folder / "work"
        work.mkdir(parents=True, exist_ok=True)
        (work / "inventory.ini").write_text(INVENTORY, encoding="utf-8")
        (work / "vars.json").write_text(json.dumps(variables), encoding="utf-8")
        if not isinstance(rulebook, str):
            (work / "rulebook.yml").write_text(json.dumps(rulebook), encoding="utf-8")
        name = rulebook if isinstance(rulebook, str) else "rulebook.yml"
        self._command = [str(scripts / "ansible-rulebook"), "--rulebook", name, "--inventory", "inventory.ini"]
        self._command += ["--vars", "vars.json", *arguments]
        self._environment = {
            "HOME": str(folder),
            "PATH": f"{scripts}:{os.environ.get('PATH', os.defpath)}",
            "LANG": "C.UTF-8",
            "NO_PROXY": "127.0.0.1",
            # Otherwise the last 8 KB of output come when it ends.
            "PYTHONUNBUFFERED": "1",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Rulebook:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder / "work",
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def log(self) -> Path:
        """Return the file of all output, also of earlier processes in the same directory."""
        return self._folder / "output.txt"

    def output(self) -> str:
        """Return all output so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """End the process and all that it has started, at once."""
        if self._process is not None:
            self._signal_group(signal.SIGKILL)
            self._process.wait()

    def terminate(self) -> None:
        """Send SIGTERM to the process alone, and wait for its end."""
        assert self._process is not None
        self._process.terminate()
        self.wait_until(self._has_ended, "the end of ansible-rulebook after SIGTERM")
        self.kill()

    def wait_for(self, *patterns: str) -> str:
        """Wait until the output matches all regular expressions; return the output."""
        self.wait_until(lambda: all(re.search(each, self.output()) for each in patterns), " and ".join(patterns))
        return self.output()

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for a condition; the error has the output."""
        deadline = time.monotonic() + MAX_WAIT_SECONDS
        while not condition():
            ended = self._has_ended()
            # What came last may have been the end.
            if condition():
                return
            if ended or time.monotonic() > deadline:
                state = f"ansible-rulebook has ended with {self._process and self._process.returncode}" if ended else ""
                raise AssertionError(f"{what} did not happen; {state}\n{self.output()}")
            time.sleep(0.05)

    def _has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _signal_group(self, number: signal.Signals) -> None:
        assert self._process is not None
        # The group may have no process left.
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return
