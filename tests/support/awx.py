# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Emulation of AWX for the files in extensions/awx, for tests and the demo.

It renders the injectors of a credential, validates the answers of a survey, runs playbooks with ansible-runner, as AWX
does, and follows a workflow: artifacts of a node are variables of later nodes.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

ROOT = Path(__file__).resolve().parents[2]
KIT = ROOT / "extensions" / "awx"
SCRIPTS = Path(sys.executable).parent
# Only to end a job that hangs, however busy the machine is.
SECONDS = 600
_LOOK_EVERY = 0.05


class SurveyError(Exception):
    """A survey answer that AWX would reject."""


class _Unsafe(str):
    """A variable that must not be templated."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Marks variables as unsafe, as AWX does with external values."""


_Dumper.add_representer(_Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text)))


def read(name: str) -> Any:
    """Load a file of extensions/awx."""
    return yaml.safe_load((KIT / name).read_text(encoding="utf-8"))


def inject(values: Mapping[str, object], folder: Path) -> dict[str, str]:
    """Return the environment that a credential of this type sets for a job.

    Args:
        values: the fields that were filled in. AWX omits blank ones, but sets booleans to false.
        folder: directory for the job's files.
    """
    inputs, injectors = read("credential_inputs.yml"), read("credential_injectors.yml")
    known: dict[str, object] = {each["id"]: False for each in inputs["fields"] if each["type"] == "boolean"}
    known |= {name: value for name, value in values.items() if value != ""}
    files = SimpleNamespace()
    sandbox = ImmutableSandboxedEnvironment()
    for position, (label, template) in enumerate(injectors["file"].items()):
        path = folder / f"credential_{position}"
        path.touch(mode=0o600)
        path.write_text(sandbox.from_string(template).render(known), encoding="utf-8")
        setattr(files, label.partition(".")[2], str(path))
    known["tower"] = SimpleNamespace(filename=files)
    return {name: sandbox.from_string(template).render(known) for name, template in injectors["env"].items()}


