# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS with a real server and a private CA: what is trusted, the errors if it is not, and what was sent by then."""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.errors import JobError
from ansible_collections.blueking.job.plugins.module_utils.jobs.context import Task, TaskContext
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT, JOB_WAIT
from ansible_collections.blueking.job.plugins.module_utils.options.argspec_info import INSTANCE_INFO
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.plugins.module_utils.tasks.instance_info import instance_info
from ansible_collections.blueking.job.plugins.module_utils.tasks.launch import fast_script
from ansible_collections.blueking.job.plugins.module_utils.tasks.wait import job_wait
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.fakes import FakeClock, QuickClock, run_task
from ansible_collections.blueking.job.tests.unit.helpers.real_playbook import (
    print_results,
    printed_results,
    run_playbook,
)
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import LIMIT_SECONDS
from ansible_collections.blueking.job.tests.unit.helpers.tls_authority import Authority, Tunnel

INVENTORY: dict[str, Any] = {
    "apps": [{"code": "app", "secret": "app-secret", "login_exempt": True}],
    "users": [{"name": "admin"}],
    "scopes": [{"type": "biz", "id": "2", "name": "demo"}],
    "hosts": [{"id": 101, "ip": "10.0.0.1", "name": "web-1", "scope": "2"}],
    "accounts": [{"id": 1, "alias": "root", "scope": "2"}],
    "executor": "scripted",
}
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
HERE = ("127.0.0.1", "localhost")
AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing from outside decides whom we trust."""
    for name in (*AUTHORITIES, *PROXIES, *(name.upper() for name in PROXIES), "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "another")


@contextmanager
def serving(context: ssl.SSLContext) -> Iterator[JobServer]:
    with JobServer(INVENTORY, tls=context) as server:
        yield server


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[JobServer]:
    """A server that everything is right with."""
    with serving(authority.serving(*HERE)) as running:
        yield running


def run(url: str, **options: object) -> dict[str, object]:
    given = {
        "api_url": url,
        "bk_app_code": "app",
        "bk_app_secret": "app-secret",
        "bk_username": "admin",
        "bk_scope_id": "2",
        "account_alias": "root",
        "script_content": "hostname",
        "ip_list": ["10.0.0.1"],
        "wait_timeout": 1_000_000,
        **options,
    }
    return run_task(fast_script, FAST_SCRIPT, given, TaskContext(clock=QuickClock()))


def failure(url: str, **options: object) -> JobError:
    with pytest.raises(JobError) as caught:
        run(url, **options)
    return caught.value


def is_not_sent(error: JobError, server: JobServer, words: str, hint: str) -> None:
    assert (error.kind, error.result["launch_outcome"], error.result["changed"]) == ("not_sent", "not_sent", False)
    assert words in error.summary
    assert hint in (error.hint or "")
    assert server.journal == []


def test_a_server_of_a_private_authority_is_trusted_by_its_file(server: JobServer, authority: Authority) -> None:
    for host in HERE:
        result = run(f"https://{host}:{server.port}", ca_path=authority.path)
        assert result["status"] == "success"


def test_a_folder_with_the_names_of_hashes(server: JobServer, authority: Authority, tmp_path: Path) -> None:
    (tmp_path / authority.hash_name).write_bytes(Path(authority.path).read_bytes())
    assert run(server.url, ca_path=str(tmp_path))["status"] == "success"


@pytest.mark.parametrize("kind", ["nothing", "another authority"])
def test_certificates_without_a_trusted_issuer(authority: Authority, stranger: Authority, kind: str) -> None:
    options = {} if kind == "nothing" else {"ca_path": stranger.path}
    with serving(authority.serving(*HERE)) as server:
        error = failure(server.url, **options)
        is_not_sent(error, server, "certificate verify failed", "ca_path")


def test_a_certificate_for_another_host(authority: Authority) -> None:
    with serving(authority.serving("job.example")) as server:
        error = failure(server.url, ca_path=authority.path)
        is_not_sent(error, server, "'127.0.0.1'", "The server's certificate is ")
        error = failure(f"https://localhost:{server.port}", ca_path=authority.path)
        is_not_sent(error, server, "'localhost'", "check the host in api_url")


def test_a_certificate_that_has_expired(authority: Authority) -> None:
    with serving(authority.serving(*HERE, expired=True)) as server:
        error = failure(server.url, ca_path=authority.path)
        is_not_sent(error, server, "certificate has expired", "renew")


def test_validation_can_be_disabled(
    authority: Authority, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And without a warning at every request: warnings are errors here."""
    with serving(authority.serving("job.example", expired=True)) as server:
        assert run(server.url, validate_certs=False)["status"] == "success"
        for name in AUTHORITIES:
            monkeypatch.setenv(name, authority.path)
        assert run(server.url, validate_certs=False)["status"] == "success"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", AUTHORITIES)
