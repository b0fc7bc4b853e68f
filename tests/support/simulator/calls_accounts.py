# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts of a scope: `get_account_list` (v3), `get_os_account` and `get_own_db_account_list` (v2).

JOB API: all accounts are listed, whether the caller may use them or not.
"""

from __future__ import annotations

from typing import Any

from .call_context import Context, Params
from .calls_scripts import CREATED
from .calls_scripts_v2 import page_v2
from .cmdb import Account
from .paging import page
from .scopes import scope_fields
from .time_format import written

SYSTEM, DATABASE = 1, 2
_SYSTEMS = {1: "Linux", 2: "Windows"}


def account_list(context: Context, params: Params) -> dict[str, Any]:
    """JOB API: accounts are matched by their whole name or alias."""
    found = [
        _account(context, account)
        for account in context.inventory.cmdb.accounts(context.scope)
        if params["category"] in (None, account.category)
        and params["account"] in (None, "", account.account)
        and params["alias"] in (None, "", account.alias)
    ]
    return page(params, found)


def _account(context: Context, account: Account) -> dict[str, Any]:
    return {
        **scope_fields(context.scope),
        "id": account.id,
        "account": account.account,
        "alias": account.alias,
        "category": account.category,
        "type": account.type,
        "db_system_account_id": None,
        "os": _SYSTEMS.get(account.type),
        "creator": "admin",
        "create_time": CREATED,
        "last_modify_user": "admin",
        "last_modify_time": CREATED,
        "description": "",
    }


def _of(context: Context, category: int) -> list[Account]:
    return [account for account in context.inventory.cmdb.accounts(context.scope) if account.category == category]


def os_accounts_v2(context: Context, _params: Params) -> list[dict[str, Any]]:
    """List the system accounts in v2, without pages."""
    return [
        {
            **scope_fields(context.scope),
            "id": account.id,
            "account": account.account,
            "alias": account.alias,
            "os": _SYSTEMS.get(account.type),
            "creator": "admin",
            "create_time": written(CREATED),
        }
        for account in _of(context, SYSTEM)
    ]


def db_accounts_v2(context: Context, params: Params) -> dict[str, Any]:
    """List the database accounts in v2, in pages."""
    found = [
        {
            **scope_fields(context.scope),
            "db_account_id": account.id,
            "db_account": account.account,
            "db_alias": account.alias,
            "db_type_id": account.type,
        }
        for account in _of(context, DATABASE)
    ]
    return page_v2(params, found)
