# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Version of the collection, as in galaxy.yml and the User-Agent header.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

VERSION = "1.0.0"
