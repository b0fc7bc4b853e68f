# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of the calls that send files."""

from __future__ import annotations

from .fields_rolling import ROLLING
from .request_fields import LOOSE_SERVER_V3, SERVER_V3, TARGET_V2, TIMEOUT
from .rules import callback
from .type_conversion import INT, LONG, Field, Record, list_of, text, truth

_SPEED = {name: Field(INT) for name in ("upload_speed_limit", "download_speed_limit")}

_SOURCE_V3 = Record(
    {
        "file_type": Field(INT),
        "file_list": Field(list_of(text)),
        "account": Field(Record({"id": Field(LONG), "alias": Field(text)})),
        "server": Field(SERVER_V3),
        "file_source_id": Field(INT),
        "file_source_code": Field(text),
    }
)
# JOB API: v2 accepts file_type and file_source_id, and ignores both.
_SOURCE_V2 = Record({"files": Field(list_of(text)), "account": Field(text), **TARGET_V2})
_CONTENT = Record({"file_name": Field(text), "content": Field(text)})

FAST_TRANSFER_FILE = Record(
    {
        "task_name": Field(text),
        "file_source_list": Field(list_of(_SOURCE_V3)),
        "file_target_path": Field(text),
        "file_target_name": Field(text),
        "account_id": Field(LONG),
        "account_alias": Field(text),
        "target_server": Field(SERVER_V3),
        "timeout": TIMEOUT,
        **_SPEED,
        "transfer_mode": Field(INT),
        "rolling_config": Field(ROLLING),
        "start_task": Field(truth),
        "callback_url": Field(text, (callback,)),
    }
)
FAST_PUSH_FILE = Record(
    {
        "task_name": Field(text),
        "file_source": Field(list_of(_SOURCE_V2)),
        "file_target_path": Field(text),
        "account": Field(text),
        **TARGET_V2,
        "timeout": TIMEOUT,
        **_SPEED,
        "bk_callback_url": Field(text, (callback,)),
    }
)
PUSH_CONFIG_FILE_V3 = Record(
    {
        "task_name": Field(text),
        "file_target_path": Field(text),
        "account_id": Field(LONG),
        "account_alias": Field(text),
        "target_server": Field(LOOSE_SERVER_V3),
        "file_list": Field(list_of(_CONTENT)),
        "callback_url": Field(text, (callback,)),
    }
)
# JOB API: v2 accepts a target_server here as well, and ignores it.
PUSH_CONFIG_FILE_V2 = Record(
    {
        "task_name": Field(text),
        "file_target_path": Field(text),
        "account": Field(text),
        "ip_list": TARGET_V2["ip_list"],
        "file_list": Field(list_of(_CONTENT)),
    }
)
