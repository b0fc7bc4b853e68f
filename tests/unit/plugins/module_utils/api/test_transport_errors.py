# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests without a response: what the error of the library shows."""

from __future__ import annotations

import http.client
import ssl

import pytest
import requests
import urllib3
from ansible_collections.blueking.job.plugins.module_utils.api.calls import HttpRequest
from ansible_collections.blueking.job.plugins.module_utils.api.transport_errors import transport_error
from ansible_collections.blueking.job.plugins.module_utils.errors import Delivery, JobError
from ansible_collections.blueking.job.tests.unit.helpers.fakes import CONNECTION

REQUEST = HttpRequest("POST", "/call/", {}, body={})


def error_of(cause: Exception) -> JobError:
    """Return the error of a request that was sent, with the cause wrapped as the libraries do."""
    wrapped = requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("Connection aborted.", cause))
    return transport_error(REQUEST, False, CONNECTION, wrapped)


def alert(name: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {name}] it is said (_ssl.c:2580)")
    error.reason = name
    return error


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("\x15\x03\x01\x00\x02\x02\x46", "the port expects TLS"),
        ("SSH-2.0-OpenSSH_9.2", "another protocol than HTTP"),
        ("-ERR wrong number of arguments for 'host' command", "another protocol than HTTP"),
        ("-DENIED Redis is running in protected mode", "another protocol than HTTP"),
        ("220 mail.example.com ESMTP", "another protocol than HTTP"),
        ("220-FTP server ready", "another protocol than HTTP"),
        ("+OK POP3 ready", "another protocol than HTTP"),
        ("* OK IMAP4 ready", "another protocol than HTTP"),
        ("RFB 003.008\n", "another protocol than HTTP"),
        ("AMQP\0\0\x09\x01", "another protocol than HTTP"),
        ("J\0\0\0\n", "another protocol than HTTP"),
        ("\0\0\x12\x04\0\0\0\0\0", "another protocol than HTTP"),
    ],
)
def test_a_port_of_another_protocol_started_nothing(line: str, words: str) -> None:
    error = error_of(http.client.BadStatusLine(line))
    assert (error.kind, error.delivery, error.transient) == ("not_sent", Delivery.NOT_SENT, False)
    assert words in error.summary
    assert "api_url" in (error.hint or "")


@pytest.mark.parametrize(
    "line", ["ERR timed out", "HTTP/1.1 2200", "22 records", "no http", "-", "SSH", "+5", "*", "\0\0\0\0"]
)
def test_other_lines_prove_nothing(line: str) -> None:
    error = error_of(http.client.BadStatusLine(line))
    assert (error.kind, error.delivery, error.transient) == ("server_error", Delivery.UNKNOWN, True)
    assert error.message == f"the response is not HTTP: {line!r}"


@pytest.mark.parametrize(
    "name",
    [
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "TLSV1_ALERT_UNKNOWN_CA",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_CERTIFICATE_REVOKED",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
    ],
)
def test_a_server_that_rejects_the_client_certificate_started_nothing(name: str) -> None:
    error = error_of(alert(name))
    assert (error.kind, error.delivery, error.transient) == ("not_sent", Delivery.NOT_SENT, False)
    assert "Set client_cert and client_key" in (error.hint or "")


@pytest.mark.parametrize("name", ["SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INTERNAL_ERROR", "DECRYPTION_FAILED"])
def test_other_alerts_after_the_request_prove_nothing(name: str) -> None:
    assert error_of(alert(name)).delivery is Delivery.UNKNOWN


def test_a_calculated_timeout_is_shown_without_all_its_digits() -> None:
    error = error_of(TimeoutError("Read timed out. (read timeout=13.718310055002803)"))
    assert error.message == "Read timed out. (read timeout=13.7)"


def test_a_connection_that_was_closed_without_a_response_is_called_so() -> None:
    error = error_of(http.client.RemoteDisconnected("Remote end closed connection without response"))
    assert error.message == "Remote end closed connection without response"
    text = "the response is not HTTP: text of 70000 characters"
    assert error_of(http.client.BadStatusLine("x" * 70_000)).message == text
