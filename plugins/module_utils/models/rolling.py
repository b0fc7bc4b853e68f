# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Rolling execution: settings of batches."""

from __future__ import annotations

from typing import NamedTuple


class RollingFileSource(NamedTuple):
    """Maximum of source hosts in one batch, and of files of one host; None is unlimited."""

    max_execute_object_num_in_batch: int | None = None
    max_file_num_of_single_execute_object: int | None = None


class RollingConfig(NamedTuple):
    """Rolling execution: how a script runs, or files are sent, in batches (JOB API: rolling_config).

    C(type) is 1 for batches of targets, 2 for batches of C(file_source). C(mode) and C(execution_mode) are JOB's codes,
    waits are milliseconds.
    """

    type: int | None = None
    mode: int | None = None
    expression: str | None = None
    execution_mode: int | None = None
    batch_start_wait_fixed_ms: int | None = None
    batch_start_wait_random_min_ms: int | None = None
    batch_start_wait_random_max_ms: int | None = None
    file_source: RollingFileSource | None = None
