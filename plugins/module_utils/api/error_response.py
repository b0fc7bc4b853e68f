# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Error responses, of JOB and of gateways, to exceptions.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..errors import Delivery, JobError
from .calls import Call, HttpAnswer
from .error_codes import Meaning, meaning_of_code, meaning_of_http_status
from .error_details import invalid_hosts, missing_permission, plain, retry_after
from .json_reader import whole

_EXCERPT = 200


def failure(
    call: Call, answer: HttpAnswer, envelope: Mapping[str, object] | None, hide: Callable[[str], str]
) -> JobError:
    """The error that an answer stands for; C(envelope) is None for a redirect and for what is no JSON object."""
    if 300 <= answer.status < 400:
        return _redirected(call, answer, hide)
    if envelope is None:
        return _no_envelope(call, answer, hide)
    return _refusal(call, answer, envelope, hide)


def _refusal(call: Call, answer: HttpAnswer, envelope: Mapping[str, object], hide: Callable[[str], str]) -> JobError:
    code = whole(envelope.get("code"))
    message = _text(envelope, "message") or f"no message, HTTP status {answer.status}"
    if code and envelope.get("result") is not True:
        meaning = meaning_of_code(code, message, answer.status, _text(envelope, "code_name"))
    else:
        # Neither a success nor a refusal: a bare status of a gateway, or an answer that contradicts itself.
        meaning = meaning_of_http_status(answer.status)
        if answer.status == 200 and envelope.get("result") is not False:
            message = f"the answer is no JOB envelope: {_excerpt(answer.body, hide)}"
    label = f"{code}: {message}" if code else message
    return _error(call, answer, meaning, label, message, code, envelope, hide)


def _text(envelope: Mapping[str, object], key: str) -> str:
    value = envelope.get(key)
    return value if isinstance(value, str) else ""


def _no_envelope(call: Call, answer: HttpAnswer, hide: Callable[[str], str]) -> JobError:
    meaning = meaning_of_http_status(answer.status)
    if not answer.body.strip():
        what = "an empty body"
    elif answer.status == 200:
        what = f"no JSON object: {_excerpt(answer.body, hide)}"
    else:
        what = _excerpt(answer.body, hide)
    message = f"HTTP {answer.status} with {what}"
    return _error(call, answer, meaning, message, message, None, {}, hide)


def _redirected(call: Call, answer: HttpAnswer, hide: Callable[[str], str]) -> JobError:
    target = re.sub(r"//[^/@]*@", "//", answer.headers.get("location", "nowhere")).split("?")[0]
    message = f"HTTP {answer.status}, redirected to {target}"
    meaning = Meaning("protocol", Delivery.REFUSED, "Redirects are not followed: put the final address into api_url.")
    return _error(call, answer, meaning, message, message, None, {}, hide)


def _error(
    call: Call,
    answer: HttpAnswer,
    meaning: Meaning,
    label: str,
    message: str,
    code: int | None,
    envelope: Mapping[str, object],
    hide: Callable[[str], str],
) -> JobError:
    permission = plain(envelope.get("permission"), hide)
    missing = missing_permission(permission)
    return JobError(
        f"{call.name}: {label}" + (f" (missing permission: {missing})" if missing else ""),
        kind=meaning.kind,
        message=message,
        code=code,
        http_status=answer.status,
        request_id=_request_id(answer, envelope),
        permission=permission,
        invalid_hosts=invalid_hosts(code, message),
        hint=f"Missing permission: {missing}. {meaning.hint or ''}".rstrip() if missing else meaning.hint,
        delivery=meaning.delivery,
        transient=meaning.transient,
        retry_after=retry_after(answer.headers),
    )


def _request_id(answer: HttpAnswer, envelope: Mapping[str, object]) -> str | None:
    candidates = (
        envelope.get("job_request_id"),
        envelope.get("request_id"),
        answer.headers.get("x-bk-job-request-id"),
        answer.headers.get("x-bkapi-request-id"),
    )
    return next((value for value in candidates if isinstance(value, str) and value), None)


def _excerpt(body: bytes | bytearray, hide: Callable[[str], str]) -> str:
    text = " ".join(hide(body.decode("utf-8", "replace")).split())
    return repr(text if len(text) <= _EXCERPT else text[:_EXCERPT] + "...")
