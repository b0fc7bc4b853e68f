# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of action plugins preloads what functions import, before Ansible forks workers."""

from __future__ import annotations

import sys

from ansible_collections.blueking.job.plugins.plugin_utils import action_base


def test_lazy_modules_are_preloaded() -> None:
    utils = "ansible_collections.blueking.job.plugins.module_utils"
    assert action_base.LAZY_MODULES
    assert [name for name in action_base.LAZY_MODULES if f"{utils}.{name}" not in sys.modules] == []
