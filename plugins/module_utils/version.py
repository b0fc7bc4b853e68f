# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of the collection, as galaxy.yml has it and as the User-Agent tells it.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

VERSION = "1.0.0"
