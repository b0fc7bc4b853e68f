# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fakes of the unit tests: a clock that does not wait, a transport with prepared responses, converted options."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from ansible.module_utils import basic
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import PASS_VARS
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.common.clock import Clock
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Connection, Credentials
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.options.problems import Problems
from ansible_collections.blueking.job.plugins.module_utils.options.reader import OptionReader
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.tests.support.simulator import JobServer

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = Path(__file__).parent / "data" / "documents"

CONNECTION = Connection(
    api_url="http://127.0.0.1:1",
    credentials=Credentials(bk_app_code="esb_test", bk_app_secret="xxx", bk_token="xxx"),
)


def document(name: str) -> dict[str, object]:
    """Return the request example of an API document, verbatim."""
    value: dict[str, object] = json.loads((DOCUMENTS / f"{name}.json").read_text(encoding="utf-8"))
    return value


def tracked_files() -> list[Path]:
    """Return the files of the repository: those that git tracks, or would track."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


class FakeClock(Clock):
    """A clock on which sleeping takes no time, and that records all sleeps."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += max(0.0, seconds)

    def jitter(self, seconds: float) -> float:
        return seconds

    def unique_name(self) -> str:
        return "ansible-unique"


class LinkedClock(FakeClock):
    """A fake clock, starting at 0, on which sleeping moves the server's clock, too."""

    def __init__(self, server: JobServer) -> None:
        super().__init__()
        self.time = 0.0
        self.server = server

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.server.clock.advance(max(seconds, 0.001))


Prepared = dict[str, object] | bytes | HttpResponse | JobError


class FakeTransport:
    """Responds in order; the last response is repeated. Requests are kept."""

    def __init__(self, *answers: Prepared, on_send: Callable[[], None] = lambda: None) -> None:
        self.answers = list(answers)
        self.requests: list[HttpRequest] = []
        self.seconds: list[float] = []
        self.fresh: list[bool] = []
        self._on_send = on_send

    def send(self, request: HttpRequest, seconds_left: float, *, fresh: bool = False) -> HttpResponse:
        self.requests.append(request)
        self.seconds.append(seconds_left)
        self.fresh.append(fresh)
        self._on_send()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, JobError):
            raise answer
        return answer if isinstance(answer, HttpResponse) else http(answer)


def http(body: dict[str, object] | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return an HTTP response."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(status, headers or {}, data)


def success(data: object) -> dict[str, object]:
    """Return JOB's envelope of a success, as it comes without a gateway: no message."""
    return {"code": 0, "result": True, "job_request_id": "9f2c", "data": data}


def refusal(code: int, message: str = "no") -> dict[str, object]:
    """Return JOB's envelope of an error."""
    return {"code": code, "result": False, "message": message, "job_request_id": "9f2c"}


def as_ansible_hands_over(spec: Spec, given: Mapping[str, object]) -> dict[str, object]:
    """Return options after Ansible's own validation: aliases resolved, types converted, defaults set."""
    result = ArgumentSpecValidator(_plain(spec)).validate(dict(given))
    assert not result.unsupported_parameters, result.unsupported_parameters
    params: dict[str, object] = result.validated_parameters
    return params


def plan_fields(given: Mapping[str, object]) -> OptionReader:
    """Return a reader of the options of a plan task."""
    return OptionReader(as_ansible_hands_over(JOB_PLAN, given), Problems())


def script_fields(given: Mapping[str, object]) -> OptionReader:
    """Return a reader of the options of a script task."""
    return OptionReader(as_ansible_hands_over(FAST_SCRIPT, given), Problems())


def _plain(spec: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, object]]:
    plain = {}
    for name, option in spec.items():
        words = {key: value for key, value in option.items() if key != "env"}
        if isinstance(words.get("options"), dict):
            words["options"] = _plain(words["options"])  # type: ignore[arg-type]
        plain[name] = words
    return plain


@contextmanager
def patch_module_args(given: Mapping[str, object]) -> Iterator[None]:
    """Let a module find its options in this process; ansible-core has a helper for it only from 2.18 on.

    Since 2.21 modules return their options only if so configured.
    """
    told = {"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}
    options = json.dumps({"ANSIBLE_MODULE_ARGS": {**told, **given}}).encode()
    with (
        mock.patch.object(basic, "_ANSIBLE_ARGS", options),
        mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy", create=True),
    ):
        yield
