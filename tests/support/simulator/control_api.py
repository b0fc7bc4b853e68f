# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control API: faults, counters and the clock of a running server, for tests in other processes.

GET /control returns everything; GET, POST and DELETE /control/faults list, set and clear faults, DELETE
/control/faults/<id> removes one; POST /control/clock moves the clock ({"advance": seconds}) or, for a manual clock,
runs the next action ({"steps": 1}). These requests are not calls: the journal omits them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .errors import InventoryError
from .fault_injection import Faults
from .fault_schema import FaultError
from .http_messages import Reply, Request, parsed
from .journal import Journal
from .run_manager import RunManager
from .yaml_schema import Key, integer, section, wrong

PREFIX = "/control"
MAX_ADVANCE = 10_000_000
_FAULT = re.compile(r"/control/faults/([1-9][0-9]{0,8})")


class ControlError(Exception):
    """An invalid request to the control API."""

    def __init__(self, http: int, text: str) -> None:
        super().__init__(text)
        self.http = http


def _advance(path: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_ADVANCE:
        raise wrong(path, f"seconds between 0 and {MAX_ADVANCE}", value)
    return float(value)


_CLOCK = section({"advance": Key(_advance, None), "steps": Key(integer(1), None)})


class Control:
    """Handler of the control API of one server."""

    def __init__(self, run_manager: RunManager, faults: Faults, journal: Journal) -> None:
        self._run_manager, self._faults, self._journal = run_manager, faults, journal
        self._routes: dict[tuple[str, str], Callable[[Any], dict[str, Any]]] = {
            ("GET", "/control"): self._everything,
            ("GET", "/control/faults"): self._list,
            ("POST", "/control/faults"): self._add,
            ("DELETE", "/control/faults"): self._clear,
            ("GET", "/control/clock"): self._clock,
            ("POST", "/control/clock"): self._move,
        }

    @staticmethod
    def owns(path: str) -> bool:
        """Return whether a path belongs to the control API."""
        return path == PREFIX or path.startswith(f"{PREFIX}/")

    def serve(self, request: Request) -> Reply:
        """Handle one request."""
        try:
            return Reply(200, self._answer(request), "control")
        except ControlError as error:
            return Reply(error.http, {"error": str(error)}, "control")
        except (FaultError, InventoryError) as error:
            return Reply(400, {"error": str(error)}, "control")

    def _answer(self, request: Request) -> dict[str, Any]:
        path = request.path.rstrip("/")
        one = _FAULT.fullmatch(path)
        if one is not None and request.method == "DELETE":
            if not self._faults.remove(int(one[1])):
                raise ControlError(404, f"no fault has the id {one[1]}")
            return {"removed": int(one[1])}
        handler = self._routes.get((request.method, path))
        if handler is None:
            known = ", ".join(f"{method} {place}" for method, place in self._routes)
            raise ControlError(404, f"no such control address: {request.method} {path}; there are {known}")
        return handler(_body(request))

    def _everything(self, _body: Any) -> dict[str, Any]:
        counters = {**self._journal.counts(), **self._run_manager.counts()}
        return {**self._list(None), "counters": counters, **self._clock(None)}

    def _list(self, _body: Any) -> dict[str, Any]:
        return {"faults": self._faults.list()}

    def _add(self, body: Any) -> dict[str, Any]:
        return {"id": self._faults.add(body)}

    def _clear(self, _body: Any) -> dict[str, Any]:
        self._faults.clear()
        return {"faults": []}

    def _clock(self, _body: Any) -> dict[str, Any]:
        timeline = self._run_manager.timeline
        return {"clock": {"now": timeline.now_ms(), "manual": timeline.manual, "waiting": timeline.waiting}}

    def _move(self, body: Any) -> dict[str, Any]:
        """Move the clock, and return how many actions ran."""
        wanted: Mapping[str, Any] = _CLOCK("clock", body)
        timeline, happened = self._run_manager.timeline, 0
        if (wanted["advance"] is None) == (wanted["steps"] is None):
            raise wrong("clock", "either advance or steps")
        if wanted["advance"] is not None:
            happened = timeline.advance(wanted["advance"])
        elif not timeline.manual:
            raise wrong("clock.steps", "advance, for only a manual clock goes step by step")
        else:
            while happened < wanted["steps"] and timeline.step():
                happened += 1
        return {"happened": happened, **self._clock(None)}


def _body(request: Request) -> Any:
    if request.method != "POST":
        return None
    try:
        return parsed(request.body)
    except ValueError:
        raise ControlError(400, "the body is no JSON") from None
