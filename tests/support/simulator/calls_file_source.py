# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Third-party file sources: `get_file_source_detail` of v3.

JOB API: finds the sources of the own scope only, although a launch accepts shared ones of other scopes as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .call_context import Context, Params
from .calls_scripts import CREATED
from .errors import JobError
from .file_sources import FileSource
from .scopes import scope_fields

NO_SUCH_SOURCE = 1260012


def file_source_detail(context: Context, params: Params) -> dict[str, Any]:
    """Return the file source of a code. JOB API: needs view_file_source."""
    source = _named(context.inventory.file_sources, context.scope.ref, params["code"])
    context.require("view_file_source", (str(source.id), source.alias))
    return {
        **scope_fields(context.scope),
        "id": source.id,
        "code": source.code,
        "alias": source.alias,
        "status": source.status,
        "file_source_type_code": source.type,
        "is_public": source.public,
        "credential_id": source.credential_id,
        "enable": source.enable,
        "creator": "admin",
        "create_time": CREATED,
        "last_modify_user": "admin",
        "last_modify_time": CREATED,
    }


def _named(sources: Iterable[FileSource], scope: str, code: str) -> FileSource:
    for source in sources:
        if (source.scope, source.code) == (scope, code):
            return source
    raise JobError(NO_SUCH_SOURCE, code)
