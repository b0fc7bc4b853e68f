# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Callbacks: notify the callback URL of a launch that the run has ended.

JOB API: one POST of JSON. After a status other than 200 it is sent once more with the same text, then declared a
form; a connection that fails or takes more than 15 s is not retried. Nothing is signed, and redirects are not followed.
"""

from __future__ import annotations

import http.client
import json
import threading
from urllib.parse import urlsplit

from .instances import JobInstance

SECONDS = 15
_TYPES = ("application/json", "application/x-www-form-urlencoded")


class Callbacks:
    """Sends each callback in a thread of its own, so that no run waits for a receiver."""

    def __init__(self) -> None:
        self.sent = 0
        """Number of callbacks begun; a retry does not count."""
        self._lock = threading.Lock()

    def send(self, job: JobInstance) -> None:
        """Send the current state of a run."""
        text = json.dumps(
            {
                "job_instance_id": job.id,
                "status": job.status,
                "step_instances": [{"step_instance_id": step.id, "status": step.status} for step in job.steps],
            }
        )
        with self._lock:
            self.sent += 1
        threading.Thread(
            target=deliver, args=(job.callback_url or "", text.encode()), name="job-callback", daemon=True
        ).start()


def deliver(url: str, body: bytes) -> None:
    """Send a body; a second time as a form unless the first status is 200."""
    for content_type in _TYPES:
        status = _post(url, body, content_type)
        if status is None or status == 200:
            return


def _post(url: str, body: bytes, content_type: str) -> int | None:
    """Return the status of the response; None if there was none."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
    except (OSError, ValueError):
        return None
    try:
        connection.request("POST", path, body, {"Content-Type": content_type})
        response = connection.getresponse()
        response.read()
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return response.status
