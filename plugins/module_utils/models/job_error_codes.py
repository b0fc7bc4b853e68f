# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Error codes of JOB that have an effect beyond their kind and hint, which are in api/error_codes.py."""

from __future__ import annotations

# An error that JOB does not handle.
INTERNAL_ERROR = 1240002
# The server does not have the operation (JOB API: operate_job_instance).
NO_SUCH_OPERATION = 1241002
# The state of the instance does not allow the operation; the instance was started before.
WRONG_STATE = 1241003
ALREADY_STARTED = 1241015
# Hosts outside the scope, and hosts that the CMDB does not know (JOB API: hosts at launch).
HOSTS_OUTSIDE_SCOPE = 1244002
UNKNOWN_HOSTS = 1244030