def test_the_option_wins_over_the_environment(
    server: JobServer, authority: Authority, stranger: Authority, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, stranger.path)
    assert run(server.url, ca_path=authority.path)["status"] == "success"
    assert failure(server.url).kind == "not_sent"
    monkeypatch.setenv(name, "/nonexistent/ca.pem")
    assert run(server.url, ca_path=authority.path)["status"] == "success"
    monkeypatch.setenv(name, authority.path)
    assert run(server.url)["status"] == "success"
    assert failure(server.url, ca_path=stranger.path).kind == "not_sent"


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_a_server_that_wants_to_know_its_clients(authority: Authority, version: ssl.TLSVersion) -> None:
    certificate, key, both = authority.client()
    with serving(authority.serving(*HERE, clients=authority, version=version)) as server:
        for options in ({"client_cert": certificate, "client_key": key}, {"client_cert": both}):
            assert run(server.url, ca_path=authority.path, **options)["status"] == "success"


@pytest.mark.parametrize("kind", ["none", "another CA"])
@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_a_client_that_the_server_does_not_know(
    authority: Authority, stranger: Authority, version: ssl.TLSVersion, kind: str
) -> None:
    """With TLS 1.3 the client learns of it while it sends its request, or after that."""
    options = {} if kind == "none" else {"client_cert": stranger.client()[2]}
    with serving(authority.serving(*HERE, clients=authority, version=version)) as server:
        error = failure(server.url, ca_path=authority.path, **options)
        is_not_sent(error, server, "cannot be reached", "client_cert and client_key")


@pytest.mark.parametrize("gateway", ["esb", "apigw"])
@pytest.mark.parametrize(("task", "spec"), [(job_wait, JOB_WAIT), (instance_info, INSTANCE_INFO)])
def test_a_read_without_a_client_certificate(authority: Authority, task: Task, spec: Spec, gateway: str) -> None:
    with serving(authority.serving(*HERE, clients=authority, version=ssl.TLSVersion.TLSv1_3)) as server:
        given = {
            **{"api_url": server.url, "gateway": gateway, "ca_path": authority.path, "bk_scope_id": "2"},
            **{"bk_app_code": "app", "bk_app_secret": "app-secret", "bk_username": "admin", "job_instance_id": 17},
        }
        with pytest.raises(JobError) as caught:
            run_task(task, spec, given, TaskContext(clock=FakeClock()))
        assert server.journal == []
    assert (caught.value.kind, caught.value.result["changed"]) == ("not_sent", False)
    assert "client_cert and client_key" in (caught.value.hint or "")


def test_a_key_with_a_passphrase_never_asks_for_it(server: JobServer, authority: Authority) -> None:
    certificate, key, both = authority.client(passphrase=b"asked-for")
    before = len(server.journal)
    for options in ({"client_cert": certificate, "client_key": key}, {"client_cert": both}):
        error = failure(server.url, ca_path=authority.path, **options)
        assert error.kind == "validation"
        assert "is passphrase-protected" in error.summary
    assert len(server.journal) == before


def test_through_a_tunnel(server: JobServer, authority: Authority) -> None:
    """The proxy learns the host and its own password, and nothing else."""
    with Tunnel() as proxy:
        result = run(server.url, ca_path=authority.path, proxy=f"http://me:p%40ss@{proxy.address}")
    assert result["status"] == "success"
    credentials = base64.b64encode(b"me:p@ss").decode()
    assert proxy.asked
    for head in proxy.asked:
        assert head.startswith(f"CONNECT 127.0.0.1:{server.port} ")
        assert f"Proxy-Authorization: Basic {credentials}\r\n" in head
        assert "app-secret" not in head
    assert "proxy-authorization" not in server.journal[-1]["headers"]


def test_behind_a_tunnel_certificates_count_as_well(authority: Authority) -> None:
    with serving(authority.serving("job.example")) as server, Tunnel() as proxy:
        error = failure(server.url, ca_path=authority.path, proxy=f"http://{proxy.address}")
        is_not_sent(error, server, "'127.0.0.1'", "The server's certificate is ")


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "407"),
        (b"HTTP/1.1 503 No way for p%40ss\r\nContent-Length: 0\r\n\r\n", "503"),
        (b"", ""),
        (b"HTTP/1.1 200 Connection established\r\n\r\n", ""),
        (b"garbage\r\n\r\n", ""),
    ],
)
def test_a_tunnel_that_is_not_made(authority: Authority, response: bytes, words: str) -> None:
    with serving(authority.serving(*HERE)) as server, Tunnel(response, connects=False) as proxy:
        error = failure(server.url, ca_path=authority.path, proxy=f"http://me:p%40ss@{proxy.address}")
        is_not_sent(error, server, words, "")


