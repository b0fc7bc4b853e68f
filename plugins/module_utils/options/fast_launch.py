# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Options that scripts and files share: account, targets, rolling execution."""

from __future__ import annotations

import re

from ..common.text import quoted
from ..models.launch import TargetServer, UniqueKey
from ..models.rolling import RollingConfig, RollingFileSource
from .reader import OptionReader
from .targets import read_target
from .unique_key import keyed_task_name

# Limits of JOB API: fast_execute_script, fast_transfer_file. The timeout's limit is fixed only in v2; newer servers
# have a setting.
MAX_TIMEOUT_SECONDS = 259_200
MAX_TASK_NAME_LENGTH = 512
MAX_BATCH_WAIT_MS = 3_600_000

# Names of JOB's codes.
ROLLING_TYPES = {"hosts": 1, "sources": 2}
ROLLING_MODES = {"stop_on_failure": 1, "ignore_failure": 2, "confirm": 3}
EXECUTION_MODES = {"serial": 1, "parallel": 2}
BY_SOURCES = ROLLING_TYPES["sources"]
_BATCH_WAITS = ("batch_start_wait_random_min_ms", "batch_start_wait_random_max_ms", "batch_start_wait_fixed_ms")
_BATCH = re.compile(r"(?:0*([1-9][0-9]?|100)%|[+*]?0*[1-9][0-9]*)\Z")


def read_account(reader: OptionReader, purpose: str) -> tuple[str | None, int | None]:
    """Return alias and id of the account, of which one is None; C(purpose) explains the account in a message."""
    present = reader.present("account_id", "account_alias")
    if not present:
        reader.add_error("account_alias", f"is required (or account_id): the account {purpose}")
        return None, None
    if len(present) > 1:
        reader.problems.warn("using account_id; ignoring account_alias")
    if present[0] == "account_id":
        return None, reader.integer("account_id", minimum=1)
    return reader.text("account_alias"), None


def read_required_target(reader: OptionReader, name: str, purpose: str) -> TargetServer:
    """Return the hosts of the option C(name) and the legacy pair; C(purpose) explains them in a message."""
    target = read_target(reader, name)
    if target is None:
        reader.add_error(name, f"is required: {purpose}")
        return TargetServer()
    return target


def read_timeout(reader: OptionReader) -> int | None:
    """Return the time limit on each host (seconds), None for JOB's default; add problems to C(reader)."""
    is_v2 = reader.raw("api_version") == "v2"
    return reader.integer("timeout", minimum=1, maximum=MAX_TIMEOUT_SECONDS if is_v2 else None)


def read_task_name(reader: OptionReader, key: UniqueKey | None, module: str) -> str | None:
    """Return the task name, which contains the key if there is one; None if the task has neither."""
    if key is None:
        return reader.text("task_name", maximum=MAX_TASK_NAME_LENGTH)
    suffix = len(keyed_task_name("", key))
    return keyed_task_name(reader.text("task_name", maximum=MAX_TASK_NAME_LENGTH - suffix) or module, key)


def read_rolling(reader: OptionReader, *, by_sources: bool = False) -> RollingConfig | None:
    """Return the rolling configuration, None if not given; add problems to C(reader).

    C(by_sources) is true if the spec has batches of sources, too.
    """
    rolling = reader.group("rolling_config")
    if rolling is None:
        return None
    kind = rolling.choice_code("type", ROLLING_TYPES)
    low, high, fixed = (rolling.integer(name, minimum=0, maximum=MAX_BATCH_WAIT_MS) for name in _BATCH_WAITS)
    config = RollingConfig(
        type=kind,
        mode=rolling.choice_code("mode", ROLLING_MODES),
        expression=rolling.text("expression", required=kind != BY_SOURCES),
        execution_mode=rolling.choice_code("execution_mode", EXECUTION_MODES),
        batch_start_wait_fixed_ms=fixed,
        batch_start_wait_random_min_ms=low,
        batch_start_wait_random_max_ms=high,
        file_source=_file_source(rolling, kind) if by_sources else None,
    )
    # An invalid expression would create an instance that never starts, so check it here.
    wrong = [batch for batch in (config.expression or "1").split(" ") if not _BATCH.match(batch)]
    if wrong:
        allowed = "must be batches like 10%, 5, +5 or *2, up to 100%, with one blank between them"
        rolling.add_error("expression", f"{allowed}, not {quoted(wrong[0])}")
    if config.execution_mode == EXECUTION_MODES["parallel"]:
        if kind == BY_SOURCES:
            rolling.add_error("execution_mode", "parallel is not supported with type sources; use serial")
        for name in _BATCH_WAITS:
            rolling.integer(name, required=True, minimum=0)
    if low is not None and high is not None and high < low:
        rolling.add_error(
            "batch_start_wait_random_max_ms", f"is {high}, must be batch_start_wait_random_min_ms ({low}) or more"
        )
    return config


def _file_source(rolling: OptionReader, kind: int | None) -> RollingFileSource | None:
    limits = rolling.group("file_source")
    if kind == BY_SOURCES and limits is None:
        rolling.add_error("file_source", "is required with type sources: how many sources make a batch")
    if limits is None:
        return None
    if kind != BY_SOURCES:
        rolling.add_error("file_source", "requires type sources")
    return RollingFileSource(
        limits.integer("max_execute_object_num_in_batch", minimum=1),
        limits.integer("max_file_num_of_single_execute_object", minimum=1),
    )
