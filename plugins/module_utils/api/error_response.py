# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Conversion of error responses, of JOB and of gateways, to exceptions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..common.text import parse_int64
from ..errors import JobError
from .calls import Call, HttpResponse
from .error_codes import meaning_of_code
from .error_details import invalid_hosts, missing_permission, redacted_json, retry_after
from .error_meaning import ErrorMeaning
from .http_statuses import meaning_of_http_status, meaning_of_unknown_code
from .intermediaries import meaning_of_intermediary, meaning_of_redirect

_EXCERPT_LENGTH = 200


def response_error(
    call: Call[object], response: HttpResponse, envelope: Mapping[str, object] | None, redact: Callable[[str], str]
) -> JobError:
    """Return the error for a response; C(envelope) is None for a redirect or a body that is not a JSON object."""
    if 300 <= response.status < 400:
        return _redirect_error(call, response, redact)
    if envelope is None:
        return _no_envelope_error(call, response, redact)
    return _envelope_error(call, response, envelope, redact)


def _envelope_error(
    call: Call[object], response: HttpResponse, envelope: Mapping[str, object], redact: Callable[[str], str]
) -> JobError:
    code = parse_int64(envelope.get("code"))
    excerpt = _excerpt(response.body, redact)
    message = _text(envelope, "message") or f"HTTP {response.status} without a message: {excerpt}"
    if code and envelope.get("result") is not True:
        meaning = meaning_of_code(code, message, response.status, _text(envelope, "code_name"))
    else:
        # Neither a success nor an error: a bare status of a gateway, or a contradictory response.
        contradicts = envelope.get("result") is True and response.status != 200
        meaning = (meaning_of_unknown_code if contradicts else meaning_of_http_status)(response.status)
        if response.status == 200 and envelope.get("result") is not False:
            message = f"the response is not a JOB envelope: {excerpt}"
    label = f"{code}: {message}" if code else message
    return _error(call, response, meaning, label, message, code, envelope, redact)


def _text(envelope: Mapping[str, object], key: str) -> str:
    value = envelope.get(key)
    return value if isinstance(value, str) else ""


def _no_envelope_error(call: Call[object], response: HttpResponse, redact: Callable[[str], str]) -> JobError:
    meaning = meaning_of_intermediary(response) or meaning_of_http_status(response.status)
    if not response.body.strip():
        what = "an empty body"
    elif response.status == 200:
        what = f"a body that is not a JSON object: {_excerpt(response.body, redact)}"
    else:
        what = _excerpt(response.body, redact)
    message = f"HTTP {response.status} with {what}"
    return _error(call, response, meaning, message, message, None, {}, redact)


def _redirect_error(call: Call[object], response: HttpResponse, redact: Callable[[str], str]) -> JobError:
    target = re.sub(r"//[^/@]*@", "//", response.headers.get("location", "nowhere")).split("?")[0]
    message = f"HTTP {response.status}, redirected to {target}"
    meaning = meaning_of_redirect(target)
    return _error(call, response, meaning, message, message, None, {}, redact)


def _error(
    call: Call[object],
    response: HttpResponse,
    meaning: ErrorMeaning,
    label: str,
    message: str,
    code: int | None,
    envelope: Mapping[str, object],
    redact: Callable[[str], str],
) -> JobError:
    permission = redacted_json(envelope.get("permission"), redact)
    missing = missing_permission(permission)
    return JobError(
        f"{call.name}: {label}" + (f" (missing permission: {missing})" if missing else ""),
        kind=meaning.kind,
        message=message,
        code=code,
        http_status=response.status,
        request_id=_request_id(response, envelope),
        permission=permission,
        invalid_hosts=invalid_hosts(code, message),
        hint=f"Missing permission: {missing}. {meaning.hint or ''}".rstrip() if missing else meaning.hint,
        delivery=meaning.delivery,
        transient=meaning.transient,
        retry_after=retry_after(response.headers),
    )


def _request_id(response: HttpResponse, envelope: Mapping[str, object]) -> str | None:
    candidates = (
        envelope.get("job_request_id"),
        envelope.get("request_id"),
        response.headers.get("x-bk-job-request-id"),
        response.headers.get("x-bkapi-request-id"),
    )
    return next((value for value in candidates if isinstance(value, str) and value), None)


def _excerpt(body: bytes | bytearray, redact: Callable[[str], str]) -> str:
    text = " ".join(redact(body.decode("utf-8", "replace")).split())
    return repr(text if len(text) <= _EXCERPT_LENGTH else text[:_EXCERPT_LENGTH] + "...")
