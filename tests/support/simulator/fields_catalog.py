# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of calls that read plans, templates, scripts, accounts and file sources, and of the script check."""

from __future__ import annotations

from .messages import Text
from .rules import between, given, one_of
from .type_conversion import INT, LONG, Field, Record, text, truth

LANGUAGES = range(1, 7)
"""JOB API: shell, bat, perl, python, powershell; the check accepts SQL (6) as well."""
CATEGORIES = (1, 2)
_CATEGORY: Text = ("Invalid category", "category 不合法")
_LANGUAGE: Text = ("Invalid script_language", "脚本语言不合法")
_CONTENT: Text = ("script_content is empty", "脚本内容为空")
_CODE: Text = ("code is empty", "code 不能为空")

_PAGE = {"start": Field(INT), "length": Field(INT)}
_BY_PEOPLE_AND_TIMES = {
    "name": Field(text),
    "creator": Field(text),
    "last_modify_user": Field(text),
    **{f"{time}_{end}": Field(LONG) for time in ("create_time", "last_modify_time") for end in ("start", "end")},
    **_PAGE,
}
PLAN_DETAIL = Record({"job_plan_id": Field(LONG)})
JOB_DETAIL = Record({"bk_job_id": Field(LONG)})
JOB_LIST = Record(_BY_PEOPLE_AND_TIMES)
PLAN_LIST = Record({"job_template_id": Field(LONG), **_BY_PEOPLE_AND_TIMES})
TEMPLATE_LIST = Record(_BY_PEOPLE_AND_TIMES)

SCRIPT_LIST = Record({"name": Field(text), "script_language": Field(INT), **_PAGE})
VERSION_LIST = Record({"script_id": Field(text), "return_script_content": Field(truth), **_PAGE})
VERSION_DETAIL = Record({"id": Field(LONG), "script_id": Field(text), "version": Field(text)})
CHECK_SCRIPT = Record(
    {
        "script_language": Field(INT, (given(_LANGUAGE), one_of(LANGUAGES, _LANGUAGE))),
        # Base64 of blanks is a script; an empty text is not.
        "content": Field(text, (given(_CONTENT),)),
    }
)
SCRIPT_LIST_V2 = Record(
    {
        **{name: Field(text) for name in ("name", "script_name")},
        "script_type": Field(INT),
        "return_script_content": Field(truth),
        **_PAGE,
    }
)
SCRIPT_DETAIL_V2 = Record({"id": Field(LONG)})

ACCOUNT_LIST = Record(
    {
        "category": Field(INT, (between(CATEGORIES[0], CATEGORIES[-1], _CATEGORY),)),
        "account": Field(text),
        "alias": Field(text),
        **_PAGE,
    }
)
FILE_SOURCE_DETAIL = Record({"code": Field(text, (given(_CODE),))})
NOTHING = Record({})
PAGE = Record(_PAGE)
