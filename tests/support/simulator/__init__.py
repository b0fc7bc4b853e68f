# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A JOB-compatible HTTP server for tests and demos.

It runs scripts in sandbox directories on this machine, or lets hosts end by the rules of its inventory.
"""

from __future__ import annotations

from .errors import InventoryError
from .fault_schema import FaultError
from .server import JobServer

__all__ = ["FaultError", "InventoryError", "JobServer"]
