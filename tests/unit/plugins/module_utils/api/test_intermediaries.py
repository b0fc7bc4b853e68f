# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses of proxies, TLS ports and login pages: nothing was started, and the hint names the mistake."""

from __future__ import annotations

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.calls import Call, HttpResponse
from ansible_collections.blueking.job.plugins.module_utils.api.envelope import unwrap
from ansible_collections.blueking.job.plugins.module_utils.api.error_codes import meaning_of_code
from ansible_collections.blueking.job.plugins.module_utils.api.http_statuses import meaning_of_http_status
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError
from ansible_collections.blueking.job.tests.unit.helpers.fakes import error_body, http

NGINX = b"<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>"
FORM = b"<html><form><input name='p' type='password'></form></html>"


def error_of(response: HttpResponse) -> JobError:
    with pytest.raises(JobError) as caught:
        unwrap(Call("fast_execute_script", {}, str), response, str)
    return caught.value


@pytest.mark.parametrize("status", [*range(400, 407), 408, *range(409, 430), 431, 451, 498, 501, 505])
def test_a_status_in_front_of_job_started_nothing(status: int) -> None:
    assert meaning_of_http_status(status).delivery is Delivery.REJECTED


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 415, 422, 451, 501])
def test_a_status_with_a_code_of_other_software_started_nothing(status: int) -> None:
    for code in (status, -1, 40001, 99999999):
        meaning = meaning_of_code(code, "Bad Request", status)
        assert meaning == meaning_of_http_status(status)
        assert meaning.delivery is Delivery.REJECTED


@pytest.mark.parametrize("status", [200, 202, 204, 499, 500, 502, 503, 504, 507, 520, 599])
def test_other_statuses_may_have_started_something(status: int) -> None:
    assert meaning_of_http_status(status).delivery is Delivery.UNKNOWN


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1211001, "server_error"),
        (1211002, "server_error"),
        (1211003, "not_found"),
        (1244025, "server_error"),
        *((code, "server_error") for code in (1306206, 1306207, 1306209)),
        *((code, "auth") for code in (1306401, 1306402)),
        *((code, "validation") for code in (1306407, 1306408)),
        *((code, "protocol") for code in (1640500, 1640601, 1641501, 1642201)),
    ],
)
def test_codes_of_requests_that_started_nothing(code: int, kind: str) -> None:
    meaning = meaning_of_code(code, http_status=400)
    assert (meaning.kind, meaning.delivery) == (kind, Delivery.REJECTED)
    assert meaning.hint


@pytest.mark.parametrize("code", [1306208, 1210001, 1211004, 1649900, 1650001])
def test_codes_of_requests_that_may_have_started_something(code: int) -> None:
    assert meaning_of_code(code, http_status=200).delivery is Delivery.UNKNOWN


@pytest.mark.parametrize("code", [1650002, 1650200, 1650801])
@pytest.mark.parametrize(
    ("reason", "delivery"),
    [
        ("connection refused", Delivery.NOT_SENT),
        ("no route to host", Delivery.NOT_SENT),
        ("cannot read header from upstream", Delivery.UNKNOWN),
        ("connection reset by peer", Delivery.UNKNOWN),
        ("", Delivery.UNKNOWN),
    ],
)
def test_a_gateway_that_could_not_connect_forwarded_nothing(code: int, reason: str, delivery: Delivery) -> None:
    assert meaning_of_code(code, f'Bad Gateway [upstream_error="{reason}"]', 502).delivery is delivery


