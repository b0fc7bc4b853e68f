# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the servers' error numbers mean for us: one table.

Private to the collection blueking.job: no stable interface for others.

Sources: the error codes of JOB itself (12xxxxx, 9900403), of the ESB gateway (1306xxx) and of the API gateway
(16xxxxx). A number that is not in the table is a server error of which nobody knows what it left behind.
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import Delivery


@dataclass(frozen=True)
class Meaning:
    """What an error number stands for; C(delivery) is what it says about a launch that was answered with it."""

    kind: str
    delivery: Delivery
    hint: str | None = None
    transient: bool = False


_REFUSED = Delivery.REFUSED
_UNKNOWN = Delivery.UNKNOWN

_IDENTITY = (
    "Check bk_app_code and bk_app_secret, and the user's bk_token, bk_ticket or bk_access_token (it may have expired); "
    "bk_username works only for applications that are exempt from user authentication."
)
_APP_PERMISSION = "The application may not call this API: apply for it in the developer centre of BlueKing."
_PLAN = "Look the plan up in the scope. JOB answers the same while its plan service is down; then try again later."

# (first number, last number) -> meaning; the first row that contains the number counts.
_TABLE: tuple[tuple[int, int, Meaning], ...] = (
    (1240001, 1240002, Meaning("server_error", _UNKNOWN, transient=True)),
    (1240003, 1240003, Meaning("validation", _REFUSED)),
    (1241001, 1241099, Meaning("validation", _REFUSED)),
    (1238001, 1238001, Meaning("permission", _REFUSED, "Apply for the permission named under error.permission.")),
    (9900403, 9900403, Meaning("permission", _REFUSED, "Apply for the permission named under error.permission.")),
    (1243049, 1243049, Meaning("not_found", _REFUSED, "Check bk_scope_type and bk_scope_id (or bk_biz_id).")),
    (1243000, 1243099, Meaning("not_found", _REFUSED)),
    (1244001, 1244001, Meaning("validation", _REFUSED, "The target server names no host.")),
    (1244002, 1244002, Meaning("validation", _REFUSED, "Hosts outside the scope: see the list in the message.")),
    (1244003, 1244003, Meaning("not_found", _REFUSED, "The account does not exist in the scope: check account_alias.")),
    (1244004, 1244004, Meaning("permission", _REFUSED, "Apply for the permission to use the account.")),
    (1244006, 1244007, Meaning("not_found", _REFUSED, "JOB keeps instances for 30 days, each in its own scope.")),
    (1244011, 1244011, Meaning("validation", _REFUSED, "The plan has no enabled step.")),
    (1244012, 1244012, Meaning("not_found", _REFUSED, _PLAN)),
    (1244008, 1244009, Meaning("validation", _REFUSED, "A host variable of the plan has no hosts.")),
    (1244014, 1244014, Meaning("script_rejected", _REFUSED, "A script version of the plan is disabled.")),
    (1244016, 1244016, Meaning("permission", _REFUSED)),
    (1244018, 1244018, Meaning("script_rejected", _REFUSED, "Only online and offline script versions can run.")),
    (1244019, 1244019, Meaning("script_rejected", _REFUSED, "A high-risk rule of the platform forbids this script.")),
    (1244021, 1244022, Meaning("validation", _REFUSED, "Too many targets in one step: split the launch.")),
    (1244026, 1244030, Meaning("validation", _REFUSED)),
    (1244032, 1244034, Meaning("quota", _REFUSED, "Too many jobs are running: try again later.", transient=True)),
    (1246001, 1246001, Meaning("server_error", _UNKNOWN, transient=True)),
    (1247000, 1247999, Meaning("auth", _REFUSED, _IDENTITY)),
    (1306000, 1306000, Meaning("auth", _REFUSED, _IDENTITY)),
    (1306403, 1306403, Meaning("permission", _REFUSED, _APP_PERMISSION)),
    (1306404, 1306405, Meaning("not_found", _REFUSED, "Check api_url and api_version: the gateway lacks this call.")),
    (1306406, 1306406, Meaning("validation", _REFUSED)),
    (1306429, 1306429, Meaning("rate_limited", _REFUSED, transient=True)),
    (1306201, 1306203, Meaning("server_error", _UNKNOWN, transient=True)),
    (1640000, 1640199, Meaning("auth", _REFUSED, _IDENTITY)),
    (1640300, 1640399, Meaning("permission", _REFUSED, _APP_PERMISSION)),
    (1640400, 1640499, Meaning("not_found", _REFUSED, "Check api_url: the gateway does not know this address.")),
    (1641300, 1641499, Meaning("validation", _REFUSED, "The request is too large for the gateway.")),
    (1642900, 1642999, Meaning("rate_limited", _REFUSED, transient=True)),
    (1650000, 1659999, Meaning("server_error", _UNKNOWN, transient=True)),
)

_BY_HTTP_STATUS = {
    400: Meaning("validation", _REFUSED),
    401: Meaning("auth", _REFUSED, _IDENTITY + " In a multi-tenant deployment bk_tenant_id is needed as well."),
    403: Meaning("permission", _REFUSED, _APP_PERMISSION),
    404: Meaning("not_found", _REFUSED, "Check api_url, gateway and api_version: nothing lives at this address."),
    405: Meaning("not_found", _REFUSED, "Check api_url, gateway and api_version: the address takes no such request."),
    413: Meaning("validation", _REFUSED, "The request is too large for the gateway."),
    414: Meaning("validation", _REFUSED, "The request is too large for the gateway."),
    429: Meaning("rate_limited", _REFUSED, transient=True),
}
_UNLISTED = Meaning("server_error", _UNKNOWN)
_SERVER_FAILURE = Meaning("server_error", _UNKNOWN, transient=True)
_NONSENSE = Meaning("protocol", _UNKNOWN, "Is api_url the address of a BlueKing gateway?", transient=True)


def meaning_of_code(code: int) -> Meaning:
    """What an error number in an answer means."""
    for first, last, meaning in _TABLE:
        if first <= code <= last:
            return meaning
    return _UNLISTED


def meaning_of_http_status(status: int) -> Meaning:
    """What an answer without any error number means."""
    if status >= 500:
        return _SERVER_FAILURE
    return _BY_HTTP_STATUS.get(status, _NONSENSE)
