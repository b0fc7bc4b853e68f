# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the module that operates, as data.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from .arguments import CONNECTION, JOB_INSTANCE, SCOPE, Spec
from .operations import OPERATIONS

JOB_OPERATE: Spec = {
    **CONNECTION,
    **SCOPE,
    **JOB_INSTANCE,
    "operation": {"type": "str", "choices": list(OPERATIONS)},
    "step_instance_id": {"type": "int"},
    "operate_timeout": {"type": "float", "default": 60.0},
}