@pytest.mark.parametrize(
    "response",
    [
        http(b"", 302, {"location": "https://paas.example.com/login/?c_url=/api"}),
        http(b"", 302, {"location": "https://sso.example.com/oauth2/authorize"}),
        http(b"", 303, {"location": "/signin"}),
        http(FORM),
        http(b"\n<!DOCTYPE html><title>Log in | BlueKing</title>"),
        http("<html><title>\u767b\u5f55</title></html>".encode()),
        http("<html><title>\u7528\u6237\u767b\u5f55</title></html>".encode("gb18030")),
        http("<html><title id='t'>\u4f7f\u7528\u8005\u767b\u9304</title></html>".encode()),
        http("<html><title>\u7edf\u4e00\u8eab\u4efd\u8ba4\u8bc1\u5e73\u53f0</title></html>".encode()),
        http(b"<html><title lang='en'>Company Sign On</title></html>"),
        http(b"<html><script>window.location.href='https://paas.example.com/login/'</script></html>"),
        http(b"<html><script>window.location.replace('https://paas.example.com/login/')</script></html>"),
        http(b'<html><script>location.assign("//passport.example.com/?back=/")</script></html>'),
        http(b"<form method=post action='https://idp.example.com/'><input type=hidden name='SAMLRequest'></form>"),
        http(FORM, 401),
        http(b"<html><title>Sign In</title></html>", 403),
    ],
)
def test_a_login_page_is_a_rejection(response: HttpResponse) -> None:
    error = error_of(response)
    assert (error.kind, error.delivery, error.transient) == ("auth", Delivery.REJECTED, False)
    assert "login page" in (error.hint or "")
    assert "example.com" not in (error.hint or "")


@pytest.mark.parametrize(
    "body",
    [
        b"<html>It works</html>",
        b"<html><body>POST /login</body></html>",
        b"<html><title>Logging once</title></html>",
        b"<html><title>Changelog on our blog in short</title></html>",
        b"<html><script>location.replace('/home')</script></html>",
        b"<html>\xff\xfe</html>",
        b"login",
        b"{",
    ],
)
def test_other_pages_prove_nothing_about_a_launch(body: bytes) -> None:
    assert error_of(http(body)).delivery is Delivery.UNKNOWN


def test_a_login_form_proves_nothing_about_an_error_of_the_server() -> None:
    assert error_of(http(FORM, 502)).delivery is Delivery.UNKNOWN


def test_a_rejection_without_a_code_may_come_from_something_in_front() -> None:
    assert "a firewall or proxy in front of it" in (error_of(http(b"<html>blocked</html>", 403)).hint or "")
    assert "apply for it in the developer center" in (error_of(http(error_body(1640301), 403)).hint or "")


@pytest.mark.parametrize("body", [b'{"detail":"Not Found"}', b'{"code":404,"msg":"Not Found"}'])
def test_a_response_without_a_message_is_shown(body: bytes) -> None:
    error = error_of(http(body, 404))
    assert error.message == f"HTTP 404 without a message: {body.decode()!r}"


@pytest.mark.parametrize(
    "body",
    [
        NGINX,
        b"Client sent an HTTP request to an HTTPS server.\n",
        b"You're speaking plain HTTP to an SSL-enabled server port.",
        b"This combination of host and port requires TLS.",
    ],
)
def test_a_tls_port_is_named(body: bytes) -> None:
    error = error_of(http(body, 400))
    assert (error.kind, error.delivery, error.transient) == ("protocol", Delivery.REJECTED, False)
    assert "begin api_url with https" in (error.hint or "")


@pytest.mark.parametrize("reason", ["ERR_CONNECT_FAIL 111", "ERR_DNS_FAIL 0", "ERR_ACCESS_DENIED 0"])
def test_a_proxy_that_did_not_connect_started_nothing(reason: str) -> None:
    error = error_of(http(b"<html>", 503, {"x-squid-error": reason}))
    assert (error.kind, error.delivery) == ("not_sent", Delivery.NOT_SENT)


@pytest.mark.parametrize("reason", ["ERR_READ_TIMEOUT 0", "ERR_ZERO_SIZE_OBJECT 0", "ERR_CANNOT_FORWARD 0", ""])
def test_a_proxy_that_lost_the_server_knows_nothing(reason: str) -> None:
    assert error_of(http(b"<html>", 503, {"x-squid-error": reason})).delivery is Delivery.UNKNOWN
