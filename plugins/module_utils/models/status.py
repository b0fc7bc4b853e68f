# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Status codes of JOB and their names.

Jobs and steps share one enumeration, hosts have another (JOB API: run status, execute object task status).
"""

from __future__ import annotations

from collections.abc import Mapping

JOB_PENDING = 1
JOB_RUNNING = 2
JOB_SUCCESS = 3
JOB_FAILED = 4
JOB_SKIPPED = 5
JOB_IGNORED_ERROR = 6
JOB_WAITING = 7
JOB_ABNORMAL = 9
JOB_TERMINATING = 10
JOB_TERMINATED = 11
JOB_CONFIRMATION_REFUSED = 13
JOB_ROLLING_WAITING = 15

JOB_STATUS_NAMES = {
    1: "pending",
    2: "running",
    3: "success",
    4: "failed",
    5: "skipped",
    6: "ignored_error",
    7: "waiting_confirmation",
    8: "terminated_manually",
    9: "abnormal",
    10: "terminating",
    11: "terminated",
    13: "confirmation_refused",
    14: "abandoned",
    15: "rolling_waiting",
}
# 7, 10 and 15 are greater than "success" but not final. A code that is not documented counts as active, too, so that a
# newer server never causes a false end.
_JOB_ACTIVE = frozenset({1, 2, 7, 10, 15})
JOB_ENDS = frozenset(JOB_STATUS_NAMES) - _JOB_ACTIVE

FILE_STEP = 2
STEP_TYPES = {1: "script", 2: "file", 3: "confirm", 4: "sql"}
SCRIPT_LANGUAGES = {1: "shell", 2: "bat", 3: "perl", 4: "python", 5: "powershell", 6: "sql"}
# Types of runs and launch modes (JOB API: job type, launch mode).
RUN_TYPES = {0: "plan", 1: "script", 2: "file"}
LAUNCHED_BY_API = 2
LAUNCH_MODES = {1: "web", LAUNCHED_BY_API: "api", 3: "cron"}

HOST_WAITING = 5
# Code of the collection: JOB leaves a host at 5 if the files were never sent to it.
HOST_NEVER_ATTEMPTED = -5
HOST_STATUS_NAMES = {
    HOST_NEVER_ATTEMPTED: "never_attempted",
    0: "unknown_error",
    1: "agent_abnormal",
    2: "invalid_host",
    3: "success_before",
    5: "waiting",
    7: "running",
    9: "success",
    11: "failed",
    12: "dispatch_failed",
    13: "task_timeout",
    15: "log_error",
    16: "script_log_timeout",
    17: "file_log_timeout",
    18: "agent_not_installed",
    101: "script_failed",
    102: "script_timeout",
    103: "script_terminated",
    104: "script_exit_code",
    202: "file_copy_failed",
    203: "file_source_missing",
    301: "file_error",
    303: "file_timeout",
    310: "agent_abnormal",
    311: "no_such_user",
    312: "wrong_password",
    320: "file_fetch_error",
    321: "file_too_large",
    329: "file_transfer_error",
    399: "task_error",
    403: "terminated",
    404: "termination_failed",
    500: "unknown",
}
_HOST_SUCCESS = frozenset({3, 9})
_HOST_ACTIVE = frozenset({HOST_WAITING, 7})
_HOST_NOT_FAILED = _HOST_SUCCESS | _HOST_ACTIVE

# The script ended by itself, so its exit code is one. JOB reports 0 in all other states.
_HOST_SCRIPT_ENDED = frozenset({3, 9, 11, 101, 104})

# The script did not run: host unknown to the platform, without agent, with an unresponsive agent, or still waiting.
_HOST_WITHOUT_LOG = frozenset({1, 2, HOST_WAITING, 18, 310})

# States of one file on one host (JOB API: file distribution status).
FILE_WAITING, FILE_FINISHED, FILE_FAILED = 1, 4, 5
FILE_STATES = {0: "pulling", 1: "waiting", 2: "uploading", 3: "downloading", 4: "finished", 5: "failed"}

_FAILURE_KINDS = {
    "script": (101, 104),
    "timeout": (13, 16, 17, 102, 303),
    "agent": (1, 18, 310),
    "terminated": (103, 403, 404),
    "file": (HOST_NEVER_ATTEMPTED, 11, 202, 203, 301, 320, 321, 329),
}
_FAILURE_KIND_OF = {code: kind for kind, codes in _FAILURE_KINDS.items() for code in codes}


def job_status_name(code: int) -> str:
    """Return the name of a job or step status; C(unknown_<n>) for a code that is not documented."""
    return JOB_STATUS_NAMES.get(code, f"unknown_{code}")


def has_job_failed(code: int) -> bool:
    """Return whether a job has ended without success. An unknown code counts as active."""
    return code in JOB_ENDS and code != JOB_SUCCESS


def step_type_name(code: int | None) -> str | None:
    """Return the name of a step type of status responses (3 is a manual confirmation)."""
    return enum_name(STEP_TYPES, code)


def enum_name(names: Mapping[int, str], code: int | None) -> str | None:
    """Return the name of a code; C(unknown_<n>) for one that is not in the enumeration, None for None."""
    return None if code is None else names.get(code, f"unknown_{code}")


def host_status_name(code: int) -> str:
    """Return the name of the status of one host in one step."""
    return HOST_STATUS_NAMES.get(code, f"unknown_{code}")


def host_status_code(code: int) -> int:
    """Return JOB's own code of a host status."""
    return HOST_WAITING if code == HOST_NEVER_ATTEMPTED else code


def is_host_active(code: int) -> bool:
    """Return whether the host has not ended yet (waiting or running)."""
    return code in _HOST_ACTIVE


def is_host_failed(code: int) -> bool:
    """Return whether the host ended without success. The exit code does not decide: it is 0 for several failures."""
    return code not in _HOST_NOT_FAILED


def has_exit_code(code: int) -> bool:
    """Return whether a script ended on the host, so that the exit code is one and not just a default of the server."""
    return code in _HOST_SCRIPT_ENDED


def failure_kind(code: int) -> str | None:
    """Return the kind of failure of a host status (script, timeout, agent, terminated, file, platform), if any."""
    return _FAILURE_KIND_OF.get(code, "platform") if is_host_failed(code) else None


def may_have_log(code: int) -> bool:
    """Return whether the script may have printed something on the host, so that a missing log is an error."""
    return code not in _HOST_WITHOUT_LOG
