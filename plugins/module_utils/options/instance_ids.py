# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Ids of several instances: option to model."""

from __future__ import annotations

from ..common.text import describe_value, parse_integer
from .operate import NULL_ID
from .reader import OptionReader

# Maximum number of instances of one task: the result lists each of them and is limited in size.
MAX_INSTANCES = 200
_OPTION = "job_instance_ids"
_EMPTY = "is empty; list the runs to wait for, or skip the task with when"
_TOO_MANY = "has {} ids, at most {} are allowed; use one task for each part, for example with the filter batch"


def read_instance_ids(reader: OptionReader, *, check_mode: bool) -> tuple[int, ...] | None:
    """Return the ids of several instances, each once; empty if the option is invalid.

    None in check mode, in which launches return null ids, if no other id is given.
    """
    elements = reader.items(_OPTION)
    given = [(path, value) for path, value in elements or () if not check_mode or value not in (None, "")]
    if check_mode and not given and not reader.problems.has_error(_OPTION):
        return None
    ids = [_read_id(reader, path, value) for path, value in given]
    unique = tuple(dict.fromkeys(number for number in ids if number is not None))
    if not given:
        reader.add_error(_OPTION, NULL_ID if elements is None else _EMPTY)
    elif len(unique) > MAX_INSTANCES:
        reader.add_error(_OPTION, _TOO_MANY.format(len(unique), MAX_INSTANCES))
    return () if None in ids else unique


def _read_id(reader: OptionReader, path: str, value: object) -> int | None:
    """Return one id; None, with an error, if it is invalid."""
    number = parse_integer(value)
    if value is None or value == "":
        reader.problems.add_error(path, NULL_ID)
    elif number is None:
        reader.problems.add_error(path, f"must be a whole number, not {describe_value(value)}")
    elif number < 1:
        reader.problems.add_error(path, f"is {number}, must be 1 or more")
    else:
        return number
    return None
