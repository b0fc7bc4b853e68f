# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at scripts: lists, versions and single versions, of a scope or public; and `check_script`.

JOB API: names are matched by any part of them; only scripts with an online version are listed.
"""

from __future__ import annotations

from typing import Any

from .admission import risks
from .calls_script import LANGUAGES
from .catalog import PUBLIC, Script, ScriptVersion
from .coerce import blank, decode_base64
from .context import Context, Params
from .errors import JobError
from .scopes import scope_fields
from .times import written

CREATED = 1_767_225_600_000
"""JOB API: script times are milliseconds; an inventory has no better one than a fixed day."""
DEFAULT_LENGTH = 20
NO_SUCH_SCRIPT = 1243001


def script_list(context: Context, params: Params) -> dict[str, Any]:
    """The scope's scripts that have an online version."""
    return _listed(context, params, context.scope.ref)


def public_script_list(context: Context, params: Params) -> dict[str, Any]:
    """The scripts that every scope may run."""
    return _listed(context, params, PUBLIC)


def _listed(context: Context, params: Params, home: str) -> dict[str, Any]:
    language = params["script_language"]
    found = [
        script
        for script in context.inventory.catalog.scripts(home)
        if script.online and (params["name"] or "") in script.name and language in (None, script.language)
    ]
    return page(params, [_script(context, script) for script in found])


def page(params: Params, items: list[dict[str, Any]], most: int | None = None) -> dict[str, Any]:
    """One page of a list, with the number of all."""
    start, length = params["start"] or 0, params["length"] or DEFAULT_LENGTH
    length = length if most is None else min(length, most)
    return {"start": start, "length": length, "total": len(items), "data": items[start : start + length]}


def _script(context: Context, script: Script) -> dict[str, Any]:
    online = script.online
    return {
        **(_home(context, script)),
        "id": script.id,
        "name": script.name,
        "script_language": script.language,
        "online_script_version_id": online.id if online else None,
        **_authors(script),
        "description": script.description,
    }


def _home(context: Context, script: Script) -> dict[str, Any]:
    return {} if script.scope == PUBLIC else scope_fields(context.scope)


def _authors(script: Script) -> dict[str, Any]:
    return {
        "creator": script.creator,
        "create_time": CREATED,
        "last_modify_user": script.creator,
        "last_modify_time": CREATED,
    }


def version_list(context: Context, params: Params) -> dict[str, Any]:
    """All versions of one of the scope's scripts."""
    return _versions(context, params, context.scope.ref)


def public_version_list(context: Context, params: Params) -> dict[str, Any]:
    """All versions of a public script."""
    return _versions(context, params, PUBLIC)


def _versions(context: Context, params: Params, home: str) -> dict[str, Any]:
    script = context.inventory.catalog.script(params["script_id"])
    if script is None or script.scope != home:
        raise JobError(NO_SUCH_SCRIPT)
    shown = [_version(context, script, version) for version in script.versions]
    if not params["return_script_content"]:
        shown = [{**version, "content": None} for version in shown]
    return page(params, shown)


def _version(context: Context, script: Script, version: ScriptVersion) -> dict[str, Any]:
    return {
        **_home(context, script),
        "id": version.id,
        "script_id": script.id,
        "name": script.name,
        "version": version.version,
        "content": version.content,
        "status": version.status,
        "version_desc": "",
        "script_language": script.language,
        **_authors(script),
    }


def version_detail(context: Context, params: Params) -> dict[str, Any]:
    """One version, by its id or by script and version name."""
    return _one(context, params, context.scope.ref)


def public_version_detail(context: Context, params: Params) -> dict[str, Any]:
    """One version of a public script."""
    return _one(context, params, PUBLIC)


def _one(context: Context, params: Params, home: str) -> dict[str, Any]:
    wanted, script_id, name = params["id"], params["script_id"], params["version"]
    if (wanted is None or wanted < 1) and (blank(script_id) or blank(name)):
        raise JobError(1241007, "id|script_id+version")
    for script in context.inventory.catalog.scripts(home):
        for version in script.versions:
            by_name = wanted is None and (script.id, version.version) == (script_id, name)
            if version.id == wanted or by_name:
                return _version(context, script, version)
    raise JobError(NO_SUCH_SCRIPT)


def check_script(context: Context, params: Params) -> list[dict[str, Any]]:
    """JOB API: what the high-risk rules say of a script, which belongs to no scope; nothing when it is harmless."""
    if params["script_language"] not in LANGUAGES:
        raise JobError(1241005, "script_language")
    if blank(params["content"]):
        raise JobError(1241005, "content")
    content = decode_base64(params["content"]).decode("utf-8", "replace")
    found = risks(context, params["script_language"], content)
    return [{name: value for name, value in finding.items() if name != "intercept"} for finding in found]


def script_list_v2(context: Context, params: Params) -> dict[str, Any]:
    """v2's list of a scope's scripts. JOB API: its ids are those of versions."""
    return _listed_v2(context, params, context.scope.ref)


def public_script_list_v2(context: Context, params: Params) -> dict[str, Any]:
    """v2's list of public scripts."""
    return _listed_v2(context, params, PUBLIC)


def _listed_v2(context: Context, params: Params, home: str) -> dict[str, Any]:
    language = params["script_type"]
    found = [
        _version_v2(context, script, script.online, bool(params["return_script_content"]))
        for script in context.inventory.catalog.scripts(home)
        if script.online and (params["name"] or "") in script.name and language in (None, script.language)
    ]
    return page(params, found)


def script_detail_v2(context: Context, params: Params) -> dict[str, Any]:
    """v2's look at one version, of the scope or public."""
    if params["id"] is None or params["id"] < 1:
        raise JobError(1241007, "id")
    for script in (
        script for home in (context.scope.ref, PUBLIC) for script in context.inventory.catalog.scripts(home)
    ):
        for version in script.versions:
            if version.id == params["id"]:
                return _version_v2(context, script, version, True)
    raise JobError(NO_SUCH_SCRIPT)


def _version_v2(context: Context, script: Script, version: ScriptVersion, content: bool) -> dict[str, Any]:
    stamp = written(CREATED)
    return {
        **_home(context, script),
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
