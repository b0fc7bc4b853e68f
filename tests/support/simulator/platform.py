# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform behind the gateways: runs a call of an authenticated user, returns the response in its envelope.

JOB API: checks come in this order: tenant, scope, access to the scope, validation of the fields, the call's own checks.
"""

from __future__ import annotations

import dataclasses
import sys
import traceback
import uuid
from collections.abc import Mapping
from typing import Any

from .call_context import Call, Caller, Context, Verb
from .cmdb import NO_SCOPE, Scope
from .envelopes import CallResult, failure, success
from .errors import JobError
from .inventory import Inventory
from .messages import INTERNAL_ERROR, Language
from .run_manager import RunManager
from .scopes import SCOPE_FIELDS, scope_of
from .type_conversion import blank, refuse

UNREADABLE = object()
"""Marker of a body that is not JSON."""
_NO_TENANT = CallResult(None, 401)
"""JOB API: with several tenants, a request without one gets a 401 with an empty body."""


class Platform:
    """Runs calls, with an inventory and a run manager."""

    def __init__(self, inventory: Inventory, run_manager: RunManager) -> None:
        self._inventory = inventory
        self._run_manager = run_manager

    @property
    def inventory(self) -> Inventory:
        """Return the inventory; the gateways need it to authenticate callers."""
        return self._inventory

    def now_ms(self) -> int:
        """Return the current time."""
        return self._run_manager.timeline.now_ms()

    def handle(
        self, call: Call, verb: Verb, params: Any, caller: Caller, language: Language, tenant: str | None = None
    ) -> CallResult:
        """Run one call, from the tenant check to the finished body."""
        if self._inventory.settings.multi_tenant and not tenant:
            return _NO_TENANT
        request_id = uuid.uuid4().hex
        # A call without a scope has the nameless one in its context.
        context = Context(self._inventory, self._run_manager, NO_SCOPE, caller, language)
        try:
            data = self._run(context, call, verb, params)
        except JobError as error:
            result = failure(error, call.v4, language, request_id)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            result = failure(JobError(INTERNAL_ERROR), call.v4, language, request_id)
        else:
            result = success(data, call.v4, request_id)
        return dataclasses.replace(result, started=tuple(context.started), did=context.did)

    def _run(self, context: Context, call: Call, verb: Verb, params: Any) -> Any:
        if not isinstance(params, Mapping):
            raise refuse(("a JSON object is expected", "应为 JSON 对象"), "json")
        if call.scoped or any(params.get(name) for name in SCOPE_FIELDS):
            # JOB API: a call that needs no scope checks a given one, too.
            context.scope = self._scope(call, verb, params)
            context.require("access_business")
        if verb == "GET":
            for name in call.query:
                if blank(params.get(name)):
                    raise refuse((f"{name} is missing", f"缺少 {name}"), "missing")
        reads = call.by_query if verb == "GET" and call.by_query else call.request
        fields = reads(params)
        return call.run(context, fields or {})

    def _scope(self, call: Call, verb: Verb, params: Mapping[str, Any]) -> Scope:
        # JOB API: calls offered only as a query in v4 or as a newer read call ignore bk_biz_id.
        if verb == "GET" and call.both and not call.v4 and not any(params.get(name) for name in SCOPE_FIELDS):
            # JOB API: a query without any scope passes validation, and then fails.
            raise JobError(INTERNAL_ERROR)
        pair_only = verb == "GET" and (call.v4 or not call.both)
        given = {name: value for name, value in params.items() if name != "bk_biz_id"} if pair_only else params
        return scope_of(self._inventory.cmdb, given)
