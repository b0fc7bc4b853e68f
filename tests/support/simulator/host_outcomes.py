# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outcomes of hosts in scripted runs: rules of the inventory; the first that matches a host applies.

A rule matches by host, by every n-th host id, by a text in the script, by the step's name and by the number of the
execution; keys that it omits do not matter. A host that no rule matches succeeds at once without output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .cmdb import Host
from .host_tasks import HOST_BAD_EXIT, HOST_NO_RESULT, HOST_NOT_DISPATCHED, HOST_SUCCESS, HOST_TIMEOUT, plain_exit_code
from .shell_wrapper import MAX_TAG
from .step_work import Transfer
from .yaml_schema import Checker, Key, any_text, flag, identifier, integer, list_of, one_of, section, text, wrong

NEVER = "never"
SILENT_SECONDS, GIVE_UP_SECONDS = 60, 300
"""JOB API: a host without any result for 60 s, or still running 300 s after its time limit, ends 15."""
ENGINE_FAULTS = {"abnormal": 9, "abandoned": 14, "refused": 4}
PREPARATIONS = ("failed", "done")
_REASONS = {
    HOST_NOT_DISPATCHED: "GSE Job failed: the agent server refused the task",
    HOST_NO_RESULT: "no result came from the agent in time",
}


def _seconds(path: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1_000_000:
        raise wrong(path, "a number of seconds", value)
    return float(value)


def _or_never(path: str, value: Any) -> float | None:
    return None if value == NEVER else _seconds(path, value)


def _span(path: str, value: Any) -> tuple[float, float] | None:
    if value == NEVER:
        return None
    if not isinstance(value, list):
        return (_seconds(path, value),) * 2
    found = [_seconds(f"{path}[{position}]", entry) for position, entry in enumerate(value)]
    if len(found) != 2 or found[0] > found[1]:
        raise wrong(path, 'seconds, "never", or a list of the least and the most seconds', value)
    return found[0], found[1]


def _sets(path: str, value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        raise wrong(path, "a mapping of variables to their texts", value)
    return tuple((identifier(path, name), any_text(f"{path}.{name}", entry)) for name, entry in value.items())


def _host_status(path: str, value: Any) -> int:
    found: int = integer(1)(path, value)
    if found in (5, 7):
        raise wrong(path, "a final host status, which 5 (waiting) and 7 (running) are not", value)
    return found


_FIELDS = section(
    {
        "hosts": Key(list_of(integer(1)), None),
        "every": Key(integer(1), None),
        "script": Key(text, None),
        "step": Key(identifier, None),
        "file": Key(text, None),
        "execution": Key(integer(0), None),
        "status": Key(_host_status, None),
        "exit_code": Key(integer(0), 0),
        "error_code": Key(integer(0), 0),
        "tag": Key(any_text, ""),
        "sets": Key(_sets, ()),
        "waits": Key(_or_never, 0.0),
        "seconds": Key(_span, (0.0, 0.0)),
        "stop_seconds": Key(_seconds, 0.0),
        "missing": Key(flag, False),
        "prepare": Key(one_of(*PREPARATIONS), None),
        "engine": Key(one_of(*ENGINE_FAULTS), None),
        "log": Key(any_text, ""),
        "log_bytes": Key(integer(0), 0),
    }
)
RULES: Checker = list_of(_FIELDS)


@dataclass(frozen=True, slots=True)
class Ending:
    """When and how a host ends. Times are seconds from the start of the round."""

    begins: float | None
    ends: float
    status: int
    exit_code: int
    error_code: int
    tag: str
    reason: str | None
    sets: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Rule:
    """One rule of an inventory, or the rule for all other hosts."""

    hosts: frozenset[int] | None = None
    every: int | None = None
    script: bytes | None = None
    step: str | None = None
    file: str | None = None
    """A part of a path that the step sends."""
    execution: int | None = None
    status: int | None = None
    exit_code: int = 0
    error_code: int = 0
    tag: str = ""
    sets: tuple[tuple[str, str], ...] = ()
    """Values of string variables after the script, if it gets to its end."""
    waits: float | None = 0.0
    seconds: tuple[float, float] | None = (0.0, 0.0)
    stop_seconds: float = 0.0
    missing: bool = False
    """The source does not have the file."""
    prepare: str | None = None
    """How JOB's own fetching of the files ends."""
    engine: str | None = None
    log: str = ""
    log_bytes: int = 0

    def fits_step(self, name: str, content: bytes, execution: int) -> bool:
        """Return whether the rule matches an execution of a script step."""
        return (
            self.file is None
            and not self.about_sources
            and (self.script is None or self.script in content)
            and self.step in (None, name)
            and self.execution in (None, execution)
        )

    def fits_transfer(self, name: str, transfer: Transfer, execution: int) -> bool:
        """Return whether the rule matches an execution of a file step."""
        return (
            self.script is None
            and (self.file is None or transfer.mentions(self.file))
            and self.step in (None, name)
            and self.execution in (None, execution)
        )

    @property
    def about_sources(self) -> bool:
        """Return whether the rule is about the sources of files, and not about hosts that get them."""
        return self.missing or self.prepare is not None

    def fits_host(self, host: Host) -> bool:
        """Return whether the rule matches a host."""
        if self.hosts is not None and host.id not in self.hosts:
            return False
        return self.every is None or host.id % self.every == 0

    def ending(self, host: Host, timeout: int) -> Ending:
        """Return how a host ends.

        JOB API: the agent terminates a script at its time limit (102); an agent that never reports counts as 15.
        """
        if self.engine == "refused":
            least = self.seconds[0] if self.seconds else 0.0
            return Ending(None, least, HOST_NOT_DISPATCHED, 0, 0, "", _REASONS[HOST_NOT_DISPATCHED])
        if self.waits is None:
            return self._silent(None, SILENT_SECONDS)
        if self.seconds is None:
            return self._silent(self.waits, self.waits + timeout + GIVE_UP_SECONDS)
        least, most = self.seconds
        # Spread evenly and deterministically, over at most a thousand different lengths.
        length = least + (most - least) * (host.id * 7919 % 1000) / 1000
        if length > timeout:
            return Ending(self.waits, self.waits + timeout, HOST_TIMEOUT, 0, self.error_code, self.tag, None)
        code = plain_exit_code(self.exit_code)
        status = self.status or (HOST_SUCCESS if code == 0 else HOST_BAD_EXIT)
        reason = _REASONS.get(status)
        begins = None if status == HOST_NOT_DISPATCHED else self.waits
        return Ending(begins, self.waits + length, status, code, self.error_code, self.tag, reason, self.sets)

    def _silent(self, begins: float | None, ends: float) -> Ending:
        return Ending(begins, ends, HOST_NO_RESULT, 0, self.error_code, "", _REASONS[HOST_NO_RESULT])


SUCCESS_AT_ONCE = Rule()


def rule_of(entry: dict[str, Any]) -> Rule:
    """Build a rule from its validated fields."""
    hosts = None if entry["hosts"] is None else frozenset(entry["hosts"])
    script = None if entry["script"] is None else entry["script"].encode()
    return Rule(**{**entry, "hosts": hosts, "script": script, "tag": entry["tag"][:MAX_TAG]})