def answers(survey: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables of a survey; a question without answer gets its default.

    Raises:
        SurveyError: the survey does not allow an answer.
    """
    questions = {question["variable"]: question for question in survey["spec"]}
    if set(given) - set(questions):
        raise SurveyError(f"unknown answers: {sorted(set(given) - set(questions))}")
    found = {}
    for name, question in questions.items():
        value = given.get(name, question["default"])
        if value in ("", None) and question["required"]:
            raise SurveyError(f"{name} is required")
        chosen = value if question["type"] == "multiselect" and value else [value]
        if value != "" and not set(chosen) <= set(question.get("choices", chosen)):
            raise SurveyError(f"{name} must be one of {question['choices']}")
        if value != "" and question["type"] == "integer" and not question["min"] <= int(value) <= question["max"]:
            raise SurveyError(f"{name} is too small or too large")
        found[name] = value
    return found


class Job:
    """One run of ansible-runner, in a directory of its own."""

    def __init__(
        self, folder: Path, playbook: str, environment: Mapping[str, str], variables: Mapping[str, Any]
    ) -> None:
        self.folder = folder
        for name in ("env", "inventory", "home"):
            (folder / name).mkdir(parents=True)
        (folder / "inventory" / "hosts").write_text("# No hosts: the playbooks run on the implicit localhost.\n")
        self._write("envvars", dict(environment))
        self._write("extravars", {name: _unsafe(value) for name, value in variables.items()})
        # Interval (seconds) at which a cancellation is noticed.
        self._write("settings", {"pexpect_timeout": 1})
        command = [str(SCRIPTS / "ansible-runner"), "run", str(folder), "--ident", "job", "--quiet"]
        self._process = subprocess.Popen(
            [*command, "--project-dir", str(ROOT), "--playbook", playbook],
            env={
                "PATH": f"{SCRIPTS}:/usr/bin:/bin",
                "HOME": str(folder / "home"),
                "LANG": "C.UTF-8",
                "ANSIBLE_REMOTE_TMP": str(folder / "home" / "tmp"),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def artifacts_folder(self) -> Path:
        """Return the directory of ansible-runner's artifacts."""
        return self.folder / "artifacts" / "job"

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the events of the playbook so far, in order."""
        files = (self.artifacts_folder / "job_events").glob("*-*.json")
        whole = [path for path in files if not path.name.endswith("-partial.json")]
        whole.sort(key=lambda path: int(path.name.partition("-")[0]))
        return [json.loads(path.read_text(encoding="utf-8")) for path in whole]

    @property
    def artifacts(self) -> dict[str, Any]:
        """Return the values that the playbook published with set_stats. Ansible emits them at the end of a
        playbook, so a canceled job has none."""
        stats = [event["event_data"] for event in self.events if event["event"] == "playbook_on_stats"]
        return dict(stats[0].get("artifact_data", {})) if stats else {}

    @property
    def output(self) -> str:
        """Return the output of the playbook."""
        return (self.artifacts_folder / "stdout").read_text(encoding="utf-8")

    @property
    def processes(self) -> list[int]:
        """Return the running processes of the job, also if their parent has ended."""
        found, mine = [], f"HOME={self.folder / 'home'}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            # A process may have ended, or belong to another user.
            with contextlib.suppress(OSError):
                if mine in (process / "environ").read_bytes().split(b"\0"):
                    found.append(int(process.name))
        return found

    def cancel(self, *, container: bool = True) -> None:
        """Cancel as AWX does: ansible-runner kills ansible-playbook, and a container is removed."""
        self._process.terminate()
        self._process.wait(SECONDS)
        for number in self.processes if container else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)

    def interrupt(self) -> None:
        """Send SIGTERM to all that ansible-runner has started, as a service manager does."""
        for number in set(self.processes) - {self._process.pid}:
            # The signal of an earlier one may have ended it.
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGTERM)

    def wait(self) -> str:
        """Wait for the end, and return AWX's status: successful, failed or canceled."""
        self._process.wait(SECONDS)
        return (self.artifacts_folder / "status").read_text(encoding="utf-8")

    def until(self, there: Callable[[], object]) -> None:
        """Wait for a condition while the job runs."""
        deadline = time.monotonic() + SECONDS
        while not there():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the job ended too soon, or nothing happened: {self.output}")
            time.sleep(_LOOK_EVERY)

    def _write(self, name: str, value: Mapping[str, Any]) -> None:
        path = self.folder / "env" / name
        path.touch(mode=0o600)
        path.write_text(yaml.dump(value, Dumper=_Dumper), encoding="utf-8")


def _unsafe(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unsafe(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_unsafe(each) for each in value]
    return _Unsafe(value) if isinstance(value, str) else value


@dataclass
class Workflow:
    """Result of a workflow: the status of each node that ran, and of the workflow."""

    jobs: dict[str, Job] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    status: str = "successful"


class Controller:
    """An AWX with the job templates of extensions/awx and one credential.

    Args:
        folder: directory for the jobs' files.
        credential: the fields of the credential that were filled in.
    """

    def __init__(self, folder: Path, credential: Mapping[str, object]) -> None:
        self._folder = folder
        self._credential = credential
        self._templates = {template["name"]: template for template in read("job_templates.yml")}
        self._jobs: list[Job] = []

    def launch(self, template_name: str, given: Mapping[str, Any]) -> Job:
        """Start a job template, with the answers to its survey, or with variables if it has none."""
        template = self._templates[template_name]
        asked = answers(template["survey_spec"], given) if template.get("survey_enabled") else given
        folder = self._folder / f"job_{len(self._jobs) + 1}"
        folder.mkdir(parents=True)
        variables = {**template.get("extra_vars", {}), **asked}
        self._jobs.append(Job(folder, template["playbook"], inject(self._credential, folder), variables))
        return self._jobs[-1]

    def close(self) -> None:
        """End all running jobs."""
        for job in self._jobs:
            job.cancel()

    def run_workflow(
        self, workflow: Mapping[str, Any], given: Mapping[str, Any], watch: Callable[[str, Job], None] = lambda *_: None
    ) -> Workflow:
        """Run a workflow to its end; C(watch) is called with each node after its start, and may cancel it."""
        variables = {**workflow.get("extra_vars", {}), **answers(workflow["survey_spec"], given)}
        outcome = Workflow()
        nodes = {node["identifier"]: node for node in workflow["schema"]}
        targets = {each["identifier"] for node in nodes.values() for kind in _ways(node) for each in kind}
        # Each node with the artifacts of all nodes before it.
        due = [(name, dict[str, Any]()) for name in nodes if name not in targets]
        while due:
            name, artifacts = due.pop(0)
            # Survey answers override artifacts.
            job = self.launch(nodes[name]["unified_job_template"]["name"], {**artifacts, **variables})
            outcome.jobs[name] = job
            watch(name, job)
            outcome.statuses[name] = status = job.wait()
            success, failure, always = _ways(nodes[name])
            following = [*(success if status == "successful" else failure), *always]
            due += [(each["identifier"], {**artifacts, **job.artifacts}) for each in following]
            if status != "successful" and not following:
                outcome.status = "failed"
        return outcome


def _ways(node: Mapping[str, Any]) -> list[list[dict[str, str]]]:
    return [node["related"][kind] for kind in ("success_nodes", "failure_nodes", "always_nodes")]
