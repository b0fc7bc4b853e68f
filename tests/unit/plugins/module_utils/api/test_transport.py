# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP on real sockets: servers that behave, and servers that do not."""

from __future__ import annotations

import gc
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api import time_limit
from ansible_collections.blueking.job.plugins.module_utils.api import transport as transport_module
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest
from ansible_collections.blueking.job.plugins.module_utils.api.connection_hints import connection_hint
from ansible_collections.blueking.job.plugins.module_utils.api.transport import USER_AGENT, Transport
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError, MissingRequests
from ansible_collections.blueking.job.plugins.module_utils.version import VERSION
from ansible_collections.blueking.job.tests.unit.helpers.fakes import connection_to
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import LIMIT_SECONDS
from ansible_collections.blueking.job.tests.unit.helpers.tcp_server import TcpServer
from ansible_collections.blueking.job.tests.unit.helpers.time_limit import end_time_limit
from ansible_collections.blueking.job.tests.unit.helpers.unreachable_servers import closed

POST = HttpRequest("POST", "/call/", {"Blueking-Language": "en"}, body={"a": "ü", "n": None})
GET = HttpRequest("GET", "/call", query={"a": "b c", "flag": "true"})
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Peer:
    """A server on loopback that plays one script for each connection and keeps what it received."""

    def __init__(self, play: Callable[[socket.socket, bytes], None]) -> None:
        self._play = play
        self.received: list[bytes] = []
        self._server = TcpServer(self._serve)
        self.port = self._server.port
        self.url = f"http://{self._server.address}"

    def _serve(self, connection: socket.socket) -> None:
        request = read_request(connection)
        self.received.append(request)
        self._play(connection, request)

    def close(self) -> None:
        self._server.close()


