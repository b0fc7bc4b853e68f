# Copyright: BlueKing JOB collection contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write down when each task ended, and with what result."""

from __future__ import annotations

DOCUMENTATION = """
name: moments
type: aggregate
short_description: Writes down when tasks ended
description:
  - Appends a line of JSON for each task that ended to the file that the environment variable MOMENTS names.
author:
  - BlueKing JOB collection contributors (@blueking)
"""

import json
import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core ships no types
    """Writes a file of end times."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "moments"

    def v2_runner_on_ok(self, result: Any) -> None:
        """Record the end of a task."""
        # The attribute lost its underscore in ansible-core 2.19.
        data = getattr(result, "result", None) or result._result
        moment = {"ended": time.time(), "end_time": data.get("end_time")}
        with Path(os.environ["MOMENTS"]).open("a", encoding="ascii") as file:
            file.write(json.dumps(moment) + "\n")
