# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Proxy of a request, and the source of its address."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import NamedTuple

from ..errors import Delivery, JobError
from ..models.connection import Connection

# Without the library no request can be sent; the transport reports that.
with suppress(ImportError):
    from requests.utils import get_environ_proxies, select_proxy

_OPTION = "the option proxy"
_NO_PROXY_HINT = (
    "does not exclude this server: it may contain names, domains such as .example.com, addresses, and networks such as "
    "10.0.0.0/8, but no patterns such as 10.* or *.example.com."
)


class ProxyInUse(NamedTuple):
    """Address of a proxy without user and password, and where it was configured.

    C(no_proxy) is the environment variable that excludes servers from the proxy, but not this one; empty if not set.
    """

    url: str
    source: str
    no_proxy: str = ""

    def __str__(self) -> str:
        return f"the proxy {self.url} (from {self.source})"

    @property
    def hint(self) -> str:
        """Return what to do if the proxy is wrong."""
        hint = f"Check the proxy {self.url}, which comes from {self.source}."
        return f"{hint} {self.no_proxy} {_NO_PROXY_HINT}" if self.no_proxy else hint


def proxy_in_use(connection: Connection) -> ProxyInUse | None:
    """Return the proxy of the requests of a connection; None if they go to the server directly."""
    if connection.proxy:
        return ProxyInUse(_without_password(connection.proxy), connection.proxy_source or _OPTION)
    proxies = get_environ_proxies(connection.api_url)
    url = select_proxy(connection.api_url, proxies) if proxies else None
    if not url:
        return None
    scheme = connection.api_url.partition(":")[0].lower()
    names = [name for each in (f"{scheme}_proxy", "all_proxy") for name in (each, each.upper()) if os.environ.get(name)]
    source = f"the environment variable {names[0]}" if names else "the settings of the system"
    no_proxy = next((name for name in ("no_proxy", "NO_PROXY") if os.environ.get(name)), "")
    return ProxyInUse(_without_password(url), source, no_proxy)


def proxy_may_respond(connection: Connection) -> bool:
    """Return whether a response may come from a proxy; in a TLS connection only the server can respond."""
    return _is_plain_http(connection) and proxy_in_use(connection) is not None


def address_error(error: JobError, connection: Connection) -> JobError:
    """Return the error of a response without an error code, with the address, or the proxy, that it may come from.

    A proxy sees what is said in a TLS connection only while it connects, which is an error of the transport.
    """
    proxy = proxy_in_use(connection)
    if proxy is not None and error.delivery is Delivery.NOT_SENT:
        return error.rephrased(f"{error.summary}, from {proxy}", hint=f"{error.hint or ''} {proxy.hint}".lstrip())
    origin = f"The response came from {connection.api_url}."
    if proxy is not None and _is_plain_http(connection):
        origin = f"The response came from {connection.api_url}, or from {proxy}. {proxy.hint}"
    error.hint = f"{error.hint} {origin}" if error.hint else origin
    return error


def _is_plain_http(connection: Connection) -> bool:
    return connection.api_url.lower().startswith("http:")


def _without_password(url: str) -> str:
    """Return the URL without user and password, which may contain any character and may follow no scheme."""
    return re.sub(r"\A([A-Za-z][\w+.-]*://)?.*@", r"\1", url, flags=re.DOTALL)
