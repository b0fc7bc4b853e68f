# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of the info modules: options to models.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import fields as dataclass_fields

from ..common.dates import Moment, parse_moment
from ..common.text import kind_of, shown
from ..models.history import HistoryFilter, window_fault
from ..models.plan import PlanFilter
from ..models.settings import ReportPlan
from ..models.status import JOB_WORDS, LAUNCH_MODES, RUN_TYPES
from .reader import Fields

NAME_MATCHES = ("exact", "contains")
STATUSES = tuple(JOB_WORDS.values())
RUN_TYPE_CHOICES = tuple(RUN_TYPES.values())
LAUNCHED_BY = tuple(LAUNCH_MODES.values())
# Entries of such a length that so many fit into a result.
LIMIT_MOST = 1000
# The options that say which part of the history is wanted, and make no sense beside the id of one instance.
FILTERS = ("name", "name_match", "operator", "status", "type", "launch_mode", "ip", "since", "until", "limit")
_ONE_INSTANCE = "is about one run, so it needs job_instance_id"
# What ReportPlan calls otherwise than the options.
_REPORT_OPTIONS = {"bytes_per_host": "log_max_bytes_per_host", "bytes_total": "log_max_bytes_total"}
# Milliseconds since the epoch, in a time long after this one.
_LATER = 10**15
_NOT_A_MOMENT = (
    "must be how long ago, like 2h or 1d 12h, or a moment like 2026-01-31 or 2026-01-31T10:00:00+08:00, not {}"
)


def read_one_instance(fields: Fields) -> int | None:
    """The id of the instance that is asked for; None if the history is. What says which part of it is a fault then."""
    job_instance_id = fields.integer("job_instance_id", least=1)
    if fields.given("job_instance_id"):
        for name in fields.given(*FILTERS):
            fields.fault(name, "cannot stand beside job_instance_id, which names one run")
    return job_instance_id


def read_history_filter(fields: Fields, report: ReportPlan) -> HistoryFilter:
    """Which part of the history is wanted."""
    for field in dataclass_fields(ReportPlan):
        if getattr(report, field.name) != field.default:
            fields.fault(_REPORT_OPTIONS.get(field.name, field.name), _ONE_INSTANCE)
    if fields.flag("variables"):
        fields.fault("variables", _ONE_INSTANCE)
    since = _moment(fields, "since")
    until = _moment(fields, "until", end_of_day=True)
    if since is not None:
        _check_window(fields, since, until)
    name, exact = _name(fields)
    defaults = HistoryFilter()
    return HistoryFilter(
        since=since,
        until=until,
        limit=fields.integer("limit", least=1, most=LIMIT_MOST) or defaults.limit,
        name=name,
        exact_name=exact,
        operator=fields.text("operator"),
        statuses=_statuses(fields),
        type=_number(RUN_TYPES, fields.choice("type", RUN_TYPE_CHOICES)),
        launch_mode=_number(LAUNCH_MODES, fields.choice("launch_mode", LAUNCHED_BY)),
        ip=_ip(fields),
    )


def read_plan_filter(fields: Fields) -> PlanFilter:
    """Which plans are wanted."""
    if fields.given("job_plan_id"):
        for other in fields.given("name", "name_match", "job_template_id", "limit"):
            fields.fault(other, "cannot stand beside job_plan_id, which names one plan")
    name, exact = _name(fields)
    defaults = PlanFilter()
    return PlanFilter(
        job_plan_id=fields.integer("job_plan_id", least=1),
        name=name,
        exact_name=exact,
        template_id=fields.integer("job_template_id", least=1),
        details=fields.flag("details") is not False,
        limit=fields.integer("limit", least=1, most=LIMIT_MOST) or defaults.limit,
    )


def _name(fields: Fields) -> tuple[str | None, bool]:
    """The name that is looked for, and whether it must be exactly that."""
    match = fields.choice("name_match", NAME_MATCHES)
    if match is not None and not fields.given("name"):
        fields.fault("name_match", "says how to compare a name, and name is not given")
    return fields.text("name"), match != "contains"


def _moment(fields: Fields, name: str, *, end_of_day: bool = False) -> Moment | None:
    text = fields.text(name)
    moment = None if text is None else parse_moment(text, end_of_day=end_of_day)
    if text is not None and moment is None:
        fields.fault(name, _NOT_A_MOMENT.format(shown(text)))
    return moment


def _check_window(fields: Fields, since: Moment, until: Moment | None) -> None:
    """What can be said about a window without knowing what time it is at the server."""
    end = until or Moment(0, relative=True)
    if since.relative is not end.relative:
        return
    # Any moment will do for now.
    fault = window_fault(since.at(_LATER), end.at(_LATER), "until" if until else "now")
    if fault is not None:
        fields.fault("since", fault)


def _statuses(fields: Fields) -> tuple[int, ...]:
    codes = {word: code for code, word in JOB_WORDS.items()}
    found = []
    for path, value in fields.items("status") or ():
        if isinstance(value, str) and value.strip() in codes:
            found.append(codes[value.strip()])
        else:
            fields.findings.fault(path, f"must be one of {', '.join(codes)}, not {kind_of(value)}")
    return tuple(dict.fromkeys(found))


def _number(words: Mapping[int, str], word: str | None) -> int | None:
    return next((number for number, each in words.items() if each == word), None)


def _ip(fields: Fields) -> str | None:
    text = fields.text("ip")
    try:
        return None if text is None else str(ipaddress.IPv4Address(text.strip()))
    except ValueError:
        fields.fault("ip", f"must be an IPv4 address, not {shown(text)}")
        return None
