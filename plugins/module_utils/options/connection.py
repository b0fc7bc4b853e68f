# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Connection and scope: options to models."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from ..common.text import parse_integer, quoted
from ..models.connection import BIZ_SET_IDS, Connection, Credentials, Scope
from .certificates import read_certificates
from .reader import OptionReader

_NO_BLANKS = re.compile(r"[^\s\x00-\x1f\x7f]+\Z")
# Any of them identifies the user.
_USER = ("bk_token", "bk_ticket", "bk_access_token", "bk_username")
_HOST = re.compile(r"[\w.:%-]+\Z")
# Paths that the gateways add to api_url: users copy them from the documentation of a call.
_CALL_PATH = {"esb": re.compile(r"/api/c/compapi(/|\Z)"), "apigw": re.compile(r"/api/v\d(/|\Z)")}
_HEADER_VALUE = re.compile(r"[!-~]+\Z")


def read_connection(reader: OptionReader) -> Connection:
    """Return the connection of a task; add problems to C(reader)."""
    gateway = reader.setting("gateway")
    api_version = reader.setting("api_version")
    if gateway == "apigw" and api_version == "v2":
        reader.add_error("api_version", "v2 is only supported by gateway esb; use v3 with apigw")
    ca_path, client_cert, client_key = read_certificates(reader)
    return Connection(
        api_url=_api_url(reader, gateway),
        gateway=gateway,
        api_version=api_version,
        credentials=_credentials(reader, gateway),
        bk_tenant_id=_tenant(reader),
        validate_certs=reader.flag("validate_certs") is not False,
        ca_path=ca_path,
        client_cert=client_cert,
        client_key=client_key,
        proxy=_proxy(reader),
        proxy_source=_proxy_source(reader),
        connect_timeout=reader.seconds("connect_timeout"),
        read_timeout=reader.seconds("read_timeout"),
        language=reader.setting("language"),
        web_url=_web_url(reader),
    )


def read_scope(reader: OptionReader) -> Scope:
    """Return the scope of a task, from bk_scope_type and bk_scope_id or from bk_biz_id; add problems to C(reader)."""
    scope_type = reader.choice("bk_scope_type")
    scope_id = _scope_id(reader)
    biz_id = reader.integer("bk_biz_id", minimum=1)
    by_biz = None if biz_id is None else Scope("biz_set" if biz_id in BIZ_SET_IDS else "biz", str(biz_id))
    if scope_id is not None:
        by_pair = Scope(scope_type or "biz", scope_id)
        if by_biz is not None and by_biz != by_pair:
            reader.add_error(
                "bk_biz_id",
                f"names {by_biz}, but bk_scope_type and bk_scope_id name {by_pair}; set only one of them "
                "(options not set by the task may come from the environment or from module_defaults)",
            )
        return by_pair
    if scope_type is not None and not reader.present("bk_scope_id"):
        reader.add_error("bk_scope_id", "is required together with bk_scope_type")
    elif by_biz is None and not reader.present("bk_scope_type", "bk_scope_id", "bk_biz_id"):
        reader.add_missing("bk_scope_id", "bk_biz_id")
    return by_biz or Scope("biz", "")


def read_callback_url(reader: OptionReader) -> str | None:
    """Return the callback URL: http or https, with a host, without user-info (JOB rejects others); None if none."""
    url = reader.text("callback_url", maximum=1024)
    if url is None:
        return None
    parts = _split(reader, "callback_url", url)
    if parts is not None and "@" in parts.netloc:
        reader.add_error("callback_url", "must not contain a user or password")
    return url


def _scope_id(reader: OptionReader) -> str | None:
    text = reader.text("bk_scope_id")
    number = parse_integer(text)
    if text is not None and (number is None or number < 1):
        reader.add_error("bk_scope_id", f"must be the id of a business or set, 1 or more, not {quoted(text)}")
        return None
    return None if number is None else str(number)


