# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Connection, credentials and scope.

C(None) means "not given": such a field is never sent. Durations are seconds.
"""

from __future__ import annotations

from typing import NamedTuple

# Range of bk_biz_id that the platform reads as business sets (JOB API: bk_biz_id).
BIZ_SET_IDS = range(8000000, 10000000)


class Scope(NamedTuple):
    """A CMDB business (C(biz)), business set (C(biz_set)) or tenant set (C(tenant_set))."""

    type: str
    id: str

    def __str__(self) -> str:
        return f"{self.type} {self.id}"

    def options(self) -> dict[str, str]:
        """Return the options that name the scope."""
        return {"bk_scope_type": self.type, "bk_scope_id": self.id}


class Credentials(NamedTuple):
    """Credentials of a call: the application, and the user for whom it calls.

    A credential that is not given is None.
    """

    bk_app_code: str | None = None
    bk_app_secret: str | None = None
    bk_token: str | None = None
    bk_ticket: str | None = None
    bk_access_token: str | None = None
    bk_username: str | None = None


class Connection(NamedTuple):
    """Address and settings of the gateway. Timeouts are seconds for one request.

    C(gateway) is C(esb) or C(apigw), C(api_version) C(v2) or C(v3). C(api_url) and C(web_url) do not end in a slash.
    """

    api_url: str
    gateway: str
    api_version: str
    credentials: Credentials
    bk_tenant_id: str | None
    validate_certs: bool
    ca_path: str | None
    client_cert: str | None
    client_key: str | None
    proxy: str | None
    # Where the proxy comes from, if not from its option, as text for messages.
    proxy_source: str | None
    connect_timeout: float
    read_timeout: float
    language: str
    web_url: str | None
