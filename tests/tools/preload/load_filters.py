# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads Ansible's filters and tests before a playbook starts."""

from __future__ import annotations

from typing import Any

from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import filter_loader, test_loader

DOCUMENTATION = """
name: load_filters
type: notification
short_description: Loads Ansible's filters and tests before a playbook starts
description:
  - Each task runs in a process that is forked from that of the playbook. That one templates almost nothing, so each
    task would load all filters and tests again, which takes a tenth of the time of a playbook of many short tasks.
"""


class CallbackModule(CallbackBase):
    """The callback."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "load_filters"

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        for loader in (filter_loader, test_loader):
            list(loader.all())
