# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The receiver of callbacks over real sockets: what JOB sends, and what it never would."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import ssl
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.plugin_utils.event_source import callback_receiver
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.callback_receiver import Receiver, serve
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.options import CallbackOptions
from ansible_collections.blueking.job.tests.support.simulator.callback import deliver
from ansible_collections.blueking.job.tests.unit.helpers.tls_authority import Authority

SECRET = "a-secret-of-30-characters-or-so"
RUN = 20000000017
BODY = {"job_instance_id": RUN, "status": 3, "step_instances": [{"step_instance_id": 30000000021, "status": 3}]}
DOCUMENTED = {**BODY, "step_instance_list": BODY["step_instances"]}
del DOCUMENTED["step_instances"]


class Woken(list["int | None"]):
    """The ids that the receiver woke the source with."""


def receiving(test: Callable[[Receiver, Woken], Awaitable[None]], **options: Any) -> Woken:
    """Run a test with a receiver; return what it woke the source with."""
    woken = Woken()

    async def run() -> None:
        receiver = await serve(CallbackOptions("127.0.0.1", 0, SECRET, **options), woken.append)
        try:
            await test(receiver, woken)
        finally:
            await receiver.close()

    asyncio.run(run())
    return woken


async def send(receiver: Receiver, data: bytes, tls: ssl.SSLContext | None = None) -> bytes:
    """Send bytes over a connection of their own; return all that comes back until it is closed."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", receiver.port, ssl=tls, server_hostname="localhost" if tls else None
    )
    try:
        writer.write(data)
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def request(body: bytes, path: str = f"/{SECRET}", method: str = "POST", kind: str = "application/json") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: job\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def status(response: bytes) -> int:
    return int(response.split(b" ", 2)[1])


def respond(data: bytes) -> tuple[int, Woken]:
    """Return the status of the response to one request, and what the source was woken with."""
    statuses = []

    async def test(receiver: Receiver, _woken: Woken) -> None:
        statuses.append(status(await send(receiver, data)))

    woken = receiving(test)
    return statuses[0], woken


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("content", [BODY, DOCUMENTED], ids=["as sent", "as documented"])
def test_a_callback_of_job_wakes_the_source_with_its_run(content: dict[str, Any], kind: str) -> None:
    assert respond(request(json.dumps(content).encode(), kind=kind)) == (200, [RUN])


def test_a_callback_that_the_simulator_sends_is_accepted_at_the_first_attempt() -> None:
    async def test(receiver: Receiver, _woken: Woken) -> None:
        url = f"http://127.0.0.1:{receiver.port}/{SECRET}"
        await asyncio.to_thread(deliver, url, json.dumps(BODY).encode())

    # After another status than 200 it would have sent a second one.
    assert receiving(test) == [RUN]


@pytest.mark.parametrize(
    ("body", "run"),
    [
        (b"job_instance_id=20000000017&status=3", RUN),
        (b'{"job_instance_id": "20000000017"}', RUN),
        (b"", None),
        (b"\xff\xfe\x00garbage", None),
        (b"[" * 60_000, None),
        (b"&" * 60_000, None),
        (b"[]", None),
        (b'{"job_instance_id": true}', None),
        (b'{"job_instance_id": -1}', None),
        (b'{"job_instance_id": 1.5}', None),
        (b'{"job_instance_id": [1]}', None),
        (b'{"job_instance_id": 99999999999999999999}', None),
        (b'{"job_instance_id": ' + b"9" * 6000 + b"}", None),
        ('{"job_instance_id": "²"}'.encode(), None),
    ],
    ids=repr,
)
def test_every_callback_with_the_secret_is_only_a_reason_to_poll(body: bytes, run: int | None) -> None:
    assert respond(request(body)) == (200, [run])


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    "path", ["/", "/wrong", f"/{SECRET[:-1]}", f"/{SECRET}x", f"/{SECRET}/", f"/x/{SECRET}", "/%ff%fe"]
)
def test_a_wrong_secret_is_404_and_wakes_nothing(path: str, method: str) -> None:
    assert respond(request(b"{}", path, method)) == (404, [])


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "DELETE"])
def test_only_post_is_a_callback(method: str) -> None:
    assert respond(request(b"", method=method)) == (405, [])


@pytest.mark.parametrize(
    "data",
    [
        request(b"x" * 100_000),
        request(b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        + b"186a0\r\n"
        + b"x" * 100_000
        + b"\r\n0\r\n\r\n",
    ],
    ids=["with its length", "in chunks"],
)
def test_a_body_of_100_kb_is_rejected(data: bytes) -> None:
    assert respond(data) == (413, [])


def test_the_largest_body_is_accepted() -> None:
    body = json.dumps(BODY).encode()
    assert respond(request(body + b" " * (65_536 - len(body)))) == (200, [RUN])


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01 not HTTP\r\n\r\n",
        f"POST /{SECRET} HTTP/1.1\r\nContent-Length: many\r\n\r\n".encode(),
        f"POST /{SECRET} HTTP/1.1\r\n{SECRET}\r\n\r\n".encode(),
        f"POST /{SECRET}{'x' * 20_000} HTTP/1.1\r\n\r\n".encode(),
        f"POST /{SECRET} HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd".encode(),
    ],
)
def test_what_is_not_http_is_rejected_and_never_logged(data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    response_to, woken = respond(data)
    assert (response_to, woken) == (400, [])
    assert SECRET not in caplog.text
    assert [record for record in caplog.records if record.levelno > logging.DEBUG] == []


@pytest.mark.parametrize(
    "start", [b"", f"POST /{SECRET} HT".encode(), request(b"{}")[:-1]], ids=["silence", "slow head", "slow body"]
)
def test_a_slow_sender_is_cut_off_and_keeps_no_other_waiting(start: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback_receiver, "MAX_CONNECTION_SECONDS", 0.3)

    async def test(receiver: Receiver, woken: Woken) -> None:
        slow = asyncio.create_task(send(receiver, start))
        # A callback that is cut off on a busy machine is sent again.
        while status(await send(receiver, request(json.dumps(BODY).encode())) or b"HTTP/1.1 0 cut off") != 200:
            pass
        assert set(woken) == {RUN}
        assert await slow == b""

    assert None not in receiving(test)


def test_a_flood_of_callbacks_gets_responses() -> None:
    async def test(receiver: Receiver, _woken: Woken) -> None:
        for _round in range(10):
            responses = await asyncio.gather(*(send(receiver, request(json.dumps(BODY).encode())) for _ in range(50)))
            assert {status(response) for response in responses} == {200}

    assert receiving(test) == [RUN] * 500


def test_connections_beyond_the_limit_are_closed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback_receiver, "MAX_CONNECTIONS", 5)

    async def test(receiver: Receiver, _woken: Woken) -> None:
        idle = [await asyncio.open_connection("127.0.0.1", receiver.port) for _ in range(5)]
        assert await send(receiver, request(b"{}")) == b""
        for _reader, writer in idle:
            writer.close()
        # The place of a connection is free as soon as the receiver has noticed its end.
        while not await send(receiver, request(json.dumps(BODY).encode())):
            pass

    assert receiving(test) == [RUN]


def test_callbacks_come_over_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    certificate, key = authority.server("localhost")
    trusting = ssl.create_default_context(cafile=authority.path)

    async def test(receiver: Receiver, _woken: Woken) -> None:
        assert status(await send(receiver, request(json.dumps(BODY).encode()), trusting)) == 200
        assert await send(receiver, request(b"{}")) == b""

    assert receiving(test, certfile=certificate, keyfile=key) == [RUN]


@pytest.mark.parametrize("key", ["missing.key", "ca.pem"])
def test_a_key_that_cannot_be_used_is_an_error(key: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    certificate, _key = authority.server("localhost")
    with pytest.raises(JobError, match=r"^callback: cannot use certfile .*server\.pem and its key: "):
        receiving(nothing, certfile=certificate, keyfile=str(tmp_path / "ca" / key))


def test_a_key_with_a_passphrase_is_an_error_without_a_prompt(tmp_path: Path) -> None:
    certificate, key, _both = Authority(tmp_path / "ca").client(passphrase=b"open sesame")
    with pytest.raises(JobError, match=r"^callback: cannot use certfile "):
        receiving(nothing, certfile=certificate, keyfile=key)


def test_an_address_that_is_in_use_is_an_error() -> None:
    async def test(receiver: Receiver, woken: Woken) -> None:
        with pytest.raises(JobError, match=rf"^callback: cannot listen on 127\.0\.0\.1, port {receiver.port}: "):
            await serve(CallbackOptions("127.0.0.1", receiver.port, SECRET), woken.append)

    receiving(test)


def test_without_aiohttp_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    # A second module of the same file: the first one has imported aiohttp.
    spec = importlib.util.spec_from_file_location(callback_receiver.__name__, callback_receiver.__file__)
    assert spec is not None and spec.loader is not None
    without = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(without)
    with pytest.raises(JobError, match="aiohttp is not installed; install it where ansible-rulebook runs"):
        asyncio.run(without.serve(CallbackOptions("127.0.0.1", 0, SECRET), Woken().append))


def test_after_closing_the_port_is_free_and_connections_end() -> None:
    async def test(receiver: Receiver, _woken: Woken) -> None:
        idle, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
        await receiver.close()
        assert await idle.read() == b""
        writer.close()
        with pytest.raises(ConnectionError):
            await send(receiver, request(b"{}"))

    receiving(test)


async def nothing(_receiver: Receiver, _woken: Woken) -> None:
    """Send nothing."""
