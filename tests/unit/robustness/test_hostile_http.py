# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any bytes in place of an HTTP response, on real sockets: a response or a clear error, in limited memory and time."""

from __future__ import annotations

import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api import transport as transport_module
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.transport import Transport
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError
from ansible_collections.blueking.job.tests.unit.fuzzing import fuzz
from ansible_collections.blueking.job.tests.unit.helpers.fakes import connection_to
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import LIMIT_SECONDS
from ansible_collections.blueking.job.tests.unit.helpers.tcp_server import TcpServer
from ansible_collections.blueking.job.tests.unit.helpers.time_limit import end_time_limit
from hypothesis import given
from hypothesis import strategies as st

OK = b"HTTP/1.1 200 OK\r\n"
REQUEST = HttpRequest("POST", "/x", body={})
Speak = Callable[[socket.socket], None]


@contextmanager
def responding(speak: Speak) -> Iterator[str]:
    """The address of a server that sends any bytes, once to each caller."""

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        speak(connection)

    with TcpServer(serve) as server:
        yield f"http://{server.address}"


def response_to(speak: Speak | bytes, seconds: float = LIMIT_SECONDS) -> HttpResponse | JobError:
    said = speak if callable(speak) else lambda connection: connection.sendall(speak)
    with responding(said) as url:
        try:
            return Transport(connection_to(url)).send(REQUEST, seconds, fresh=True)
        except JobError as error:
            assert error.delivery is Delivery.UNKNOWN
            assert len(error.summary) < 2000
            return error


def without_end(head: bytes, ended: threading.Event, begun: threading.Event | None = None) -> Speak:
    def speak(connection: socket.socket) -> None:
        if begun is not None:
            begun.set()
        try:
            connection.sendall(head)
            while True:
                connection.sendall(b" " * 65536)
        finally:
            ended.set()

    return speak


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\r\n\r\n",
        b"no HTTP",
        # Long texts of a server in an error are not searched repeatedly.
        b"a" * 60_000 + b"\r\n\r\n",
        b"<" * 60_000 + b"\r\n\r\n",
        b"HTTP/1.1 2x0 \r\n\r\n",
        OK + b"Content-Length: 9\r\n\r\nabc",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc",
        OK + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        OK + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
        OK + b"X: y\r\n" * 200 + b"\r\n",
    ],
    ids=lambda said: repr(said[:30]),
)
def test_what_is_not_a_response(said: bytes) -> None:
    assert isinstance(response_to(said), JobError)


@fuzz(60)
@given(st.binary(max_size=80), st.binary(max_size=40), st.sampled_from([b"", OK, OK + b"Content-Length: 2\r\n\r\n"]))
def test_any_bytes(one: bytes, other: bytes, begin: bytes) -> None:
    response_to(begin + one + b"\r\n\r\n" + other)


@pytest.mark.parametrize(
    "location", [b"http://[", b"\xff\xfe//", b"http://a:99999999/", b"file:///etc/passwd", b"//[::1", b"", b"\x1b[2J"]
)
def test_the_target_of_a_redirect_is_not_requested(location: bytes) -> None:
    """So the response is known to be one, and a launch to have been rejected."""
    got = response_to(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")
    assert isinstance(got, HttpResponse)
    assert got.status == 302


@pytest.mark.parametrize("head", [OK + b"\r\n", b"HTTP/1.1 302 Found\r\nLocation: http://a/\r\n\r\n"])
def test_a_response_without_end_is_not_kept(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "MAX_RESPONSE_BYTES", 1 << 20)
    ended = threading.Event()
    got = response_to(without_end(head, ended))
    assert isinstance(got, JobError)
    assert "larger than 1 MiB" in got.summary
    assert ended.wait(LIMIT_SECONDS)


def test_a_response_that_no_request_waits_for_is_not_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "MAX_RESPONSE_BYTES", 1 << 60)
    begun, ended = threading.Event(), threading.Event()
    end_time_limit(begun, monkeypatch)
    got = response_to(without_end(OK + b"\r\n", ended, begun), seconds=0.1)
    assert isinstance(got, JobError)
    assert "no complete response" in got.summary
    assert ended.wait(LIMIT_SECONDS)


def test_a_small_response_that_unpacks_into_a_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "MAX_RESPONSE_BYTES", 1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(b" " * (32 << 20)) + packer.flush()
    head = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    got = response_to(head + packed)
    assert isinstance(got, JobError)
    assert "larger than 1 MiB" in got.summary
