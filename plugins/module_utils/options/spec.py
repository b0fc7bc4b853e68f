# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of argument specs.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from typing import TypedDict


class Option(TypedDict, total=False):
    """One option, with Ansible's keys, and C(env) in place of a fallback."""

    type: str
    elements: str
    default: object
    choices: list[str]
    aliases: list[str]
    no_log: bool
    options: dict[str, Option]
    env: str


Spec = dict[str, Option]
