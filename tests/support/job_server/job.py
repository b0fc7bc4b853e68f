# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform behind the gateways: takes a call by an identified user, gives the answer in the platform's envelope.

JOB API: checks come in this order: scope, access to the scope, validation of the fields, the call's own checks.
"""

from __future__ import annotations

import sys
import traceback
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .coerce import blank, refuse
from .context import Call, Context, Verb
from .engine import Engine
from .errors import JobError
from .inventory import Inventory
from .messages import INTERNAL_ERROR, Language
from .scopes import scope_of


@dataclass(frozen=True)
class Answer:
    """A body, and the runs that the call created or started."""

    body: dict[str, Any]
    started: tuple[int, ...] = ()


class Platform:
    """Answers calls out of an inventory and with an engine."""

    def __init__(self, inventory: Inventory, engine: Engine) -> None:
        self._inventory = inventory
        self._engine = engine

    @property
    def inventory(self) -> Inventory:
        """What the platform knows; the gateways need it to recognise callers."""
        return self._inventory

    def answer(self, call: Call, verb: Verb, params: Any, user: str, language: Language) -> Answer:
        """JOB API: a success has no message and a failure no data; both carry job_request_id."""
        request_id = uuid.uuid4().hex
        try:
            context, data = self._run(call, verb, params, user, language)
        except JobError as error:
            return Answer(_failure(error, language, request_id))
        except Exception:
            traceback.print_exc(file=sys.stderr)
            return Answer(_failure(JobError(INTERNAL_ERROR), language, request_id))
        body = {"code": 0, "result": True, "data": data, "job_request_id": request_id}
        return Answer(body, tuple(context.started))

    def _run(self, call: Call, verb: Verb, params: Any, user: str, language: Language) -> tuple[Context, Any]:
        if not isinstance(params, Mapping):
            raise refuse(("a JSON object is expected", "应为 JSON 对象"))
        scope = scope_of(self._inventory.cmdb, params)
        context = Context(self._inventory, self._engine, scope, user, language)
        context.require("access_business")
        if verb == "GET":
            for name in call.query:
                if blank(params.get(name)):
                    raise refuse((f"{name} is missing", f"缺少 {name}"))
        fields = call.request(params)
        return context, call.run(context, fields or {})


def _failure(error: JobError, language: Language, request_id: str) -> dict[str, Any]:
    body: dict[str, Any] = {"code": error.code, "result": False, "message": error.message(language)}
    if error.permission is not None:
        body["permission"] = error.permission
    return {**body, "job_request_id": request_id}
