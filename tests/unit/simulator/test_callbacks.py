# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Callbacks: what is sent, when, and how often."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator.callback import deliver
from ansible_collections.blueking.job.tests.unit.helpers.file_transfers import send, third_party
from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import CONFIRM, SCRIPT, Run, bench
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import b64, eventually

FORM = "application/x-www-form-urlencoded"


class Receiver(HTTPServer):
    """Keeps what it receives, and responds with a status of the test's choice; None closes the connection."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, str, str, bytes]] = []
        self.responses: list[int | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/done?x=1"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.command, self.path, self.headers["Content-Type"], body))
        response = self.server.responses.pop(0) if self.server.responses else 200
        if response is not None:
            self.send_response(response)
            if response == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("responses", "types"),
    [
        ([200], ["application/json"]),
        ([500, 200], ["application/json", FORM]),
        ([500, 500], ["application/json", FORM]),
        ([204, 200], ["application/json", FORM]),
        ([302, 302], ["application/json", FORM]),
        ([None], ["application/json"]),
        ([404, None], ["application/json", FORM]),
    ],
)
def test_tries(receiver: Receiver, responses: list[int | None], types: list[str]) -> None:
    receiver.responses = list(responses)
    deliver(receiver.url, b'{"a": 1}')
    assert [(verb, path, body) for verb, path, _type, body in receiver.received] == [
        ("POST", "/done?x=1", b'{"a": 1}')
    ] * len(types)
    assert [kind for _verb, _path, kind, _body in receiver.received] == types


def test_no_receiver_listens() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        deliver(f"http://127.0.0.1:{closed.getsockname()[1]}/", b"{}")


STEPS = [{"name": "first", **SCRIPT}, {"name": "second", **SCRIPT}]


@pytest.mark.parametrize(
    ("rule", "states"),
    [
        ({}, (3, [3, 3])),
        ({"exit_code": 1}, (4, [4, 1])),
        ({"engine": "abnormal"}, (9, [9, 1])),
        ({"engine": "abandoned"}, (14, [14, 1])),
    ],
)
def test_the_end_of_a_run_is_sent(receiver: Receiver, rule: Any, states: Any) -> None:
    with bench([rule], STEPS) as b:
        run = b.plan(callback_url=receiver.url)
        assert run.done() == states
        (_verb, _path, _type, body) = eventually(lambda: receiver.received)[0]
        steps = [step["step_instance_id"] for step in run.status["step_instance_list"]]
        sent = [{"step_instance_id": step, "status": state} for step, state in zip(steps, states[1], strict=True)]
        assert json.loads(body) == {"job_instance_id": run.id, "status": states[0], "step_instances": sent}
        assert b.server.counters["callbacks"] == 1


def test_a_stopped_run_is_sent_and_a_retried_one_again(receiver: Receiver) -> None:
    with bench([{"seconds": 10}], STEPS[:1]) as b:
        run = b.plan(callback_url=receiver.url)
        b.clock.advance(5)
        run.stop()
        assert run.done() == (11, [11])
        eventually(lambda: len(receiver.received) == 1)
        run.operate(2)
        assert run.done() == (3, [3])
        eventually(lambda: len(receiver.received) == 2)
        assert [json.loads(body)["status"] for _verb, _path, _type, body in receiver.received] == [11, 3]


def test_what_is_not_sent(receiver: Receiver) -> None:
    with bench(steps=[CONFIRM, *STEPS]) as b:
        run = b.plan(callback_url=receiver.url)
        assert run.done()[0] == 7
        run.operate(9)
        assert run.done()[0] == 13
        rolling = b.script(rolling_config={"expression": "2", "mode": 3}, callback_url=receiver.url)
        assert rolling.done()[0] == 7
        assert (b.server.counters["callbacks"], receiver.received) == (0, [])


def test_scripts_of_both_generations_call_back(receiver: Receiver) -> None:
    with bench() as b:
        b.script(callback_url=receiver.url).done()
        eventually(lambda: len(receiver.received) == 1)
        order = {"script_content": b64("x"), "script_type": 1, "account": "root", "bk_callback_url": receiver.url}
        response = b.client.v2("fast_execute_script", **order, ip_list=[{"bk_cloud_id": 0, "ip": "10.0.0.1"}])
        assert response["result"] is True
        b.clock.advance(1)
        eventually(lambda: len(receiver.received) == 2)


def test_a_failed_preparation_is_sent(receiver: Receiver) -> None:
    with bench([{"prepare": "failed"}], file_sources=[{"id": 1, "scope": "2", "code": "store"}]) as b:
        source = third_party("k", file_source_id=1)
        run = Run(b.client, send(b.client, source, hosts=[1], callback_url=receiver.url))
        assert run.done() == (4, [4])
        (_verb, _path, _type, body) = eventually(lambda: receiver.received)[0]
        steps = [{"step_instance_id": run.step()["step_instance_id"], "status": 4}]
        assert json.loads(body) == {"job_instance_id": run.id, "status": 4, "step_instances": steps}