def read_request(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    # What begins with this byte is TLS and has no lines.
    while not data.startswith(b"\x16") and b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    head, _blank, body = data.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    more = b"?"
    while lengths and len(body) < lengths[0] and more:
        more = connection.recv(65536)
        body += more
    return head + b"\r\n\r\n" + body


@contextmanager
def peer(play: Callable[[socket.socket, bytes], None] | bytes) -> Iterator[Peer]:
    server = Peer(play if callable(play) else lambda connection, _request: connection.sendall(play))
    try:
        yield server
    finally:
        server.close()


def transport(url: str, **changes: object) -> Transport:
    return Transport(connection_to(url, **changes))


def error_of(client: Transport, request: HttpRequest = POST, seconds: float = LIMIT_SECONDS) -> JobError:
    with pytest.raises(JobError) as caught:
        client.send(request, seconds)
    return caught.value


def test_what_is_sent() -> None:
    with peer(OK) as server:
        response = transport(server.url + "/base").send(POST, LIMIT_SECONDS)
    head, _blank, body = server.received[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /base/call/ HTTP/1.1\r\n")
    assert f"User-Agent: {USER_AGENT}".encode() in head
    assert VERSION in USER_AGENT
    assert b"Content-Type: application/json" in head
    assert b"Blueking-Language: en" in head
    assert json.loads(body) == POST.body
    assert (response.status, response.body) == (200, b"{}")
    assert response.headers["content-length"] == "2"


def test_only_a_launch_whose_sending_has_begun_may_be_given_up() -> None:
    client = transport("http://127.0.0.1:1")
    client.is_alive = lambda seconds_left: seconds_left > 5
    body = transport_module._TrackedBody(b"{}")
    assert client._may_respond(POST, None, 1)
    assert client._may_respond(POST, body, 1)
    next(iter(body))
    assert client._may_respond(POST, body, 6)
    assert not client._may_respond(POST, body, 1)
    assert client._may_respond(replace(POST, silence_seconds=10), body, 1)


def test_queries_are_encoded_and_have_no_body() -> None:
    with peer(OK) as server:
        transport(server.url).send(GET, LIMIT_SECONDS)
    assert server.received[0].startswith(b"GET /call?a=b+c&flag=true HTTP/1.1\r\n")
    assert server.received[0].endswith(b"\r\n\r\n")


def test_redirects_are_not_followed() -> None:
    with peer(OK) as elsewhere:
        response = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere.url}/x\r\nContent-Length: 0\r\n\r\n".encode()
        with peer(response) as server:
            assert transport(server.url).send(POST, LIMIT_SECONDS).status == 302
        assert elsewhere.received == []


def test_netrc_is_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with peer(OK) as server:
        transport(server.url).send(POST, LIMIT_SECONDS)
    assert b"authorization" not in server.received[0].lower()


def test_an_explicit_proxy_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with peer(OK) as wanted, peer(OK) as other:
        monkeypatch.setenv("http_proxy", other.url)
        transport("http://job.example", proxy=wanted.url).send(POST, LIMIT_SECONDS)
        assert wanted.received[0].startswith(b"POST http://job.example/call/ ")
        assert other.received == []
        transport("http://job.example").send(POST, LIMIT_SECONDS)
        assert other.received[0].startswith(b"POST http://job.example/call/ ")


def test_no_server_listens() -> None:
    with closed() as url:
        error = error_of(transport(url))
    assert (error.kind, error.delivery, error.transient) == ("not_sent", Delivery.NOT_SENT, True)
    assert "Connection refused" in error.summary
    assert "0x" not in error.summary


def test_an_unknown_name_is_not_sent() -> None:
    error = error_of(transport("http://no-such-host.invalid"))
    assert (error.kind, error.delivery) == ("not_sent", Delivery.NOT_SENT)


def test_a_proxy_that_is_not_there() -> None:
    with closed() as url:
        error = error_of(transport("http://job.example", proxy=url.replace("//", "//me:secret-word@")))
    assert error.delivery is Delivery.NOT_SENT
    assert "secret-word" not in error.summary


def test_a_proxy_without_a_host_is_not_tried_again() -> None:
    error = error_of(transport("http://job.example", proxy="http:///"))
    assert (error.delivery, error.transient) == (Delivery.NOT_SENT, False)


def test_a_ca_file_that_is_not_there() -> None:
    error = error_of(transport("https://127.0.0.1:1", ca_path="/nonexistent/ca.pem"))
    assert error.delivery is Delivery.NOT_SENT
    assert "/nonexistent/ca.pem" in error.summary


def close_at_once(connection: socket.socket, _request: bytes) -> None:
    connection.close()


def reset(connection: socket.socket, _request: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


@pytest.mark.parametrize(
    "play",
    [
        close_at_once,
        reset,
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"no http at all\r\n\r\n",
        b"HTTP/1.1",
        # Texts of the server that resemble a failed connection or a local error.
        b"ERR HTTP_REQUEST timed out\r\n\r\n",
        b"Tunnel connection failed\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nALERT_HANDSHAKE_FAILURE\r\n",
    ],
)
def test_an_incomplete_response_leaves_the_outcome_unknown(
    play: Callable[[socket.socket, bytes], None] | bytes,
) -> None:
    with peer(play) as server:
        error = error_of(transport(server.url))
    assert (error.delivery, error.transient) == (Delivery.UNKNOWN, True)
    assert error.kind == "server_error"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_response_of_two_lengths_is_not_a_bug() -> None:
    with peer(b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\n{}") as server:
        assert [getattr(error_of(transport(server.url)), name) for name in ("delivery", "transient")] == [
            Delivery.UNKNOWN,
            True,
        ]
    gc.collect()  # The library leaves the socket of such a response open.


def test_silence_ends_at_the_callers_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    # The library's own time limit ends it, not that of a response which comes slowly.
    monkeypatch.setattr(time_limit, "GRACE_SECONDS", LIMIT_SECONDS)
    done = threading.Event()
    with peer(lambda _connection, _request: done.wait(LIMIT_SECONDS) and None) as server:
        error = error_of(transport(server.url), seconds=0)
        done.set()
    assert error.delivery is Delivery.UNKNOWN
    assert "timed out" in error.summary


def test_silence_ends_at_the_limit_of_the_request() -> None:
    done = threading.Event()
    with peer(lambda _connection, _request: done.wait(LIMIT_SECONDS) and None) as server:
        error = error_of(transport(server.url), replace(GET, silence_seconds=0.1), seconds=LIMIT_SECONDS)
        done.set()
    assert "read timeout=0.1" in error.summary


def test_tls_where_there_is_none() -> None:
    with peer(b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        error = error_of(transport(server.url.replace("http:", "https:")))
    assert (error.kind, error.delivery) == ("not_sent", Delivery.NOT_SENT)


def test_tls_that_is_never_agreed_on() -> None:
    over = threading.Event()
    with peer(lambda _connection, _request: over.wait(LIMIT_SECONDS) and None) as server:
        error = error_of(transport(server.url.replace("http:", "https:")), seconds=0.1)
        over.set()
    assert (error.kind, error.delivery, error.transient) == ("not_sent", Delivery.NOT_SENT, True)


def test_what_was_given_up_before_it_was_sent_is_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    found = threading.Event()
    look_up = socket.getaddrinfo

    def slow(*args: object, **words: object) -> object:
        found.wait(LIMIT_SECONDS)
        return look_up(*args, **words)  # type: ignore[arg-type]

    with peer(OK) as server:
        monkeypatch.setattr(socket, "getaddrinfo", slow)
        before = set(threading.enumerate())
        error = error_of(transport(server.url), seconds=0.1)
        found.set()
        for thread in set(threading.enumerate()) - before:
            thread.join(LIMIT_SECONDS)
    assert (error.kind, error.delivery, error.transient) == ("not_sent", Delivery.NOT_SENT, True)
    assert [received.partition(b"\r\n\r\n")[2] for received in server.received] in ([], [b""])


def test_a_missing_library_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "MISSING_REQUESTS", "the trace")
    with pytest.raises(MissingRequests) as caught:
        transport("http://127.0.0.1:1")
    assert caught.value.trace == "the trace"


def test_a_fresh_connection_is_neither_a_kept_one_nor_kept() -> None:
    def keep_alive(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(OK)
        while read_request(connection):
            connection.sendall(OK)

    with peer(keep_alive) as server:
        client = transport(server.url)
        client.send(POST, LIMIT_SECONDS)
        client.send(replace(POST, path="/launch/"), LIMIT_SECONDS, fresh=True)
        client.send(POST, LIMIT_SECONDS)
    # The first request of each connection.
    assert [request.split()[1] for request in server.received] == [b"/call/", b"/launch/"]


@pytest.mark.parametrize("where", ["head", "body"])
def test_an_endless_slow_response_ends_with_the_callers_deadline(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, over = threading.Event(), threading.Event()
    end_time_limit(begun, monkeypatch)
    # No pause between two bytes is too long for the library.
    monkeypatch.setattr(Transport, "_read_seconds", lambda *_arguments: LIMIT_SECONDS)

    def drip(connection: socket.socket, _request: bytes) -> None:
        begun.set()
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + (b"" if where == "head" else b"Content-Length: 99999\r\n\r\n"))
        with suppress(OSError):
            while not over.wait(0.02):
                connection.sendall(b"X: y\r\n" if where == "head" else b" ")

    with peer(drip) as server:
        error = error_of(transport(server.url), seconds=0.1)
        over.set()
    assert (error.kind, error.delivery, error.transient) == ("server_error", Delivery.UNKNOWN, True)
    assert "no complete response within 0.1 s" in error.message


def test_a_socket_that_hangs_ends_with_the_callers_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, over = threading.Event(), threading.Event()
    end_time_limit(begun, monkeypatch)

    def hang(_connection: socket.socket, _request: bytes) -> None:
        begun.set()
        over.wait()

    with peer(hang) as server:
        error = error_of(transport(server.url), seconds=0.1)
        over.set()
    assert (error.delivery, error.transient) == (Delivery.UNKNOWN, True)


def test_a_lasting_error_is_not_retried(tmp_path: Path) -> None:
    with peer(OK) as server:
        missing = transport(server.url.replace("http", "https"), ca_path=str(tmp_path / "none.pem"))
        error = error_of(missing)
    assert (error.delivery, error.transient) == (Delivery.NOT_SENT, False)


def test_a_socks_proxy_without_its_library_names_the_library() -> None:
    # As requests 2.28 to 2.34 say it.
    assert "requests[socks]" in (connection_hint("Missing dependencies for SOCKS support.") or "")
    assert connection_hint("SOCKS5 authentication failed") is None


def test_a_body_that_cannot_be_written_to_its_end_was_not_sent() -> None:
    def reset_early(connection: socket.socket) -> None:
        connection.recv(65536)
        reset(connection, b"")

    # Larger than all buffers between both ends.
    large = HttpRequest("POST", "/call/", body={"script_content": "x" * (1 << 24)})
    server = TcpServer(reset_early)
    try:
        error = error_of(transport(f"http://{server.address}"), large)
    finally:
        server.close()
    assert (error.kind, error.delivery, error.transient) == ("not_sent", Delivery.NOT_SENT, True)
