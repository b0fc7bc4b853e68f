# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Hints for failed connections, by the text of the error."""

from __future__ import annotations

_CLIENT_CERTIFICATE = "Set client_cert and client_key to a certificate that the server trusts, if it asks for one."
_NO_TLS = "Check the ports in api_url and proxy: something there does not speak TLS."
# Error texts of failed connections, with hints; the first match is used.
_CONNECTION_HINTS = {
    "Hostname mismatch": "The server's certificate is for another name: check the host in api_url.",
    "IP address mismatch": "The server's certificate is not for this address: use its name in api_url.",
    "doesn't match": "The server's certificate is for another name: check the host in api_url.",
    "certificate has expired": "The server's certificate is out of date: its owner has to renew it.",
    "CERTIFICATE_VERIFY_FAILED": "Name the CA that signed the server's certificate in ca_path.",
    "the port expects TLS": "Begin api_url with https.",
    "the port expects another protocol": "Check host and port in api_url, and the proxy.",
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "record layer failure": _NO_TLS,
    "packet length too long": _NO_TLS,
    "Tunnel connection failed: 407": "The proxy asks for a user and a password: add them to its address.",
    "Tunnel connection failed": "The proxy cannot or must not reach the server: check api_url and the proxy.",
    "UNSUPPORTED_PROTOCOL": "The server speaks only old versions of TLS: ask its operators for a newer one.",
    "Missing dependencies for SOCKS": "Where the task runs, install the Python library PySocks (requests[socks]).",
    "ALERT_HANDSHAKE_FAILURE": _CLIENT_CERTIFICATE,
    "ALERT_UNKNOWN_CA": _CLIENT_CERTIFICATE,
    "ALERT_BAD_CERTIFICATE": _CLIENT_CERTIFICATE,
    "ALERT_CERTIFICATE_": _CLIENT_CERTIFICATE,
    "ALERT_UNSUPPORTED_CERTIFICATE": _CLIENT_CERTIFICATE,
    "EOF occurred in violation": f"The TLS handshake was aborted. {_CLIENT_CERTIFICATE}",
}


def connection_hint(reason: str) -> str | None:
    """Return the hint for a failed connection with this error text, if known."""
    return next((hint for sign, hint in _CONNECTION_HINTS.items() if sign in reason), None)
