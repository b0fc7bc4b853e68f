# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A JOB-compatible HTTP server for tests and demos: it really runs scripts, in sandbox folders on this machine."""

from __future__ import annotations

from .errors import InventoryError
from .server import JobServer

__all__ = ["InventoryError", "JobServer"]
