# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Filters of the info modules: options to models."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from ..common.dates import Moment, parse_moment
from ..common.text import describe_value, quoted
from ..models.history import HistoryFilter, window_problem
from ..models.plan import PlanFilter
from ..models.status import JOB_STATUS_NAMES, LAUNCH_MODES, RUN_TYPES
from .argspec import REPORT
from .reader import OptionReader

# Maximum of C(limit): that many entries fit into a result.
MAX_LIMIT = 1000
# Options that filter the history, mutually exclusive with the id of one instance.
FILTERS = ("name", "name_match", "operator", "status", "type", "launch_mode", "ip", "since", "until", "limit")
_ONE_INSTANCE = "requires job_instance_id"
_NOT_A_MOMENT = "must be an age such as 2h or 1d 12h, or a time such as 2026-01-31 or 2026-01-31T10:00:00+08:00, not {}"


def reject_filters(reader: OptionReader) -> None:
    """Add an error for each filter, because the task names one instance."""
    for name in reader.present(*FILTERS):
        reader.add_error(name, "is mutually exclusive with job_instance_id")


def read_history_filter(reader: OptionReader) -> HistoryFilter:
    """Return the filters for the history; add problems to C(reader)."""
    for option in (*REPORT, "variables"):
        if not reader.is_default(option):
            reader.add_error(option, _ONE_INSTANCE)
    since = _moment(reader, "since")
    until = _moment(reader, "until", end_of_day=True)
    if since is not None:
        _check_window(reader, since, until)
    return read_run_filter(reader)._replace(
        since=since,
        until=until,
        limit=reader.integer("limit", minimum=1, maximum=MAX_LIMIT) or HistoryFilter().limit,
        ip=_ip(reader),
    )


def read_run_filter(reader: OptionReader) -> HistoryFilter:
    """Return the filters for what a run is: its name, user, status, type and launch mode; add problems to C(reader)."""
    name, exact = _name(reader)
    return HistoryFilter(
        name=name,
        exact_name=exact,
        operator=reader.text("operator"),
        statuses=_statuses(reader),
        type=_code_of(RUN_TYPES, reader.choice("type")),
        launch_mode=_code_of(LAUNCH_MODES, reader.choice("launch_mode")),
    )


def read_plan_filter(reader: OptionReader) -> PlanFilter:
    """Return the filters for plans; add problems to C(reader)."""
    if reader.present("job_plan_id"):
        for other in reader.present("name", "name_match", "job_template_id", "limit"):
            reader.add_error(other, "is mutually exclusive with job_plan_id")
    name, exact = _name(reader)
    defaults = PlanFilter()
    return PlanFilter(
        job_plan_id=reader.integer("job_plan_id", minimum=1),
        name=name,
        exact_name=exact,
        template_id=reader.integer("job_template_id", minimum=1),
        details=reader.flag("details") is not False,
        limit=reader.integer("limit", minimum=1, maximum=MAX_LIMIT) or defaults.limit,
    )


def _name(reader: OptionReader) -> tuple[str | None, bool]:
    """Return the requested name, and whether it must match exactly."""
    match = reader.choice("name_match")
    if match is not None and not reader.present("name"):
        reader.add_error("name_match", "requires name")
    return reader.text("name"), match != "contains"


def _moment(reader: OptionReader, name: str, *, end_of_day: bool = False) -> Moment | None:
    text = reader.text(name)
    moment = None if text is None else parse_moment(text, end_of_day=end_of_day)
    if text is not None and moment is None:
        reader.add_error(name, _NOT_A_MOMENT.format(quoted(text)))
    return moment


def _check_window(reader: OptionReader, since: Moment, until: Moment | None) -> None:
    """Add the problems of a window that do not depend on the server's time."""
    end = until or Moment(0, relative=True)
    if since.relative is not end.relative:
        return
    problem = window_problem(since, until, None)
    if problem is not None:
        reader.add_error("since", problem)


def _statuses(reader: OptionReader) -> tuple[int, ...]:
    codes = {name: code for code, name in JOB_STATUS_NAMES.items()}
    found = []
    for path, value in reader.items("status") or ():
        if isinstance(value, str) and value.strip() in codes:
            found.append(codes[value.strip()])
        else:
            reader.problems.add_error(path, f"must be one of {', '.join(codes)}, not {describe_value(value)}")
    return tuple(dict.fromkeys(found))


def _code_of(names: Mapping[int, str], name: str | None) -> int | None:
    return next((code for code, each in names.items() if each == name), None)


def _ip(reader: OptionReader) -> str | None:
    text = reader.text("ip")
    try:
        return None if text is None else str(ipaddress.IPv4Address(text.strip()))
    except ValueError:
        reader.add_error("ip", f"must be an IPv4 address, not {quoted(text)}")
        return None
