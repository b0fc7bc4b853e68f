# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scope of a request.

JOB API: the scope is resolved before the rest of the request is validated: an illegal type is 1241005, an unknown
scope 1243049, a bk_biz_id that is not a number 1240002. A half-given pair or none at all is left to validation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .cmdb import Cmdb, Scope
from .errors import JobError
from .messages import INTERNAL_ERROR
from .type_conversion import LONG, refuse, text

SCOPE_FIELDS = ("bk_scope_type", "bk_scope_id", "bk_biz_id")
_TYPES = ("biz", "biz_set", "tenant_set")
_FIRST_SET, _LAST_SET = 8_000_000, 9_999_999
"""JOB API: a bk_biz_id in this range is the id of a business set."""


def scope_of(cmdb: Cmdb, params: Mapping[str, Any]) -> Scope:
    """Return the scope of a request, or raise."""
    kind, ident = text(params.get("bk_scope_type")), text(params.get("bk_scope_id"))
    if kind or ident:
        # JOB API: if one field of the pair is set, bk_biz_id is ignored.
        if not (kind and ident):
            raise refuse(("Invalid bk_scope_type or bk_scope_id", "bk_scope_type 或 bk_scope_id 不合法"))
        if kind not in _TYPES:
            raise JobError(1241005, "bk_scope_type")
        return _known(cmdb, kind, ident)
    return _from_business(cmdb, params.get("bk_biz_id"))


def _from_business(cmdb: Cmdb, value: Any) -> Scope:
    try:
        business = LONG(value)
    except JobError:
        raise JobError(INTERNAL_ERROR) from None
    if business is None:
        raise refuse(("Invalid bk_scope_type", "bk_scope_type 不合法"))
    if business < 1:
        raise refuse(("Invalid bk_biz_id", "bk_biz_id 不合法"))
    kind = "biz_set" if _FIRST_SET <= business <= _LAST_SET else "biz"
    return _known(cmdb, kind, str(business))


def _known(cmdb: Cmdb, kind: str, ident: str) -> Scope:
    scope = cmdb.scope(kind, ident)
    if scope is None:
        raise JobError(1243049, f"{kind}:{ident}")
    return scope


def scope_fields(scope: Scope) -> dict[str, Any]:
    """JOB API: responses repeat the scope as the pair, and as bk_biz_id while that is supported."""
    business = int(scope.id) if scope.type != "tenant_set" and scope.id.isdigit() else None
    return {"bk_scope_type": scope.type, "bk_scope_id": scope.id, "bk_biz_id": business}