def test_the_proxy_of_the_option_wins(server: JobServer, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    with Tunnel() as wanted, Tunnel() as other:
        monkeypatch.setenv("https_proxy", f"http://{other.address}")
        assert run(server.url, ca_path=authority.path)["status"] == "success"
        assert (len(wanted.asked) > 0, len(other.asked) > 0) == (False, True)
        other.asked.clear()
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.setenv(name, "127.0.0.1")
        assert run(server.url, ca_path=authority.path)["status"] == "success"
        assert (wanted.asked, other.asked) == ([], [])
        assert run(server.url, ca_path=authority.path, proxy=f"http://{wanted.address}")["status"] == "success"
        assert (len(wanted.asked) > 0, other.asked) == (True, [])


@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "all_proxy"])
def test_the_option_wins_over_an_unreachable_proxy_of_the_environment(
    server: JobServer, authority: Authority, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Tunnel() as proxy:
        assert run(server.url, ca_path=authority.path, proxy=f"http://{proxy.address}")["status"] == "success"


def test_real_ansible_needs_nothing_but_the_options(
    server: JobServer, authority: Authority, stranger: Authority, tmp_path: Path
) -> None:
    """In a process of its own, with an environment that trusts another authority."""
    options: dict[str, object] = {
        **{"api_url": server.url, "bk_app_code": "app", "bk_app_secret": "app-secret", "bk_username": "admin"},
        **{"bk_scope_id": "2", "account_alias": "root", "script_content": "hostname", "ip_list": "10.0.0.1"},
        "poll_interval": 0.05,
    }
    cases: list[tuple[dict[str, object], str]] = [
        ({"ca_path": authority.path}, "success"),
        ({"validate_certs": False}, "success"),
        ({"ca_path": authority.path, "client_cert": authority.client(b"x")[2]}, "is passphrase-protected"),
        ({}, "certificate verify failed"),
    ]
    tasks: list[Mapping[str, object]] = [
        {"blueking.job.bk_fast_script": {**options, **more}, "register": f"result_{number}", "ignore_errors": True}
        for number, (more, _expected) in enumerate(cases)
    ]
    tasks.append(print_results([f"result_{number}" for number in range(len(cases))]))
    playbook = tmp_path / "play.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    output = run_playbook(
        tmp_path,
        *("-i", "localhost,", "-c", "local", str(playbook)),
        ANSIBLE_PYTHON_INTERPRETER=sys.executable,
        REQUESTS_CA_BUNDLE=stranger.path,
        https_proxy="http://127.0.0.1:9",
        no_proxy="127.0.0.1",
    )
    for result, (_more, expected) in zip(printed_results(output), cases, strict=True):
        assert expected in (result["msg"] if result.get("failed") else result["status"]), result
    assert "Warning" not in output


def send_garbage(connection: ssl.SSLSocket) -> None:
    """Send what a server without TLS could respond."""
    with socket.socket(fileno=os.dup(connection.fileno())) as raw:
        raw.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def words_of_a_proxy(connection: ssl.SSLSocket) -> None:
    connection.sendall(b"Tunnel connection failed: 503 CERTIFICATE_VERIFY_FAILED WRONG_VERSION_NUMBER\r\n\r\n")


def an_alert(connection: ssl.SSLSocket) -> None:
    with socket.socket(fileno=os.dup(connection.fileno())) as raw:
        raw.sendall(b"\x15\x03\x03\x00\x02\x02\x28")


@pytest.mark.parametrize("play", [send_garbage, words_of_a_proxy, an_alert])
@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_what_happens_after_the_request_has_left_is_never_called_not_sent(
    authority: Authority, version: ssl.TLSVersion, play: Callable[[ssl.SSLSocket], None]
) -> None:
    """The same words come from where nothing was sent and from a server that has started the job."""
    received: list[bytes] = []
    context = authority.serving(*HERE, version=version)

    def serve(listener: socket.socket) -> None:
        with listener.accept()[0] as plain, context.wrap_socket(plain, server_side=True) as connection:
            while b"script_content" not in b"".join(received):
                received.append(connection.recv(65536))
            play(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        # The oldest API has no history to search for the launch.
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        error = failure(url, ca_path=authority.path, read_timeout=LIMIT_SECONDS, api_version="v2")
    assert b"app-secret" in b"".join(received)
    assert (error.kind, error.result["launch_outcome"], error.result["changed"]) == ("unknown_outcome", "unknown", True)
