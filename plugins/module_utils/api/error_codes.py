# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Error codes of JOB and its gateways: error kind, delivery and hint, in one table.

Sources: the error codes of JOB itself (12xxxxx, 9900403), of the ESB gateway (1306xxx) and of the API gateway
(16xxxxx). The effect of a request with any other error code is unknown, unless its HTTP status alone proves that
nothing was started.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ..errors import Delivery
from ..models.plan import PLAN_NOT_FOUND_HINT
from .envelope import is_blueking_code
from .error_meaning import (
    APP_PERMISSION_HINT,
    IDENTITY_HINT,
    TOO_LARGE_HINT,
    TOO_MANY_REQUESTS_HINT,
    ErrorMeaning,
)
from .http_statuses import UNLISTED, meaning_of_http_status, meaning_of_unknown_code

_REJECTED = Delivery.REJECTED
_UNKNOWN = Delivery.UNKNOWN

_APP = "Check bk_app_code and bk_app_secret: the gateway does not know this application or its secret."
_USER = (
    "Check the user's bk_token, bk_ticket or bk_access_token: it may have expired. For unattended runs use an access "
    "token; bk_username alone works only for applications that are exempt from user authentication."
)
_TENANT = "Check bk_tenant_id: the application and the user must belong to a tenant that may call this API."
_IAM = "Apply for the permission named under error.permission in BlueKing's permission center (IAM)."
_PLAN_OR_SERVICE = f"{PLAN_NOT_FOUND_HINT} JOB responds the same while its plan service is down; then try again later."
_ACCOUNT = "Apply for the permission to use the account in BlueKing's permission center (IAM)."
_INSTANCE = "Check job_instance_id and the scope: JOB keeps an instance for 30 days by default."
_HOSTS = "The hosts are listed in error.invalid_hosts."
_SCOPE_OR_LIST = "They belong to another scope: check bk_scope_id, or have them put on JOB's IP white list."
_HOSTS_OUTSIDE_SCOPE = f"{_HOSTS} {_SCOPE_OR_LIST}"
_USER_DENIED = "The gateway does not let this user call the API: ask its operators to allow it."
_ADDRESS_DENIED = "The gateway does not allow the address of this machine: ask its operators to allow it."
_QUOTA = "Too many jobs are running in the {}: try again later, or raise launch_timeout to wait longer."

_CMDB = "JOB cannot read hosts from the CMDB; nothing was started. Run the task again when the CMDB is available."
_DYNAMIC_GROUP = "JOB cannot read a dynamic group: check the ids of the groups, and that the scope has them."
_EVICTED = "JOB's operators have evicted runs like this one; nothing was started. Ask them for the reason."
_ESB_SETTINGS = "The gateway is not configured for JOB and forwarded nothing: inform the platform's operators."
_GATEWAY_REJECTED = "The gateway rejected the request and forwarded nothing. Check api_url, gateway and api_version."

_UNKNOWN_CALL = "Check api_url and api_version: the gateway does not have this call."
_TOO_MANY_TRANSFERS = "Too many source hosts x files x targets in one step: send the files in several tasks."
_INVALID_BATCHES = "Write batches like 10%, 5, +5 or *2, with one blank between them."
_SCRIPT_SCOPE = "Check script_id and the scope: the scope must have the script, with a version that is online."
_CONFIRMERS = "Only confirmers of the step and users with its roles may confirm it: ask one of them."
_ONLINE = "Only online and offline script versions can run: choose one of those."
_NO_TARGET = "A step has no target, because a group, node or variable is empty: give it hosts."
_STARTED = "The instance was started before: launch a new one to run it again."
_NOT_NOW = "The status of the instance does not allow this operation: read it, then choose another one."
_RISKY = "A high-risk rule forbids this script: change it, or ask JOB's operators."
_ENDING = "The instance is being terminated already: wait for its end."
_DISABLED = "A script version of the plan is disabled: use an enabled one."

