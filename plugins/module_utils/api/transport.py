# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""HTTP transport over requests: TLS, proxy, hard time limits, and whether a request was sent.

Redirects are never followed and netrc is never read: a request is sent to the configured address with the configured
credentials only. Nothing is retried here; the session decides about retries.
"""

from __future__ import annotations

import json
import math
import threading
import traceback
from collections.abc import Callable, Iterator
from functools import cached_property
from http.cookiejar import DefaultCookiePolicy

from ..errors import MissingRequests
from ..models.connection import Connection
from ..version import VERSION
from .calls import HttpRequest, HttpResponse
from .reachability import NOTICE_SECONDS
from .time_limit import run_with_time_limit

try:
    import requests
    import urllib3
    from requests.auth import AuthBase
    from urllib3 import exceptions as urllib3_errors

    MISSING_REQUESTS = None
except ImportError:
    MISSING_REQUESTS = traceback.format_exc()
    AuthBase = object  # type: ignore[assignment,misc]

USER_AGENT = f"ansible-collection-blueking.job/{VERSION}"
# Minimum time (seconds) for a request, however little of a deadline is left.
_MIN_SECONDS = 0.1
# Bytes per read, and maximum bytes of a response, more than JOB returns for 50 000 hosts.
_CHUNK_BYTES = 1 << 16
MAX_RESPONSE_BYTES = 1 << 28


class _NoNetrc(AuthBase):
    """Credentials are in the request already; with this, requests does not read a netrc file."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request unchanged."""
        return request


class _TrackedBody:
    """Body of one request that records how far sending it has come.

    It is read after the headers of the request were sent. A server cannot carry out a request without its whole body.
    So this is reliable, unlike the error texts of servers and libraries.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._lock = threading.Lock()
        self._taken = self._recalled = self._written = self._ended = False

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[bytes]:
        with self._lock:
            if self._recalled:
                raise TimeoutError("timed out before it was sent")
            self._taken = True
        yield self._data
        # Not reached if writing has failed.
        self._written = True

    @property
    def is_taken(self) -> bool:
        """Return whether sending has begun, so that there is a connection."""
        return self._taken

    def end(self) -> None:
        """Record that nothing more will be written."""
        self._ended = True

    def recall(self) -> bool:
        """Return whether the server cannot have the whole body; prevent sending if it has not begun."""
        with self._lock:
            self._recalled = True
            return not self._taken or (self._ended and not self._written)


class Transport:
    """Sends requests to one server.

    Raises:
        MissingRequests: the library requests cannot be imported.
    """

    def __init__(self, connection: Connection) -> None:
        if MISSING_REQUESTS is not None:
            raise MissingRequests(MISSING_REQUESTS)
        self._connection = connection
        if not connection.validate_certs:
            # Documented at validate_certs; not repeated at every request.
            urllib3.disable_warnings(urllib3_errors.InsecureRequestWarning)
        # Called with the remaining seconds if a request has had no response for a while.
        self.on_slow: Callable[[float], None] = lambda _seconds_left: None
        # Called with the remaining seconds if a request that may change something has had no response for longer.
        # Returns whether to continue waiting for it.
        self.is_alive: Callable[[float], bool] = lambda _seconds_left: True

    def send(self, request: HttpRequest, seconds_left: float, *, fresh: bool = False) -> HttpResponse:
        """Send once and return the response, with any status.

        The timeouts of the library restart with every byte, so a slow server could extend them forever. So the
        call runs in a thread, which is abandoned after the time limit.

        Args:
            request: the request.
            seconds_left: the caller's time limit, from name resolution to the last byte.
            fresh: use a new connection, so that a broken kept-alive one does not make the outcome unclear.

        Raises:
            JobError: there is no response; see C(delivery) for whether the request can have arrived.
        """
        seconds = max(seconds_left, _MIN_SECONDS)
        session = _new_session() if fresh else self._kept_session
        body = None if request.body is None else _TrackedBody(json.dumps(request.body).encode("utf-8"))
        try:
            return run_with_time_limit(
                seconds,
                lambda timed_out: self._send(session, request, body, seconds, timed_out, close=fresh),
                lambda: self.on_slow(self._read_seconds(request, seconds) - NOTICE_SECONDS),
                lambda left: self._may_respond(request, body, left),
            )
        except (requests.exceptions.RequestException, urllib3_errors.HTTPError, OSError, ValueError) as error:
            # Compiled only if there is no response.
            from .transport_errors import transport_error

            not_sent = None if body is None else body.recall()
            raise transport_error(request, not_sent, self._connection, error) from error

    def _read_seconds(self, request: HttpRequest, seconds: float) -> float:
        """Return the maximum time without data (seconds)."""
        return min(self._connection.read_timeout, request.silence_seconds, seconds)

    def _may_respond(self, request: HttpRequest, body: _TrackedBody | None, seconds_left: float) -> bool:
        """Return whether to continue waiting for the response to a request.

        The silence of a read has a limit of its own, and a connection has a timeout.
        """
        if body is None or not body.is_taken or request.silence_seconds < math.inf:
            return True
        return self.is_alive(seconds_left)

    @cached_property
    def _kept_session(self) -> requests.Session:
        """Create the session of calls that may use a kept-alive connection. A launch does not use it."""
        return _new_session()

    def _send(
        self,
        session: requests.Session,
        request: HttpRequest,
        body: _TrackedBody | None,
        seconds: float,
        timed_out: threading.Event,
        *,
        close: bool,
    ) -> HttpResponse:
        try:
            response = self._send_request(session, request, body, seconds)
            received = {name.lower(): value for name, value in response.headers.items()}
            return HttpResponse(response.status_code, received, _read_body(response, timed_out))
        finally:
            if body is not None:
                body.end()
            if close:
                session.close()

    def _send_request(
        self, session: requests.Session, request: HttpRequest, body: _TrackedBody | None, seconds: float
    ) -> requests.Response:
        """Return the response after reading its headers."""
        connection = self._connection
        headers = {**request.headers, "User-Agent": USER_AGENT}
        if body is not None:
            headers["Content-Type"] = "application/json"
        certificate = connection.client_cert
        response = session.request(
            request.method,
            connection.api_url + request.path,
            params=request.query,
            data=body,
            headers=headers,
            auth=_NoNetrc(),
            allow_redirects=False,
            timeout=(
                min(connection.connect_timeout, request.connect_seconds, seconds),
                self._read_seconds(request, seconds),
            ),
            # For every request: if set only for the session, a CA in the environment would override it.
            verify=connection.validate_certs and (connection.ca_path or True),
            cert=(certificate, connection.client_key) if certificate and connection.client_key else certificate,
            proxies={"http": connection.proxy, "https": connection.proxy} if connection.proxy else None,
            stream=True,
        )
        # Before version 2 urllib3 accepts a truncated response by default.
        response.raw.enforce_content_length = True
        return response


def _read_body(response: requests.Response, timed_out: threading.Event) -> bytearray:
    """Read the body until the time is over or the size limit is reached."""
    body = bytearray()
    with response:
        for chunk in response.iter_content(_CHUNK_BYTES):
            body += chunk
            if timed_out.is_set() or len(body) > MAX_RESPONSE_BYTES:
                body.clear()  # an error that is kept would keep it
                raise ValueError(f"the response is larger than {MAX_RESPONSE_BYTES >> 20} MiB, or endless")
    return body


def _new_session() -> requests.Session:
    session = requests.Session()
    # A cookie of the server might identify another caller than the task's credentials.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # Do not resolve redirects either, because the library would first read the whole response.
    session.get_redirect_target = lambda _response: None  # type: ignore[method-assign,assignment]
    return session
