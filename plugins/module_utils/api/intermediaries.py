# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Responses that come from something in front of JOB: login pages, redirects, TLS ports and proxies.

They cannot have started anything, so their delivery is rejected or not sent.
"""

from __future__ import annotations

import re

from ..errors import Delivery
from .calls import HttpResponse
from .error_meaning import ErrorMeaning

_LOGIN_PAGE = ErrorMeaning(
    "auth",
    Delivery.REJECTED,
    "This is a login page: api_url does not point to a BlueKing gateway, or something in front of it asks for a login. "
    "Check api_url, and that this machine may call the API without a browser.",
)
_REDIRECT = ErrorMeaning(
    "protocol",
    Delivery.REJECTED,
    "Redirects are not followed. Check that api_url points to a BlueKing gateway, with the right scheme and path.",
)
_TLS_PORT = ErrorMeaning("protocol", Delivery.REJECTED, "The port expects TLS: begin api_url with https.")
_PROXY = ErrorMeaning(
    "not_sent",
    Delivery.NOT_SENT,
    "The proxy cannot or must not reach the server: ask its operators, or exclude the server with no_proxy.",
)

_LOGIN_ADDRESS = re.compile(r"log-?_?in|sign-?_?in|passport|\bsso\b|oauth|\bcas\b|/auth", re.IGNORECASE)
# A field for a password, a title, a redirect by a script or by the page itself, and the form of SAML.
_LOGIN_FORM = re.compile(
    r"<input[^>]{1,300}type\s*=\s*[\"']?password|name\s*=\s*[\"']?SAMLRequest"
    r"|<title[^>]{0,200}>[^<]{0,200}((?<![a-z])(log|sign)-? ?[io]n\b"
    r"|[登單单][录錄入陆陸点點]|身份认证|身份驗證|统一认证)"
    r"|(url=|location(\.href)?\s*=\s*|location\.(replace|assign)\(\s*)[\"']?[^\"'>]{0,300}(log-?in|sign-?in|passport|\bsso\b)",
    re.IGNORECASE,
)
# Statuses of login pages; those of errors prove that nothing was forwarded.
_LOGIN_STATUSES = (200, 401, 403)
_PLAIN_HTTP_AT_TLS = re.compile(
    r"plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|plain HTTP to an SSL-enabled"
    r"|requires TLS",
    re.IGNORECASE,
)
# Squid reports in a header if it did not even connect to the server; other reasons come from later phases.
_PROXY_DID_NOT_CONNECT = re.compile(r"ERR_(CONNECT_FAIL|DNS_FAIL|ACCESS_DENIED|CACHE_ACCESS_DENIED)\b")


def meaning_of_redirect(location: str) -> ErrorMeaning:
    """Return the meaning of a redirect; its target is never recommended, because it may lead anywhere."""
    return _LOGIN_PAGE if _LOGIN_ADDRESS.search(location) else _REDIRECT


def meaning_of_intermediary(response: HttpResponse) -> ErrorMeaning | None:
    """Return the meaning of a response that is not a JSON object and shows its origin; None for all others."""
    if _PROXY_DID_NOT_CONNECT.match(response.headers.get("x-squid-error", "")):
        return _PROXY
    text = _text(bytes(response.body))
    if response.status == 400 and _PLAIN_HTTP_AT_TLS.search(text):
        return _TLS_PORT
    is_page = text.lstrip("\ufeff \r\n\t").startswith("<")
    return _LOGIN_PAGE if response.status in _LOGIN_STATUSES and is_page and _LOGIN_FORM.search(text) else None


def _text(body: bytes) -> str:
    """Decode a page: in UTF-8, else in the encoding of older pages in Chinese."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("gb18030", "replace")
