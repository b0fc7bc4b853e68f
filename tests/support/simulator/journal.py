# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Journal: every request with its response, in memory, and in a file of JSON lines."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timezone
from io import RawIOBase
from pathlib import Path
from typing import Any

from .http_messages import Reply, Request, parsed


class Journal:
    """Entries are numbered and written in order, each before its response is sent."""

    def __init__(self, path: str | Path | None = None) -> None:
        self.entries: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._file: RawIOBase | None = None
        if path is not None:
            # Without a buffer each line is one write: a reader does not find it half written.
            self._file = Path(path).open("ab", buffering=0)  # noqa: SIM115 (open as long as the server)

    def note(self, request: Request, reply: Reply, fault: Mapping[str, Any] | None = None) -> None:
        """Add a request with its effects, and the injected fault.

        The response is what was sent, without status if nothing was; the run it started is included in any case.
        """
        entry: dict[str, Any] = {
            "n": 0,
            "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "gateway": reply.gateway,
            "call": reply.call,
            "method": request.method,
            "target": request.target,
            "path": request.path,
            "query": dict(request.query),
            "headers": dict(request.headers),
            "body": request.body.decode("utf-8", "replace"),
            "json": _json(request.body),
            "caller": {"user": reply.caller.user, "app": reply.caller.app} if reply.caller else None,
            "answer": _answer(reply),
            "did": reply.result.did if reply.result else [],
            "fault": fault,
        }
        with self._lock:
            entry["n"] = len(self.entries) + 1
            if self._file is not None:
                self._file.write(f"{json.dumps(entry, ensure_ascii=False)}\n".encode("utf-8", "backslashreplace"))
            self.entries.append(entry)

    def counts(self) -> dict[str, Any]:
        """Count the requests, in total and by call, and those that created or started a run."""
        with self._lock:
            calls = Counter(entry["call"] or "none" for entry in self.entries)
            launched = sum(1 for entry in self.entries if entry["answer"]["started"] is not None)
            return {"requests": len(self.entries), "by_call": dict(calls), "launched": launched}

    def close(self) -> None:
        """Close the file; the entries stay readable."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def _answer(reply: Reply) -> dict[str, Any]:
    body = reply.body if isinstance(reply.body, Mapping) else {}
    started = reply.result.started if reply.result else ()
    error = body.get("error")
    return {
        "http": reply.http,
        # v4 has a name and the others have a code.
        "code": error.get("code") if isinstance(error, Mapping) else body.get("code"),
        "result": body.get("result"),
        "started": started[0] if started else None,
    }


def _json(body: bytes) -> Any:
    try:
        return parsed(body)
    except ValueError:
        return None
