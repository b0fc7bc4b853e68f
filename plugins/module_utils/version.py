# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Version of the collection, as in galaxy.yml and the User-Agent header."""

from __future__ import annotations

VERSION = "1.0.0"
