# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of a rolling configuration. JOB API: values outside their enumeration fail validation."""

from __future__ import annotations

from typing import Any

from .messages import Text
from .rolling_batches import OVER_SOURCES, OVER_TARGETS, PARALLEL, WAITS
from .rules import between, one_of
from .type_conversion import INT, Field, Record, blank, text

TYPES, MODES, EXECUTION_MODES = (1, 2), (1, 2, 3), (1, 2)
WAIT_MS = (0, 3_600_000)
"""JOB API: minimum and maximum of each waiting time, in milliseconds."""
_NO_EXPRESSION: Text = ("rolling expression is empty", "滚动表达式为空")
_NO_SOURCE: Text = ("rolling file_source is empty", "滚动文件源为空")
_BAD_WAIT: Text = ("Invalid waiting time between batches", "批次间的等待时间不合法")
_BAD_LIMIT: Text = ("Invalid limit of a batch", "批次的限制不合法")
FILE_SOURCE = Record(
    {
        name: Field(INT, (between(1, None, _BAD_LIMIT),))
        for name in ("max_execute_object_num_in_batch", "max_file_num_of_single_execute_object")
    }
)


def _subject(record: Any) -> Text | None:
    """JOB API: rolling over targets (type 1, the default) needs an expression, over files (2) their source."""
    kind = OVER_TARGETS if record["type"] is None else record["type"]
    if kind == OVER_SOURCES and record["file_source"] is None:
        return _NO_SOURCE
    return _NO_EXPRESSION if kind == OVER_TARGETS and blank(record["expression"]) else None


def _waits(record: Any) -> Text | None:
    """JOB API: parallel batches need all three waiting times; they are ignored for other batches."""
    if record["execution_mode"] != PARALLEL:
        return None
    legal = between(*WAIT_MS, _BAD_WAIT)
    return _BAD_WAIT if any(record[name] is None or legal(record[name]) for name in WAITS) else None


ROLLING = Record(
    {
        "type": Field(INT, (one_of(TYPES, ("Invalid rolling type", "滚动类型不合法")),)),
        "mode": Field(INT, (one_of(MODES, ("Invalid rolling mode", "滚动机制不合法")),)),
        "expression": Field(text),
        "execution_mode": Field(INT, (one_of(EXECUTION_MODES, ("Invalid execution_mode", "执行方式不合法")),)),
        **{name: Field(INT) for name in WAITS},
        "file_source": Field(FILE_SOURCE),
    },
    (_subject, _waits),
)
