# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""JSON decoder for responses: builds models while it decodes.

A response about 50 000 hosts has nine megabytes, and would need four times as much memory as dictionaries. So each
object becomes a model as soon as it is decoded.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

# Returns what takes the place of an object in the decoded value: a model, or the same object.
ObjectHook = Callable[[dict[str, Any]], object]


def decode(body: bytes | bytearray, object_hook: ObjectHook | None = None) -> object:
    """Return the JSON value of a body.

    Bytes that are not text become replacement characters. Strings may contain control characters, because logs contain
    what a script has printed.

    Args:
        body: the response body. A bytearray is emptied, to free its memory before the models need theirs.
        object_hook: called with every object, innermost first; what it returns takes the place of the object.

    Raises:
        ValueError: the body is not JSON.
        RecursionError: the body is nested too deeply.
    """
    text = body.decode(json.detect_encoding(body), "replace")
    if isinstance(body, bytearray):
        body.clear()
    return json.loads(
        text, strict=False, object_hook=object_hook, parse_float=_finite_float, parse_constant=_finite_float
    )


def _finite_float(text: str) -> float:
    """Parse a number. Reject NaN and Infinity, which other programs cannot read."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a number")
    return number