# (first code, last code) -> meaning; the first matching row is used.
_TABLE: tuple[tuple[int, int, ErrorMeaning], ...] = (
    (1240001, 1240002, ErrorMeaning("server_error", _UNKNOWN, transient=True)),
    (1211001, 1211002, ErrorMeaning("server_error", _REJECTED, _CMDB, transient=True)),
    (1211003, 1211003, ErrorMeaning("not_found", _REJECTED, _DYNAMIC_GROUP)),
    (1240003, 1240003, ErrorMeaning("validation", _REJECTED, "The message names the field that JOB did not accept.")),
    (1241003, 1241003, ErrorMeaning("validation", _REJECTED, _NOT_NOW)),
    (1241014, 1241014, ErrorMeaning("validation", _REJECTED, "List the hosts by their ids in host_id_list.")),
    (1241015, 1241015, ErrorMeaning("validation", _REJECTED, _STARTED)),
    (1241000, 1241099, ErrorMeaning("validation", _REJECTED)),
    (1238001, 1238001, ErrorMeaning("permission", _REJECTED, _IAM)),
    (9900403, 9900403, ErrorMeaning("permission", _REJECTED, _IAM)),
    (1243001, 1243001, ErrorMeaning("not_found", _REJECTED, _SCRIPT_SCOPE)),
    (1243009, 1243009, ErrorMeaning("not_found", _REJECTED, PLAN_NOT_FOUND_HINT)),
    (
        1243047,
        1243047,
        ErrorMeaning("not_found", _REJECTED, "The script has no such version: check script_version_id."),
    ),
    (1243049, 1243049, ErrorMeaning("not_found", _REJECTED, "Check bk_scope_type and bk_scope_id (or bk_biz_id).")),
    (1243052, 1243053, ErrorMeaning("validation", _REJECTED, _SCOPE_OR_LIST)),
    (1243000, 1243099, ErrorMeaning("not_found", _REJECTED)),
    (
        1244001,
        1244001,
        ErrorMeaning("validation", _REJECTED, "The target server contains no host: give it hosts, groups or nodes."),
    ),
    (1244002, 1244002, ErrorMeaning("validation", _REJECTED, _HOSTS_OUTSIDE_SCOPE)),
    (
        1244003,
        1244003,
        ErrorMeaning("not_found", _REJECTED, "The account does not exist in the scope: check account_alias."),
    ),
    (1244004, 1244004, ErrorMeaning("permission", _REJECTED, _ACCOUNT)),
    (1244006, 1244007, ErrorMeaning("not_found", _REJECTED, _INSTANCE)),
    (
        1244008,
        1244009,
        ErrorMeaning("validation", _REJECTED, "A host variable of the plan has no hosts: give it some."),
    ),
    (1244011, 1244011, ErrorMeaning("validation", _REJECTED, "The plan has no enabled step: enable one in JOB.")),
    (1244012, 1244012, ErrorMeaning("not_found", _REJECTED, _PLAN_OR_SERVICE)),
    (1244014, 1244014, ErrorMeaning("script_rejected", _REJECTED, _DISABLED)),
    (1244015, 1244015, ErrorMeaning("validation", _REJECTED, _ENDING)),
    (1244016, 1244016, ErrorMeaning("permission", _REJECTED, _CONFIRMERS)),
    (1244018, 1244018, ErrorMeaning("script_rejected", _REJECTED, _ONLINE)),
    (1244019, 1244019, ErrorMeaning("script_rejected", _REJECTED, _RISKY)),
    (1244021, 1244021, ErrorMeaning("validation", _REJECTED, _TOO_MANY_TRANSFERS)),
    (1244022, 1244022, ErrorMeaning("validation", _REJECTED, "Too many targets in one step: split the launch.")),
    (
        1244024,
        1244024,
        ErrorMeaning("validation", _REJECTED, "JOB cannot save the file: it needs a name and a content."),
    ),
    (1244025, 1244025, ErrorMeaning("server_error", _REJECTED, _EVICTED)),
    (1244026, 1244026, ErrorMeaning("validation", _REJECTED, _INVALID_BATCHES)),
    (1244027, 1244027, ErrorMeaning("validation", _REJECTED, "Make the batches of rolling_config larger.")),
    (1244028, 1244028, ErrorMeaning("validation", _REJECTED, _NO_TARGET)),
    (
        1244029,
        1244029,
        ErrorMeaning("validation", _REJECTED, "A file step has no source host: give each source a host."),
    ),
    (1244030, 1244030, ErrorMeaning("validation", _REJECTED, f"{_HOSTS} The CMDB does not know them.")),
    (1244032, 1244032, ErrorMeaning("quota", _REJECTED, _QUOTA.format("scope"), transient=True)),
    (1244033, 1244033, ErrorMeaning("quota", _REJECTED, _QUOTA.format("name of this application"), transient=True)),
    (1244034, 1244034, ErrorMeaning("quota", _REJECTED, _QUOTA.format("whole system"), transient=True)),
    (1244035, 1244035, ErrorMeaning("validation", _REJECTED, "List hosts as sources to roll over sources.")),
    (
        1244036,
        1244036,
        ErrorMeaning(
            "validation", _REJECTED, "JOB searches only short windows in so large a scope: use a shorter window."
        ),
    ),
    (1246001, 1246001, ErrorMeaning("server_error", _UNKNOWN, transient=True)),
    (1247004, 1247004, ErrorMeaning("auth", _REJECTED, _APP)),
    (1247404, 1247404, ErrorMeaning("auth", _REJECTED, _APP)),
    (1247002, 1247002, ErrorMeaning("auth", _REJECTED, _USER)),
    (1247403, 1247403, ErrorMeaning("auth", _REJECTED, _USER)),
    (1247000, 1247999, ErrorMeaning("auth", _REJECTED, IDENTITY_HINT)),
    (1306000, 1306000, ErrorMeaning("auth", _REJECTED, IDENTITY_HINT)),
    (1306206, 1306207, ErrorMeaning("server_error", _REJECTED, _ESB_SETTINGS)),
    (1306209, 1306209, ErrorMeaning("server_error", _REJECTED, _ESB_SETTINGS)),
    (1306401, 1306402, ErrorMeaning("auth", _REJECTED, IDENTITY_HINT)),
    (1306403, 1306403, ErrorMeaning("permission", _REJECTED, APP_PERMISSION_HINT)),
    (1306404, 1306405, ErrorMeaning("not_found", _REJECTED, _UNKNOWN_CALL)),
    (1306407, 1306408, ErrorMeaning("validation", _REJECTED, _UNKNOWN_CALL)),
    (1306406, 1306406, ErrorMeaning("validation", _REJECTED)),
    (1306429, 1306429, ErrorMeaning("rate_limited", _REJECTED, TOO_MANY_REQUESTS_HINT, transient=True)),
    (1306201, 1306203, ErrorMeaning("server_error", _UNKNOWN, transient=True)),
    (1640101, 1640101, ErrorMeaning("auth", _REJECTED, _APP)),
    (1640102, 1640102, ErrorMeaning("auth", _REJECTED, _USER)),
    (1640000, 1640199, ErrorMeaning("auth", _REJECTED, IDENTITY_HINT)),
    (1640302, 1640302, ErrorMeaning("permission", _REJECTED, _ADDRESS_DENIED)),
    (1640303, 1640303, ErrorMeaning("permission", _REJECTED, _USER_DENIED)),
    (1640304, 1640304, ErrorMeaning("permission", _REJECTED, _TENANT)),
    (1640300, 1640399, ErrorMeaning("permission", _REJECTED, APP_PERMISSION_HINT)),
    (1640400, 1640499, ErrorMeaning("not_found", _REJECTED, "Check api_url: the gateway does not know this address.")),
    (1641300, 1641499, ErrorMeaning("validation", _REJECTED, TOO_LARGE_HINT)),
    (1642904, 1642904, ErrorMeaning("rate_limited", _REJECTED, "Too many requests at once: try again later.", True)),
    (1642900, 1642999, ErrorMeaning("rate_limited", _REJECTED, TOO_MANY_REQUESTS_HINT, transient=True)),
    # Code: 16, the HTTP status, two digits. These are error responses of the API gateway itself with a 4xx, except 499.
    (1640000, 1649899, ErrorMeaning("protocol", _REJECTED, _GATEWAY_REJECTED)),
    (1650000, 1659999, ErrorMeaning("server_error", _UNKNOWN, transient=True)),
)