def _credentials(reader: OptionReader, gateway: str) -> Credentials:
    credentials = Credentials(
        bk_app_code=reader.text("bk_app_code"),
        bk_app_secret=reader.secret("bk_app_secret"),
        bk_token=reader.secret("bk_token"),
        bk_ticket=reader.secret("bk_ticket"),
        bk_access_token=reader.secret("bk_access_token"),
        bk_username=reader.text("bk_username"),
    )
    if gateway == "esb" or not reader.present("bk_access_token"):
        # Only at the API gateway an access token also identifies the application.
        reader.text("bk_app_code", required=True)
        reader.text("bk_app_secret", required=True)
    if not reader.present(*_USER):
        reader.add_missing(*_USER, reason="it identifies the user")
    if gateway == "apigw" and credentials.bk_token and credentials.bk_ticket:
        reader.add_error("bk_ticket", "is mutually exclusive with bk_token at the API gateway")
    if gateway == "esb" and credentials.bk_ticket:
        reader.problems.warn(
            "bk_ticket is not supported by the open-source ESB and may appear in JOB's access log; "
            "use bk_token or bk_access_token"
        )
    return credentials


def _tenant(reader: OptionReader) -> str | None:
    tenant = reader.text("bk_tenant_id")
    if tenant is not None and not _HEADER_VALUE.match(tenant):
        reader.add_error(
            "bk_tenant_id", f"must be ASCII without blanks, because it is sent in a header, not {quoted(tenant)}"
        )
    return tenant


def _api_url(reader: OptionReader, gateway: str) -> str:
    if not reader.present("api_url"):
        reader.add_missing("api_url")
    url = reader.text("api_url")
    if url is None:
        return ""
    parts = _split(reader, "api_url", url)
    if parts is None:
        return ""
    if "@" in parts.netloc:
        reader.add_error("api_url", "must not contain a user or password; use bk_app_code, bk_app_secret and tokens")
    elif "?" in url or "#" in url:
        reader.add_error("api_url", "must be a base address without query and fragment")
    elif (call_path := _CALL_PATH[gateway].search(parts.path)) is not None:
        end = quoted(call_path[0].rstrip("/"))
        reader.add_error("api_url", f"must end before {end}, because the path of each call is added to it")
    elif parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        reader.problems.warn(f"api_url is plain http: secrets are sent unencrypted to {parts.hostname}")
    return url.strip().rstrip("/")


def _web_url(reader: OptionReader) -> str | None:
    url = reader.text("web_url")
    if url is None:
        return None
    parts = _split(reader, "web_url", url)
    if parts is not None and ("@" in parts.netloc or "?" in url or "#" in url):
        reader.add_error("web_url", "must be a base address without user, password, query and fragment")
    return url.strip().rstrip("/")


def _proxy(reader: OptionReader) -> str | None:
    url = reader.secret("proxy")
    if url is not None:
        _split(reader, "proxy", url, schemes=("http", "https", "socks5", "socks5h"))
    return url


def _proxy_source(reader: OptionReader) -> str | None:
    variable = reader.problems.sources.get("proxy")
    return None if variable is None else f"the environment variable {variable}"


def _split(
    reader: OptionReader, name: str, url: str, schemes: tuple[str, ...] = ("http", "https")
) -> SplitResult | None:
    """Split a URL; messages never contain it, because it may contain a password."""
    try:
        parts = urlsplit(url.strip())
        port_is_fine = parts.port is None or parts.port > 0
        # Fails for a host that name resolution would reject.
        (parts.hostname or "").encode("idna")
    except ValueError:
        text = "is not a URL; check its host and port, and write an IPv6 address in brackets, as in http://[::1]:8080"
        reader.add_error(name, text)
        return None
    is_valid = port_is_fine and _HOST.match(parts.hostname or "") and _NO_BLANKS.match(url.strip())
    if parts.scheme not in schemes or not is_valid:
        example = "http://host:3128" if "socks5" in schemes else "https://host"
        reader.add_error(name, f"must be a URL like {example}, with one of the schemes {', '.join(schemes)}")
        return None
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
