# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read scripts in v2, which lists and returns their versions."""

from __future__ import annotations

from typing import Any

from .call_context import Context, Params
from .calls_scripts import CREATED, NO_SUCH_SCRIPT, home_fields
from .catalog import PUBLIC, Script, ScriptVersion
from .errors import JobError
from .ids import present
from .like import named
from .paging import MAX_LENGTH, bounds
from .time_format import written


def script_list(context: Context, params: Params) -> dict[str, Any]:
    """List a scope's scripts in v2. JOB API: its ids are those of versions."""
    return _listed(context, params, context.scope.ref)


def public_script_list(context: Context, params: Params) -> dict[str, Any]:
    """List public scripts in v2."""
    return _listed(context, params, PUBLIC)


def _listed(context: Context, params: Params, home: str) -> dict[str, Any]:
    language, name = params["script_type"], params["script_name"] or params["name"]
    found = [
        _version(context, script, script.online, bool(params["return_script_content"]))
        for script in context.inventory.catalog.scripts(home)
        if script.online and named(name, script.name) and language in (None, script.language)
    ]
    return page_v2(params, found)


def page_v2(params: Params, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one page of a list in v2's format."""
    start, length = bounds(params, most=MAX_LENGTH)
    shown = items[start : start + length]
    return {"start": start, "page_size": length, "total_record_size": len(items), "data": shown}


def script_detail(context: Context, params: Params) -> dict[str, Any]:
    """Return one version in v2, of the scope or public."""
    wanted = present(params["id"])
    if wanted is None:
        raise JobError(1241007, "id")
    for script in (
        script for home in (context.scope.ref, PUBLIC) for script in context.inventory.catalog.scripts(home)
    ):
        for version in script.versions:
            if version.id == wanted:
                return _version(context, script, version, True)
    raise JobError(NO_SUCH_SCRIPT)


def _version(context: Context, script: Script, version: ScriptVersion, content: bool) -> dict[str, Any]:
    stamp = written(CREATED)
    return {
        **home_fields(context, script),
        "id": version.id,
        "name": script.name,
        "version": version.version,
        "type": script.language,
        "public": script.scope == PUBLIC,
        "content": version.content if content else None,
        "creator": script.creator,
        "create_time": stamp,
        "last_modify_user": script.creator,
        "last_modify_time": stamp,
    }
