# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Transport errors: whether the request can have arrived, and why there is no response."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import suppress

from ..common.text import quoted, truncate
from ..errors import Delivery, JobError
from ..models.connection import Connection
from .calls import HttpRequest
from .connection_hints import connection_hint
from .proxy import ProxyInUse, proxy_in_use
from .time_limit import UnresponsiveServer

# Without the library no request can be sent; the transport reports that.
with suppress(ImportError):
    import requests
    from urllib3 import exceptions as urllib3_errors

_UNREACHABLE_HINT = "Check api_url, the network, proxy and TLS options from where the task runs."
# Error texts for an untrusted certificate, of old and new versions of urllib3.
_UNTRUSTED = frozenset({"CERTIFICATE_VERIFY_FAILED", "doesn't match"})
# Error texts of a port without TLS or with another version, and of a proxy that rejects a tunnel or redirects it.
_WRONG_PROTOCOL_OR_TUNNEL = re.compile(
    r"WRONG_VERSION_NUMBER|record layer failure|RECORD_LAYER_FAILURE|packet length too long|UNSUPPORTED_PROTOCOL"
    r"|Tunnel connection failed: (?:3|4(?!08|29))\d\d"
)
# First bytes of what is not HTTP/1: TLS (a record of type alert), SSH, Redis, FTP and SMTP, POP3, IMAP, VNC, AMQP,
# MySQL (a packet with number 0 and protocol version 10), HTTP/2 (a frame with settings).
_OTHER_PROTOCOL = re.compile(
    r"(?P<tls>\x15\x03)|SSH-\d|-(?:ERR|NOAUTH|DENIED) |220[ -]|\+OK\b|\* OK\b|RFB \d{3}\.|AMQP"
    r"|[^\0]\0\0\0\n|\0\0.\x04\0"
)
# Alerts of a server about the certificate of its client. With TLS 1.3 they come after the client has sent its request,
# but the server has not read it: its side of the handshake failed.
_CLIENT_REJECTED = re.compile(
    r"ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(REVOKED|EXPIRED|UNKNOWN)|UNKNOWN_CA)"
)
_MAX_REASON_LENGTH = 1000
_MAX_LINE_LENGTH = 60
# Timeouts in error texts, which have all digits of a calculated time.
_EXACT_TIME = re.compile(r"(timeout=\d+\.\d)\d+")


def transport_error(request: HttpRequest, not_sent: bool | None, connection: Connection, error: Exception) -> JobError:
    """Return the error for a call without a response.

    Args:
        request: the request.
        not_sent: whether its body was surely not sent completely; None for a request without body, which only reads.
        connection: address and proxy.
        error: exception of the library.
    """
    not_sent = _is_connect_error(error) if not_sent is None else not_sent
    reason = _reason(error)
    proxy = proxy_in_use(connection)
    through = f" through {proxy}" if proxy else ""
    other_protocol = _other_protocol(error)
    if other_protocol is not None:
        not_sent, reason = True, other_protocol
    elif _is_client_rejected(error):
        not_sent = True
    if not_sent:
        # Without the call: the line is cut after some 200 characters, and addresses may be long.
        what = f"{connection.api_url} cannot be reached"
    else:
        what = f"{request.path.rstrip('/').rpartition('/')[2]}: no response from {connection.api_url}"
    return JobError(
        f"{what}{through}: {reason}",
        kind="not_sent" if not_sent else "server_error",
        message=reason,
        hint=_hint(reason, proxy) if not_sent else connection_hint(reason),
        delivery=Delivery.NOT_SENT if not_sent else Delivery.UNKNOWN,
        transient=not ((not_sent and _is_permanent(error)) or isinstance(error, UnresponsiveServer)),
    )


def _hint(reason: str, proxy: ProxyInUse | None) -> str:
    """Return the hint for a failed connection; the proxy is named unless the cause lies elsewhere."""
    hint = connection_hint(reason) or _UNREACHABLE_HINT
    return f"{hint} {proxy.hint}" if proxy and "proxy" in hint else hint


def _is_connect_error(error: Exception) -> bool:
    """Return whether a request without body, which only reads, failed while connecting."""
    early = (
        requests.exceptions.SSLError,
        requests.exceptions.ProxyError,
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        urllib3_errors.NewConnectionError,
        urllib3_errors.ConnectTimeoutError,
        urllib3_errors.SSLError,
    )
    return _is_file_error(error) or any(isinstance(cause, early) for cause in _chain(error))


def _is_file_error(error: Exception) -> bool:
    """Return whether a file of the TLS options is invalid: requests opens them before it connects."""
    network = (requests.exceptions.RequestException, ConnectionError, TimeoutError)
    return isinstance(error, OSError) and not isinstance(error, network)


def _is_permanent(error: Exception) -> bool:
    """Return whether a retry is useless: an invalid option, a missing file, an untrusted certificate."""
    if isinstance(error, ValueError) or _other_protocol(error) is not None or _is_client_rejected(error):
        return True
    if isinstance(error, requests.exceptions.RequestException):
        texts = [str(each) for each in _chain(error)]
        return any(_WRONG_PROTOCOL_OR_TUNNEL.search(text) or any(sign in text for sign in _UNTRUSTED) for text in texts)
    return _is_file_error(error)


def _other_protocol(error: Exception) -> str | None:
    """Return what the port expects in place of HTTP if the response shows that; such a server reads no request."""
    lines = [getattr(each, "line", None) for each in _chain(error)]
    for line in lines:
        found = _OTHER_PROTOCOL.match(line.strip("'\"")) if isinstance(line, str) else None
        if found:
            return "the port expects TLS" if found["tls"] else "the port expects another protocol than HTTP"
    return None


def _is_client_rejected(error: Exception) -> bool:
    """Return whether the server rejected the certificate of the client, or the client for having none."""
    return any(isinstance(each, ssl.SSLError) and _CLIENT_REJECTED.search(each.reason or "") for each in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and its causes, outermost first."""
    seen: set[int] = set()
    current: object = error
    while isinstance(current, BaseException) and id(current) not in seen:
        seen.add(id(current))
        yield current
        inner = getattr(current, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((arg for arg in current.args if isinstance(arg, BaseException)), None)
        current = inner


def _reason(error: Exception) -> str:
    """Return the text of the innermost cause, without the object addresses that urllib3 prepends."""
    innermost = list(_chain(error))[-1]
    line = getattr(innermost, "line", None)
    if isinstance(line, str) and not isinstance(innermost, ConnectionError):
        return f"the response is not HTTP: {quoted(line, _MAX_LINE_LENGTH)}"
    # It may be a server's text of any length.
    words = re.sub(
        r"<[^>]*>:? ?|\w+\(host=[^)]*\): ?|Failed to establish a new connection: ",
        "",
        truncate(str(innermost), _MAX_REASON_LENGTH),
    )
    return _EXACT_TIME.sub(r"\1", words.strip()) or type(innermost).__name__
