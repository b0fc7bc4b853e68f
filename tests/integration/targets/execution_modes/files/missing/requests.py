# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for the library requests, as if it were not installed."""

raise ImportError("there is no requests here")
