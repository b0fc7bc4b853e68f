# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""API session: send calls, retry failed reads, and keep the server's time."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from ..common.clock import Clock, Deadline
from ..common.dates import http_date
from ..common.redaction import MASK
from ..common.retry import READ
from ..errors import Delivery, JobError
from ..models.connection import Connection
from .calls import Call, HttpRequest, HttpResponse
from .envelope import is_blueking_code, unwrap
from .json_reader import unusable_response
from .protocols import Gateway, Schema
from .proxy import address_error, proxy_may_respond
from .reachability import PROBE_SECONDS, Reachability
from .transport import Transport

# Maximum time (seconds) for retries of a failed read, with growing pauses.
READ_RETRY_SECONDS = 10.0
# Maximum time (seconds) of retries for responses that are not from JOB: the address is wrong.
PROTOCOL_RETRY_SECONDS = 5.0
T = TypeVar("T")


class Redact(Protocol):
    """Removes secrets from a text, or from all texts of a structure."""

    def __call__(self, value: T) -> T:
        """Return the same without secrets."""


def _unredacted(value: T) -> T:
    return value


class ApiSession:
    """One connection to JOB: its gateway, schema and transport, and the time of the server.

    Args:
        connection: address and settings.
        gateway: addresses of calls, and placement of credentials.
        schema: names and structures of the API generation.
        transport: sends HTTP requests.
        clock: time.
        redact: removes secrets from response texts.
        emit: prints a line while the task runs.
    """

    def __init__(
        self,
        connection: Connection,
        gateway: Gateway,
        schema: Schema,
        transport: Transport,
        clock: Clock,
        redact: Redact = _unredacted,
        emit: Callable[[str], None] | None = None,
    ) -> None:
        self._connection = connection
        self._gateway = gateway
        self.schema = schema
        self._transport = transport
        self._clock = clock
        self._redact = redact
        self._date: tuple[float, float] | None = None
        # Whether a response has come from JOB, or from a gateway that has error codes.
        self.is_job = False
        self._reachability = Reachability(connection.api_url, clock, emit)
        transport.on_slow = self._reachability.note_silence
        transport.is_alive = self._is_alive

    def deadline(self, seconds: float) -> Deadline:
        """Return a deadline after a number of seconds, on the clock of this session."""
        return Deadline(self._clock, seconds)

    def server_epoch(self) -> float | None:
        """Return the current time of the server, in seconds since the epoch; None before the first Date header.

        The local clock may be wrong, and JOB uses its own.
        """
        if self._date is None:
            return None
        shown, seen_at = self._date
        return shown + self._clock.now() - seen_at

    def preview_call(self, call: Call[object]) -> dict[str, object]:
        """Return the request for a call: C(method), C(path) and C(body), with credentials masked."""
        request = self._gateway.request(call, self.schema, self._connection)
        secret_keys = self._gateway.secret_keys()
        body = {key: MASK if key in secret_keys else value for key, value in (request.body or {}).items()}
        return {"method": request.method, "path": urlsplit(self._connection.api_url).path + request.path, "body": body}

    def read(self, call: Call[T], deadline: Deadline, retry_for: float) -> T:
        """Read, and retry for C(retry_for) seconds on failure.

        Raises:
            JobError: error response, or no readable response in time.
        """
        backoff = READ.backoff(self._clock, deadline.within(retry_for))
        protocol_errors_until = Deadline(self._clock, PROTOCOL_RETRY_SECONDS)
        while True:
            try:
                return self.send(call, deadline.remaining(), is_read=True)
            except JobError as error:
                # A server that keeps sending invalid responses is not JOB, so stop retrying.
                if not READ.may_retry(error) or (error.kind == "protocol" and protocol_errors_until.remaining() <= 0):
                    raise
                retry_after = error.retry_after or 0.0
                if retry_for and 0 < retry_after < deadline.remaining():
                    # A server that sends Retry-After did respond: restart the retry time.
                    self._clock.sleep(max(retry_after, READ.first_pause_seconds))
                    backoff = READ.backoff(self._clock, deadline.within(retry_for))
                elif not backoff.pause(maximum=_longest_pause(error, protocol_errors_until)):
                    raise

    def send(self, call: Call[T], seconds: float, *, fresh: bool = False, is_read: bool = False) -> T:
        """Send one call and return the parsed data of its response.

        Args:
            call: the call.
            seconds: time limit.
            fresh: use a new connection.
            is_read: the call changes nothing, so that an address that never responds can be given up.

        Raises:
            JobError: see C(delivery) for whether the call can have had an effect.
        """
        response = self._send_request(call, seconds, fresh, is_read)
        try:
            parsed = call.parse(unwrap(call, response, self._redact))
        except JobError as error:
            raise self._note_error_response(error) from error.__cause__
        except (ArithmeticError, RecursionError, ValueError) as error:
            # Numbers, times or depths out of range: the response is invalid.
            raise unusable_response(str(error)) from error
        self.is_job = True
        return parsed

    def _note_error_response(self, error: JobError) -> JobError:
        """Return the error of a response that is not a success, with the address that it may come from."""
        if is_blueking_code(error.code):
            self.is_job = self._reachability.responded = True
        elif error.http_status is not None and (not self.is_job or error.delivery is Delivery.NOT_SENT):
            error = address_error(error, self._connection)
        return self._reachability.note_error(error)

    def _send_request(self, call: Call[object], seconds: float, fresh: bool, is_read: bool) -> HttpResponse:
        """Send the request of a call and return the response, with any status."""
        request = self._gateway.request(call, self.schema, self._connection)
        self._reachability.begin()
        maximum = self._reachability.max_silence_seconds()
        # A launch that the server has received may take its time.
        request = replace(request, connect_seconds=maximum, silence_seconds=maximum if is_read else math.inf)
        try:
            response = self._transport.send(request, seconds, fresh=fresh)
        except JobError as error:
            raise self._reachability.note_error(error) from error.__cause__
        # A proxy responds with such a status if it cannot reach the server.
        if response.status < 500 or not proxy_may_respond(self._connection):
            self._reachability.responded = True
        self._note_date(response.headers.get("date"))
        return response

    def _is_alive(self, seconds_left: float) -> bool:
        """Return whether the server has ever responded. If not, send it a request that needs no credentials."""
        if not self._reachability.responded:
            seconds = min(seconds_left, PROBE_SECONDS)
            with suppress(JobError):
                self._transport.send(HttpRequest("GET", "/", silence_seconds=seconds), seconds, fresh=True)
                self._reachability.responded = True
        return self._reachability.responded

    def _note_date(self, text: str | None) -> None:
        shown = http_date(text)
        if shown is not None:
            self._date = (shown, self._clock.now())


def _longest_pause(error: JobError, protocol_errors_until: Deadline) -> float | None:
    """Return the longest pause before the next read (seconds), so that retries end in time; None for any."""
    return protocol_errors_until.remaining() if error.kind == "protocol" else error.retry_within
