# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of calls that read runs: history, steps and variables."""

from __future__ import annotations

from .messages import Text
from .rules import between, given
from .type_conversion import INT, LONG, Field, Record, text

MAX_LENGTH = 1000
_LENGTH: Text = ("Invalid length", "length 不合法")
_STEP: Text = ("Invalid step_instance_id", "step_instance_id 不合法")

HISTORY = Record(
    {
        **{name: Field(LONG) for name in ("create_time_start", "create_time_end", "job_instance_id", "job_cron_id")},
        **{name: Field(text) for name in ("operator", "name", "ip")},
        **{name: Field(INT) for name in ("launch_mode", "type", "status")},
        "start": Field(INT),
        # JOB API: the only list that rejects lengths.
        "length": Field(INT, (between(1, MAX_LENGTH, _LENGTH),)),
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