# Codes of gateways that could not forward the request, or got no response to it. Only the message shows which; it
# differs between versions, so everything that is not clearly about connecting counts as unknown.
_NOT_FORWARDED_CODES = frozenset({1306201, 1650002, 1650200, 1650201, 1650401, 1650801})
_CONNECTING = re.compile(
    r"connection (to \S+ )?(was )?refused|while connecting to|failed to establish a new connection|connect ?timeout"
    r"|\bdial tcp\b|no route to host|name or service not known|name resolution",
    re.IGNORECASE,
)
_READING = re.compile(r"\bread|header|reset by peer|aborted|\bEOF\b|closed", re.IGNORECASE)
_NOT_FORWARDED = ErrorMeaning(
    "not_sent", Delivery.NOT_SENT, "The gateway cannot reach JOB: inform the platform's operators.", transient=True
)
# The ESB uses its code for failed authentication for errors of its own components, too.
_ESB_COMMON = 1306000
_COMPONENT_ERROR = re.compile(r"component error|contact the component developer", re.IGNORECASE)


def meaning_of_code(code: int, message: str = "", http_status: int = 200, code_name: str = "") -> ErrorMeaning:
    """Return the meaning of a response with an error code.

    Args:
        code: the error code.
        message: the server's text, which decides for some codes.
        http_status: decides for a code that is not in the table.
        code_name: the API gateway's name for the code, which has several meanings in some cases.
    """
    if code in _NOT_FORWARDED_CODES and _CONNECTING.search(message) and not _READING.search(message):
        return _NOT_FORWARDED
    if code == _ESB_COMMON and _COMPONENT_ERROR.search(message):
        return UNLISTED
    for first, last, meaning in _TABLE:
        if first <= code <= last:
            return replace(meaning, hint=_TENANT) if "TENANT" in code_name else meaning
    # A server of other software has its own codes.
    return (meaning_of_unknown_code if is_blueking_code(code) else meaning_of_http_status)(http_status)


def is_gateway_code(code: int | None) -> bool:
    """Return whether an error code is one of a gateway in front of JOB."""
    return code is not None and 1300000 <= code < 1700000
