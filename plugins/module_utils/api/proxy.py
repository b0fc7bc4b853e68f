# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxy of a request, and the source of its address.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass

from ..errors import JobError
from ..models.connection import Connection

# Without the library no request can be sent; the transport reports that.
with suppress(ImportError):
    from requests.utils import get_environ_proxies, select_proxy

_OPTION = "the option proxy"


@dataclass(frozen=True)
class ProxyInUse:
    """Address of a proxy without user and password, and where it was configured."""

    url: str
    source: str

    def __str__(self) -> str:
        return f"the proxy {self.url} (from {self.source})"

    @property
    def hint(self) -> str:
        """Return what to do if the proxy is wrong."""
        return f"Check the proxy, which comes from {self.source}."


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
    return ProxyInUse(_without_password(url), source)


def proxy_error(error: JobError, connection: Connection) -> JobError:
    """Return the error of a response that a proxy gave in place of the server, with the name of the proxy if known."""
    proxy = proxy_in_use(connection)
    if proxy is None:
        return error
    return error.rephrased(f"{error.summary}, from {proxy}", hint=f"{error.hint or ''} {proxy.hint}".lstrip())


def _without_password(url: str) -> str:
    return re.sub(r"//[^/]*@", "//", url)
