# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Readable report of a run: one line for each step and host, and the last lines of each log.

Logs, names and addresses come from JOB and from scripts, so each line is free of terminal control characters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..module_utils.common.text import printable, strip_escape_sequences, truncate

# Maximum length of a log line (characters).
_MAX_LINE_LENGTH = 1000
# Host statuses of the results in which a host has not ended.
_ACTIVE = ("waiting", "running")


# Indentation of lines (characters).
_RUN, _HOST, _LOG = 2, 4, 9


class Line(NamedTuple):
    """A line of the report, its indentation, and what it reports: C(ok), C(failed), or None for everything else."""

    text: str
    verdict: str | None = None
    indent: int = _RUN

    @property
    def indented(self) -> str:
        """Return the line as it is printed."""
        return " " * self.indent + self.text


def is_job_result(data: Mapping[str, Any]) -> bool:
    """Return whether the result of a task is that of a run, with its steps, or of several."""
    return "job_instance_id" in data and isinstance(data.get("steps"), list)


def has_run(data: Mapping[str, Any]) -> bool:
    """Return whether there is a run to report; in check mode and after a rejected launch there is none."""
    return bool(data["job_instance_id"] or data.get("runs"))


def headline(data: Mapping[str, Any]) -> Line:
    """Return one line about the run: id, name, status and time; of several runs their number."""
    if data.get("runs"):
        failed_runs = sum(bool(run.get("failed")) for run in data["runs"])
        verdict = f"{failed_runs} did not succeed" if failed_runs else "all succeeded"
        return Line(f"{len(data['runs'])} runs: {verdict}", "failed" if failed_runs else "ok")
    status, outcome = data.get("status"), data.get("launch_outcome")
    name = f" ({_clean(data['job_instance_name'])})" if data.get("job_instance_name") else ""
    text = f"job instance {data['job_instance_id']}{name}: {status or outcome or 'status unknown'}"
    if data.get("finished") and data.get("total_time") is not None:
        text += f" in {data['total_time']} s"
    if status and outcome not in ("started", None):
        text += f", launch {outcome}"
    failed = bool(data.get("finished")) and status != "success"
    return Line(text, "failed" if failed else "ok" if status == "success" else None)


def message_lines(data: Mapping[str, Any]) -> list[str]:
    """Return the lines of the message of a failed task."""
    return [_clean(line) for line in str(data.get("msg") or "failed without a message").splitlines()]


def report(data: Mapping[str, Any], max_hosts: int, max_log_lines: int) -> Iterator[Line]:
    """Report the steps and hosts of a run, failed hosts first. Several runs have a line each, failed ones first.

    Args:
        data: the result of a task.
        max_hosts: maximum number of hosts, in all steps together.
        max_log_lines: maximum number of lines of each host's log; the last ones are shown.
    """
    for run in sorted(data.get("runs") or (), key=lambda run: not run.get("failed")):
        yield headline(run)
        if run.get("failed") and not run.get("finished"):
            yield Line(message_lines(run)[0], "failed", _HOST)
        lines = list(report(run, max_hosts, max_log_lines))
        max_hosts = max(max_hosts - sum(line.indent == _HOST for line in lines), 0)
        yield from lines
    if data.get("job_instance_url"):
        yield Line(_clean(data["job_instance_url"]))
    entries = _entries(data)
    shown = sorted(entries, key=lambda host: host.get("failure_kind") is None)[:max_hosts]
    by_step: dict[object, list[Mapping[str, Any]]] = defaultdict(list)
    for host in shown:
        by_step[host.get("step_instance_id")].append(host)
    width = max((len(_address(host)) for host in shown), default=0)
    for step in data["steps"]:
        hosts = by_step.pop(step.get("step_instance_id"), [])
        total = (step.get("counts") or {}).get("total", len(hosts))
        if len(data["steps"]) > 1 or total != len(hosts):
            yield _step_line(step)
        for host in hosts:
            yield from _host_lines(host, width, max_log_lines)
    # Hosts of steps that did not fit into the result.
    for host in (each for hosts in by_step.values() for each in hosts):
        yield from _host_lines(host, width, max_log_lines)
    if len(shown) < len(entries):
        yield _omitted(len(entries) - len(shown), _failed(entries) - _failed(shown))


def _entries(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the hosts of a result, each once for each step."""
    entries: dict[tuple[object, object, str], Mapping[str, Any]] = {}
    for host in [*(data.get("hosts") or []), *(data.get("failed_hosts") or [])]:
        entries.setdefault((host.get("step_instance_id"), host.get("bk_host_id"), _address(host)), host)
    return list(entries.values())


def _failed(hosts: list[Mapping[str, Any]]) -> int:
    return sum(host.get("failure_kind") is not None for host in hosts)


def _omitted(hosts: int, failed: int) -> Line:
    some = f", {failed} of them failed" if failed else ""
    return Line(f"... {hosts} more {'host' if hosts == 1 else 'hosts'}{some}", "failed" if failed else None, _HOST)


def _step_line(step: Mapping[str, Any]) -> Line:
    status, counts = str(step.get("status")), step.get("counts") or {}
    text = f"step {_clean(step.get('name') or step.get('step_instance_id'))}: {status}"
    if counts.get("total"):
        text += f", {counts['success']} of {counts['total']} hosts ok"
        text += "".join(f", {counts[name]} {name}" for name in ("failed", "unfinished") if counts[name])
    return Line(text, "failed" if counts.get("failed") else "ok" if status == "success" else None)


def _host_lines(host: Mapping[str, Any], width: int, max_log_lines: int) -> Iterator[Line]:
    """Return the line of a host, and the last lines of its log."""
    status, exit_code = str(host.get("status")), host.get("exit_code")
    is_active, is_failed = status in _ACTIVE, host.get("failure_kind") is not None
    has_exit_code = exit_code is not None and not is_active and host.get("failure_kind") in (None, "script")
    detail = f"exit code {exit_code}" if has_exit_code else status.replace("_", " ")
    label = "FAIL" if is_failed else "run" if is_active else "ok"
    text = f"{label:<4} {_address(host):<{width + 1}} {detail}"
    yield Line(text, "failed" if is_failed else None if is_active else "ok", _HOST)
    for line in _log_lines(host, max_log_lines):
        yield Line(f"| {line}".rstrip(), indent=_LOG)


def _log_lines(host: Mapping[str, Any], maximum: int) -> list[str]:
    """Return the last lines of a host's log, after a note about lines that are missing."""
    lines = str(host.get("log") or "").splitlines()
    omitted = max(len(lines) - maximum, 0)
    kept = [truncate(_clean(line.expandtabs()), _MAX_LINE_LENGTH) for line in lines[omitted:]]
    if omitted:
        return [f"... ({omitted} earlier {'line' if omitted == 1 else 'lines'})", *kept]
    return ["... (earlier output was cut)", *kept] if host.get("log_truncated") and maximum else kept


def _address(host: Mapping[str, Any]) -> str:
    """Return the address of a host with its cloud area, if that is not the default one; else its id."""
    if not host.get("ip"):
        return f"host {host.get('bk_host_id')}"
    area = host.get("bk_cloud_id")
    return _clean(f"{area}:{host['ip']}" if area else host["ip"])


def _clean(value: object) -> str:
    """Return a value as text without terminal control characters and line ends."""
    return printable(strip_escape_sequences(str(value)))
