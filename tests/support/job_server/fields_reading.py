# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the calls take that only look: history, steps, variables, scripts, accounts, and the check of a script."""

from __future__ import annotations

from .coerce import INT, LONG, Field, Record, text, truth
from .fields import between, given
from .messages import Text

MAX_LENGTH = 1000
_START: Text = ("Invalid start", "start 不合法")
_LENGTH: Text = ("Invalid length", "length 不合法")
_CATEGORY: Text = ("Invalid category", "category 不合法")
_STEP: Text = ("Invalid step_instance_id", "step_instance_id 不合法")
_VERSIONS: Text = ("Invalid script_id", "script_id 不合法")


def _page(high: int | None) -> dict[str, Field]:
    """JOB API: pages begin at 0 and are at least 1 long."""
    return {"start": Field(INT, (between(0, None, _START),)), "length": Field(INT, (between(1, high, _LENGTH),))}


HISTORY = Record(
    {
        **{name: Field(LONG) for name in ("create_time_start", "create_time_end", "job_instance_id", "job_cron_id")},
        **{name: Field(text) for name in ("operator", "name", "ip")},
        **{name: Field(INT) for name in ("launch_mode", "type", "status")},
        **_page(MAX_LENGTH),
    }
)
VALUES = Record({"job_instance_id": Field(LONG)})
_STEP_ID = Field(LONG, (given(_STEP), between(1, None, _STEP)))
STEP_STATUS = Record(
    {
        "job_instance_id": Field(LONG),
        "step_instance_id": _STEP_ID,
        **{name: Field(INT) for name in ("execute_count", "batch", "max_host_num_per_group", "status")},
        **{name: Field(text) for name in ("keyword", "search_ip", "tag")},
    }
)
STEP_DETAIL = Record({"job_instance_id": Field(LONG), "step_instance_id": _STEP_ID})
SCRIPT_LIST = Record({"name": Field(text), "script_language": Field(INT), **_page(None)})
VERSION_LIST = Record(
    {"script_id": Field(text, (given(_VERSIONS),)), "return_script_content": Field(truth), **_page(None)}
)
VERSION_DETAIL = Record({"id": Field(LONG), "script_id": Field(text), "version": Field(text)})
ACCOUNT_LIST = Record(
    {
        "category": Field(INT, (between(1, 2, _CATEGORY),)),
        "account": Field(text),
        "alias": Field(text),
        **_page(None),
    }
)
CHECK_SCRIPT = Record({"script_language": Field(INT), "content": Field(text)})

SCRIPT_LIST_V2 = Record(
    {
        "name": Field(text),
        "script_type": Field(INT),
        "return_script_content": Field(truth),
        **_page(None),
    }
)
SCRIPT_DETAIL_V2 = Record({"id": Field(LONG)})
NOTHING = Record({})
PAGE = Record(_page(None))
