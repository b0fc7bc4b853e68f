# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures behind a proxy name the proxy and where it was configured."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest
from ansible_collections.blueking.job.plugins.module_utils.api.proxy import address_error, proxy_in_use
from ansible_collections.blueking.job.plugins.module_utils.api.transport_errors import transport_error
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError
from ansible_collections.blueking.job.tests.unit.helpers.fakes import CONNECTION

SERVER = CONNECTION._replace(api_url="http://job.example.com")
TLS_SERVER = CONNECTION._replace(api_url="https://job.example.com")
PROXY = "http://me:secret@proxy.example.com:3128"
SHOWN = "the proxy http://proxy.example.com:3128"
REQUEST = HttpRequest("POST", "/call/", {}, body={})
NOT_EXCLUDED = "does not exclude this server: it may contain names, domains such as .example.com"


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_failure_names_the_proxy_and_its_environment_variable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, PROXY)
    error = transport_error(REQUEST, True, SERVER, ConnectionRefusedError("Connection refused"))
    through = f"{SHOWN} (from the environment variable {name})"
    assert error.summary == (f"http://job.example.com cannot be reached through {through}: Connection refused")
    assert (error.hint or "").endswith(f"Check {SHOWN}, which comes from the environment variable {name}.")


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        (
            "Tunnel connection failed: 407 Proxy Authentication Required",
            "The proxy asks for a user and a password: add",
        ),
        ("Tunnel connection failed: 403 Forbidden", "The proxy cannot or must not reach the server"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "Check the ports in api_url and proxy"),
        ("[Errno -2] Name or service not known", "Check api_url, the network, proxy and TLS options"),
    ],
)
def test_a_hint_on_a_tunnel_names_the_proxy(reason: str, hint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", PROXY)
    error = transport_error(REQUEST, True, TLS_SERVER, OSError(reason))
    assert (error.hint or "").startswith(hint)
    assert f"Check {SHOWN}, which comes from the environment variable https_proxy." in (error.hint or "")


def test_a_certificate_is_not_blamed_on_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", PROXY)
    error = transport_error(REQUEST, True, TLS_SERVER, OSError("certificate has expired"))
    assert error.hint == "The server's certificate is out of date: its owner has to renew it."


def test_a_request_that_was_sent_names_its_call_and_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", PROXY)
    error = transport_error(REQUEST, False, SERVER, ConnectionResetError("Connection reset by peer"))
    assert error.summary.startswith(f"call: no response from http://job.example.com through {SHOWN} (from ")


def test_a_variable_for_another_scheme_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", PROXY)
    assert proxy_in_use(TLS_SERVER) is None
    monkeypatch.setenv("https_proxy", PROXY)
    assert str(proxy_in_use(TLS_SERVER)).endswith("(from the environment variable https_proxy)")


@pytest.mark.parametrize("source", ["", "the environment variable BK_JOB_PROXY"])
def test_a_proxy_of_an_option_wins_and_is_named(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.*")
    used = proxy_in_use(SERVER._replace(proxy=PROXY, proxy_source=source))
    assert str(used) == f"{SHOWN} (from {source or 'the option proxy'})"
    # It does not apply to proxies of options.
    assert used is not None
    assert "no_proxy" not in used.hint


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
@pytest.mark.parametrize("value", ["job.*", "*.example.com", "localhost,127.*", "*,localhost", "other.example.com"])
def test_an_exclusion_that_does_not_match_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", PROXY)
    monkeypatch.setenv(name, value)
    for error in (
        transport_error(REQUEST, True, SERVER, ConnectionRefusedError("Connection refused")),
        address_error(JobError("HTTP 407", kind="not_sent", hint="It asks.", delivery=Delivery.NOT_SENT), SERVER),
    ):
        assert f"{name} {NOT_EXCLUDED}" in (error.hint or "")


@pytest.mark.parametrize("value", ["example.com", ".example.com", "*", "localhost,job.example.com"])
def test_an_exclusion_that_matches_means_no_proxy(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", PROXY)
    monkeypatch.setenv("no_proxy", value)
    assert proxy_in_use(SERVER) is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("me:secret@proxy.example.com:3128", "proxy.example.com:3128"),
        ("http://me:se/cret@proxy.example.com", "http://proxy.example.com"),
        ("http://me:s@cret@proxy.example.com", "http://proxy.example.com"),
        ("http://me:se://cret@proxy.example.com", "http://proxy.example.com"),
        ("me:se://cret@proxy.example.com", "proxy.example.com"),
        ("proxy.example.com:3128", "proxy.example.com:3128"),
    ],
)
def test_a_proxy_is_shown_without_user_and_password(url: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", url)
    used = proxy_in_use(SERVER)
    assert used is not None
    assert used.url == shown


def response_error(status: int) -> JobError:
    return JobError(f"HTTP {status}", kind="permission", http_status=status, hint="Check it.")


@pytest.mark.parametrize("status", [200, 302, 403, 404, 502])
def test_a_response_of_unknown_origin_names_the_address_and_the_proxy(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert address_error(response_error(status), SERVER).hint == (
        "Check it. The response came from http://job.example.com."
    )
    monkeypatch.setenv("http_proxy", PROXY)
    monkeypatch.setenv("https_proxy", PROXY)
    assert address_error(response_error(status), SERVER).hint == (
        f"Check it. The response came from http://job.example.com, or from {SHOWN} (from the environment variable "
        f"http_proxy). Check {SHOWN}, which comes from the environment variable http_proxy."
    )
    # Inside a tunnel only the server can respond.
    assert address_error(response_error(status), TLS_SERVER).hint == (
        "Check it. The response came from https://job.example.com."
    )
