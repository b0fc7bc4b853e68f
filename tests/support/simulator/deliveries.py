# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of the files of a step: one for each file that a source uploads and a target downloads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

NO_SUCH_FILE, BAD_DIRECTORY, SEND_ERROR, TASK_ERROR = 104, 105, 701, 101
AGENT_DOWN, TIMED_OUT, TERMINATED = 117, 120, 126
"""JOB API: codes of the agent platform."""
NO_AGENT = -1
"""Our own code for a host without any agent, which the agent platform never sees."""

HOST_STATUS = {
    **dict.fromkeys((104, 123, 127, 705, 706, 708, 709), 320),
    **dict.fromkeys((701, 702, 703, 704, 707, 710), 329),
    **dict.fromkeys((101, 102, 103, 105, 106, 107, 108, 109, 111, 112, 114, 118), 399),
    AGENT_DOWN: 310,
    119: 321,
    TIMED_OUT: 303,
    122: 311,
    1326: 312,
    TERMINATED: 403,
    NO_AGENT: 11,
}
"""JOB API: the status of a host, by the code of the agent platform; every other code is 0, an unknown error."""


def host_status(code: int) -> int:
    """Return the status of a host whose file failed with a code."""
    return HOST_STATUS.get(code, 0)


def usual_code(status: int) -> int:
    """Return the first code of the agent platform that means a status of a host."""
    return next((code for code, found in HOST_STATUS.items() if found == status), NO_AGENT)


@dataclass(frozen=True, slots=True)
class FileResult:
    """One file that was uploaded or downloaded, or why it was not."""

    code: int = 0
    """The agent platform's code; 0 is success."""
    reason: str = ""
    size: int | None = None
    """The number of bytes, if it is known."""
    log: str = ""
    """Lines of the log before the platform's own."""


@dataclass(frozen=True)
class Upload:
    """The files of one batch on their sources, in the order of the batch."""

    at: int
    """When they were asked for, in milliseconds since the epoch."""
    results: Sequence[FileResult | None]
    """None for a file that JOB is still fetching."""
    sent: bool = True
    """The targets get the files; not so while JOB fetches them, or when that failed."""


@dataclass
class Deliveries:
    """The results of all executions of a step. The lock of the run guards them."""

    uploads: dict[tuple[int, int], Upload] = field(default_factory=dict)
    """By execution and batch."""
    downloads: dict[tuple[int, int, int], Sequence[FileResult]] = field(default_factory=dict)
    """By execution, batch and id of the host, in the order of the files of the batch."""
