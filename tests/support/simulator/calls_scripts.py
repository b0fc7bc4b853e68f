# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read scripts in v3: lists, versions and single versions, of a scope or public.

JOB API: scripts without an online version are listed, too; pages past the end have total 0.
"""

from __future__ import annotations

from typing import Any

from .call_context import Context, Params
from .catalog import PUBLIC, Script, ScriptVersion
from .errors import JobError
from .fields_catalog import LANGUAGES
from .ids import present
from .like import named
from .paging import MAX_LENGTH, page
from .scopes import scope_fields
from .type_conversion import blank

CREATED = 1_767_225_600_000
"""JOB API: script times are milliseconds; scripts of an inventory have this fixed day."""
ALL_LANGUAGES = 0
VERSIONS_LENGTH = 10
NO_SUCH_SCRIPT = 1243001


def script_list(context: Context, params: Params) -> dict[str, Any]:
    """List the scripts of the scope."""
    return _listed(context, params, context.scope.ref)


def public_script_list(context: Context, params: Params) -> dict[str, Any]:
    """List the scripts that every scope may run."""
    return _listed(context, params, PUBLIC)


def _listed(context: Context, params: Params, home: str) -> dict[str, Any]:
    wanted = params["script_language"] or ALL_LANGUAGES
    if wanted not in (ALL_LANGUAGES, *LANGUAGES):
        raise JobError(1241005, "type")
    found = [
        _script(context, script)
        for script in context.inventory.catalog.scripts(home)
        if named(params["name"], script.name) and wanted in (ALL_LANGUAGES, script.language)
    ]
    return page(params, found, most=MAX_LENGTH, counts_beyond=False)


def _script(context: Context, script: Script) -> dict[str, Any]:
    online = script.online
    return {
        **home_fields(context, script),
        "id": script.id,
        "name": script.name,
        "script_language": script.language,
        "online_script_version_id": online.id if online else None,
        **_authors(script),
        "description": script.description,
    }


def home_fields(context: Context, script: Script) -> dict[str, Any]:
    """Return the scope fields of a script; a public one has none."""
    return {} if script.scope == PUBLIC else scope_fields(context.scope)


def _authors(script: Script) -> dict[str, Any]:
    return {
        "creator": script.creator,
        "create_time": CREATED,
        "last_modify_user": script.creator,
        "last_modify_time": CREATED,
    }


def version_list(context: Context, params: Params) -> dict[str, Any]:
    """List all versions of one of the scope's scripts."""
    return _versions(context, params, context.scope.ref)


def public_version_list(context: Context, params: Params) -> dict[str, Any]:
    """List all versions of a public script."""
    return _versions(context, params, PUBLIC)


def _versions(context: Context, params: Params, home: str) -> dict[str, Any]:
    """JOB API: a script that does not exist has no versions; that is not an error."""
    if blank(params["script_id"]):
        raise JobError(1241005, "script_id")
    script = context.inventory.catalog.script(params["script_id"])
    if script is not None and home != PUBLIC:
        context.require("view_script", (script.id, script.name))
    versions = () if script is None or script.scope != home else script.versions
    shown = [version_fields(context, script, version) for version in versions if script is not None]
    if not params["return_script_content"]:
        shown = [{**version, "content": None} for version in shown]
    return page(params, shown, default=VERSIONS_LENGTH, most=None, counts_beyond=False)


def version_fields(context: Context, script: Script, version: ScriptVersion) -> dict[str, Any]:
    """Return one version of a script."""
    return {
        **home_fields(context, script),
        "id": version.id,
        "script_id": script.id,
        "name": script.name,
        "version": version.version,
        "content": version.content,
        "status": version.status,
        "version_desc": "",
        "script_language": script.language,
        **_authors(script),
        "description": script.description,
    }


def version_detail(context: Context, params: Params) -> dict[str, Any]:
    """Return one version, by its id or by script and version name."""
    return _one(context, params, context.scope.ref)


def public_version_detail(context: Context, params: Params) -> dict[str, Any]:
    """Return one version of a public script."""
    return _one(context, params, PUBLIC)


def _one(context: Context, params: Params, home: str) -> dict[str, Any]:
    wanted, script_id, name = present(params["id"]), params["script_id"], params["version"]
    if wanted is None and (blank(script_id) or blank(name)):
        raise JobError(1241007, "id|script_id+version")
    for script in context.inventory.catalog.scripts(home):
        for version in script.versions:
            by_name = wanted is None and (script.id, version.version) == (script_id, name)
            if version.id == wanted or by_name:
                return version_fields(context, script, version)
    raise JobError(NO_SUCH_SCRIPT)
