# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Launch settings: options to models."""

from __future__ import annotations

import re

from ..common.text import quoted
from ..models.settings import LaunchSettings
from .reader import OptionReader

_VERSION = re.compile(r"[vV]?(\d+)\.(\d+)(?:\.(\d+))?(?:\.\d+)*([-+~].*)?\Z")
# First release with start_task (JOB release notes), without its betas.
_FIRST_VERSION_WITH_START_TASK = (3, 12, 0)


def read_launch_settings(reader: OptionReader, api_version: str, *, has_start_task: bool = True) -> LaunchSettings:
    """Return the number of launch steps, and the time limit; add problems to C(reader).

    C(has_start_task) is false for a call in one step only.
    """
    mode = reader.setting("launch_mode")
    honors = _honors_start_task(reader)
    if mode == "two_step" and api_version == "v2":
        reader.add_error("launch_mode", "two_step is not supported by API v2: use api_version v3 or launch_mode single")
    elif mode == "two_step" and not has_start_task:
        reader.add_error("launch_mode", "two_step is not supported with content_list: use launch_mode single")
    return LaunchSettings(
        two_step=api_version != "v2" and has_start_task and (mode == "two_step" or (mode == "auto" and honors)),
        honors_start_task=honors,
        timeout=reader.seconds("launch_timeout"),
    )


def _honors_start_task(reader: OptionReader) -> bool:
    text = reader.text("server_version")
    if text is None:
        return False
    match = _VERSION.match(text.strip())
    if match is None:
        reader.add_error("server_version", f"must be a version such as 3.12.1, not {quoted(text)}")
        return False
    version = (int(match[1]), int(match[2]), int(match[3] or 0))
    is_beta = (match[4] or "").startswith("-")
    return version > _FIRST_VERSION_WITH_START_TASK or (version == _FIRST_VERSION_WITH_START_TASK and not is_beta)
