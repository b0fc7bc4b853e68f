# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP through the library requests: TLS, proxy, timeouts, and what is known of a request that got no answer.

Private to the collection blueking.job: no stable interface for others.

Redirects are never followed and netrc is never read: a request goes to the configured place with the configured
credentials, or nowhere. Nothing is sent twice here; who may read again decides the client.
"""

from __future__ import annotations

import json
import re
import threading
import traceback
from collections.abc import Callable, Iterator
from http.cookiejar import DefaultCookiePolicy

from .errors import Delivery, JobError, MissingRequests
from .models import Connection
from .version import VERSION
from .wire.base import HttpAnswer, HttpRequest

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
_UNREACHED = "Check api_url, the network, proxy and TLS options from where the task runs."
# Signs of a certificate that is not trusted, in old and new versions of urllib3.
_UNTRUSTED = frozenset({"CERTIFICATE_VERIFY_FAILED", "doesn't match"})
# However little of a deadline is left, a request gets this long (seconds).
_SHORTEST = 0.1
# So much later (seconds) than its own timeouts an exchange is given up that does not keep them.
_GRACE = 0.2


class _NoNetrc(AuthBase):
    """Credentials are in the request already; with this, requests does not look for others in a netrc file."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Leave the request as it is."""
        return request


class _Body:
    """The body of one request, which knows whether anybody has begun to send it.

    It is asked for when the head of the request is on its way. A server cannot carry out a request without its body,
    so this is a fact where the words of an error are none: they come from servers and libraries.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._lock = threading.Lock()
        self._taken = self._recalled = False

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[bytes]:
        with self._lock:
            if self._recalled:
                raise TimeoutError("given up before it was sent")
            self._taken = True
        yield self._data

    def recall(self) -> bool:
        """Whether nothing of it has left; from now on nothing will."""
        with self._lock:
            self._recalled = True
            return not self._taken


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
            # Said once by the documentation of validate_certs, not at every request.
            urllib3.disable_warnings(urllib3_errors.InsecureRequestWarning)
        self._session = _session()

    def send(self, request: HttpRequest, seconds_left: float, *, fresh: bool = False) -> HttpAnswer:
        """Send once and return whatever is answered.

        The timeouts of the library begin anew with every byte, so a slow server could stretch them for ever. The
        exchange therefore runs beside, and is left to itself when its time is over.

        Args:
            request: what to send.
            seconds_left: the caller's deadline, for everything from the first look at the host's name to the last byte.
            fresh: use a connection of its own, so that a kept one that just died cannot blur what happened.

        Raises:
            JobError: there is no answer; C(delivery) says whether the request can have arrived.
        """
        seconds = max(seconds_left, _SHORTEST)
        session = _session() if fresh else self._session
        body = None if request.body is None else _Body(json.dumps(request.body).encode("utf-8"))
        try:
            return _within(seconds + _GRACE, lambda: self._send(session, request, body, seconds))
        except (requests.exceptions.RequestException, urllib3_errors.HTTPError, OSError, ValueError) as error:
            raise _no_answer(request, body, self._connection, error) from error

    def _send(self, session: requests.Session, request: HttpRequest, body: _Body | None, seconds: float) -> HttpAnswer:
        try:
            return self._exchange(session, request, body, seconds)
        finally:
            if session is not self._session:
                session.close()

    def _exchange(
        self, session: requests.Session, request: HttpRequest, body: _Body | None, seconds: float
    ) -> HttpAnswer:
        connection = self._connection
        headers = {**request.headers, "User-Agent": USER_AGENT}
        if body is not None:
            headers["Content-Type"] = "application/json"
        certificate = connection.client_cert
        answer = session.request(
            request.method,
            connection.api_url + request.path,
            params=request.query,
            data=body,
            headers=headers,
            auth=_NoNetrc(),
            allow_redirects=False,
            timeout=(min(connection.connect_timeout, seconds), min(connection.read_timeout, seconds)),
            # On every request: on the session alone, a CA named by the environment would win.
            verify=connection.validate_certs and (connection.ca_path or True),
            cert=(certificate, connection.client_key) if certificate and connection.client_key else certificate,
            proxies={"http": connection.proxy, "https": connection.proxy} if connection.proxy else None,
            stream=True,
        )
        # Before version 2 urllib3 takes an answer that breaks off for a whole one, unless it is told otherwise.
        answer.raw.enforce_content_length = True
        received = {name.lower(): value for name, value in answer.headers.items()}
        return HttpAnswer(answer.status_code, received, bytearray(answer.content))


def _within(seconds: float, exchange: Callable[[], HttpAnswer]) -> HttpAnswer:
    """What the exchange returns or raises, TimeoutError if it does neither in time; then it goes on unheard."""
    done: list[HttpAnswer] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(exchange())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not done:
        raise TimeoutError(f"not answered in full within {seconds - _GRACE:.3g} s")
    return done[0]


def _session() -> requests.Session:
    session = requests.Session()
    # A cookie of the server might name another caller than the task does.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def _no_answer(request: HttpRequest, body: _Body | None, connection: Connection, error: Exception) -> JobError:
    from .codes import connection_hint

    not_sent = body.recall() if body is not None else _is_early(error)
    what = f"{connection.api_url} cannot be reached" if not_sent else f"no answer from {connection.api_url}"
    reason = _reason(error)
    return JobError(
        f"{request.method} {request.path}: {what}: {reason}",
        kind="not_sent" if not_sent else "server_error",
        message=reason,
        hint=connection_hint(reason) or (_UNREACHED if not_sent else None),
        delivery=Delivery.NOT_SENT if not_sent else Delivery.UNKNOWN,
        transient=not (not_sent and _is_lasting(error)),
    )


def _is_early(error: Exception) -> bool:
    """Whether a request without body got no further than to the attempt to connect; such a request merely reads."""
    early = (
        requests.exceptions.SSLError,
        requests.exceptions.ProxyError,
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        urllib3_errors.NewConnectionError,
        urllib3_errors.ConnectTimeoutError,
        urllib3_errors.SSLError,
    )
    return _is_about_files(error) or any(isinstance(cause, early) for cause in _chain(error))


def _is_about_files(error: Exception) -> bool:
    """Whether a file of the TLS options is the trouble: requests looks for them before it connects."""
    network = (requests.exceptions.RequestException, ConnectionError, TimeoutError)
    return isinstance(error, OSError) and not isinstance(error, network)


def _is_lasting(error: Exception) -> bool:
    """Whether it will be the same next time: a wrong option, a missing file, a certificate that is not trusted."""
    if isinstance(error, ValueError):
        return True
    if isinstance(error, requests.exceptions.RequestException):
        return any(sign in str(each) for each in _chain(error) for sign in _UNTRUSTED)
    return _is_about_files(error)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was made from, outermost first."""
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
    """The innermost cause in words, without the object addresses that urllib3 puts in front."""
    innermost = list(_chain(error))[-1]
    return re.sub(r"<[^>]*>:? ?|\w+\(host=[^)]*\): ?", "", str(innermost)).strip() or type(innermost).__name__
