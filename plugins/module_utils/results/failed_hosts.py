# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Failed hosts in the message of a failed task: address, exit code or status, and last line of the log."""

from __future__ import annotations

from ..common.text import join_first, one_line, strip_escape_sequences
from ..models.run import HostResult, JobInstance
from ..models.status import has_exit_code, host_status_name, is_host_failed, may_have_log
from .verdict import deciding_step

_MAX_HOSTS = 5
_MAX_LINE_LENGTH = 110
# Part of a log (bytes) that is searched for its last line.
_TAIL_BYTES = 4096


def last_line(log: bytes) -> str:
    """Return the last line of a log that is not blank, shortened and without control characters; empty if none."""
    text = log.rstrip()[-_TAIL_BYTES:].decode("utf-8", "ignore")
    lines = (one_line(strip_escape_sequences(line), _MAX_LINE_LENGTH) for line in reversed(text.splitlines()))
    return next(filter(None, lines), "")


def failed_host_lines(instance: JobInstance, hosts_option: str, listed: int) -> tuple[str, ...]:
    """Return a line for each of the first failed hosts, or one for all if they failed in the same way.

    Args:
        instance: the run. If hosts failed in the step that decided, only these are described.
        hosts_option: value of the option C(hosts).
        listed: number of failed hosts in C(failed_hosts), of all steps.
    """
    failed = _failed_hosts(instance)
    if not failed:
        return ()
    known = [host for host in failed if _last_line(host) is not None] or failed
    same = len(known) > 1 and len({_reason(host) for host in known}) == 1
    described = known if same else failed[:_MAX_HOSTS]
    lines = [f"{_name(host)}: {_reason(host)}" for host in described]
    if same:
        lines = [f"{join_first([_name(host) for host in known], _MAX_HOSTS)}: {_reason(known[0])}"]
    rest = len(failed) - len(described)
    truncated = listed < len(failed) and hosts_option != "none"
    if rest or truncated:
        lines.append(_rest_line(rest, hosts_option, truncated=truncated))
    return tuple(f"- {line}" for line in lines)


def _failed_hosts(instance: JobInstance) -> list[HostResult]:
    """Return the failed hosts of the step that decided; of all steps if none failed there."""
    step = deciding_step(instance)
    for steps in ([] if step is None else [step], instance.steps):
        failed = [host for each in steps for host in each.hosts or () if is_host_failed(host.status)]
        if failed:
            return failed
    return []


def _rest_line(rest: int, hosts_option: str, *, truncated: bool) -> str:
    others = f"{rest} more failed hosts" if rest > 1 else "1 more failed host" if rest else "some hosts are omitted"
    if hosts_option == "none":
        return f"{others}; hosts is none"
    if not truncated:
        return f"{others}, see failed_hosts"
    if hosts_option == "all":
        return f"{others}; log_dir writes complete logs to files"
    return f"{others}; hosts: all lists more hosts, log_dir writes complete logs to files"


def _name(host: HostResult) -> str:
    return host.ip or f"host {host.bk_host_id}"


def _reason(host: HostResult) -> str:
    exited = host.exit_code and has_exit_code(host.status)
    reason = f"exit code {host.exit_code}" if exited else host_status_name(host.status)
    line = _last_line(host)
    return f"{reason}: {line}" if line else reason


def _last_line(host: HostResult) -> str | None:
    """Return the last line of the host's log; empty if it is known to have no log, None if the log was not read."""
    line = None if host.log is None else host.log.last_line
    return line if line is not None or may_have_log(host.status) else ""
