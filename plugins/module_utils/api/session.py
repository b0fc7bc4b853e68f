# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""API session: send calls, repeat failed reads, and keep the server's time.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ..common.clock import Clock, Deadline, Pauses
from ..common.dates import http_date
from ..errors import JobError
from ..models.connection import Connection
from .calls import Call
from .envelope import unwrap
from .json_reader import unreadable
from .transport import Transport

if TYPE_CHECKING:
    from .protocols import Gateway, Schema

# A read that fails is tried again for this long (seconds), with growing pauses.
READ_PATIENCE = 10.0
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
T = TypeVar("T")


class ApiSession:
    """One connection to JOB: its gateway, schema and transport, and the time of the server.

    Args:
        connection: where JOB is.
        gateway: where calls go, and where credentials belong.
        schema: names and shapes of the API generation.
        transport: sends HTTP requests.
        clock: time.
        hide: takes secrets out of what an error repeats of a response.
    """

    def __init__(
        self,
        connection: Connection,
        gateway: Gateway,
        schema: Schema,
        transport: Transport,
        clock: Clock,
        hide: Callable[[str], str] = str,
    ) -> None:
        self._connection = connection
        self._gateway = gateway
        self._schema = schema
        self._transport = transport
        self._clock = clock
        self._hide = hide
        self._date: tuple[float, float] | None = None

    def server_epoch(self) -> float | None:
        """What the server's clock shows now, in seconds since the epoch; None as long as no answer told.

        The local clock may be wrong, and JOB compares with its own.
        """
        if self._date is None:
            return None
        shown, seen_at = self._date
        return shown + self._clock.now() - seen_at

    def read(self, call: Call, parse: Callable[[object], T], deadline: Deadline, patience: float) -> T:
        """Read, and try again for C(patience) seconds if that fails.

        Raises:
            JobError: refused, or no readable response in time.
        """
        pauses = self._pauses(deadline, patience)
        nonsense = Deadline(self._clock, READ_PATIENCE)
        while True:
            try:
                return self.exchange(call, parse, deadline.left())
            except JobError as error:
                # What answers nonsense for so long is no JOB, and it is no use to go on asking.
                if not error.transient or (error.kind == "protocol" and nonsense.left() <= 0):
                    raise
                asked_for = error.retry_after or 0.0
                if patience and 0 < asked_for < deadline.left():
                    # A server that asks to be left alone has not failed to answer: patience begins anew.
                    self._clock.sleep(max(asked_for, _FIRST_PAUSE))
                    pauses = self._pauses(deadline, patience)
                elif not pauses.take():
                    raise

    def _pauses(self, deadline: Deadline, patience: float) -> Pauses:
        return Pauses(self._clock, Deadline(self._clock, deadline.clip(patience)), _FIRST_PAUSE, _LONGEST_PAUSE)

    def exchange(self, call: Call, parse: Callable[[object], T], seconds: float, *, fresh: bool = False) -> T:
        """Send one call and return what C(parse) makes of its data.

        Raises:
            JobError: C(delivery) tells whether the call can have had an effect.
        """
        request = self._gateway.request(call, self._schema, self._connection)
        answer = self._transport.send(request, seconds, fresh=fresh)
        self._note_date(answer.headers.get("date"))
        try:
            return parse(unwrap(call, answer, self._hide))
        except (ArithmeticError, RecursionError, ValueError) as error:
            # Numbers, times, depths beyond all bounds. Whatever is in an answer, the worst it can be is unreadable.
            raise unreadable(str(error)) from error

    def _note_date(self, text: str | None) -> None:
        shown = http_date(text)
        if shown is not None:
            self._date = (shown, self._clock.now())
