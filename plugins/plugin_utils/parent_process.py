# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Notify a worker of Ansible when ansible-playbook ends.

An ansible-playbook that is killed does not notify its workers; before ansible-core 2.19 one that gets SIGTERM does not
either. The workers would launch a job that the user has given up, wait for it, and launch the next one of their loop.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal

# PR_SET_PDEATHSIG of prctl(2), Linux only.
_PR_SET_PDEATHSIG = 1


def signal_on_parent_exit() -> None:
    """Have the operating system send SIGTERM to this process when its parent ends, if supported."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid != os.getppid():
        # The parent has ended before; the system does not send the signal in that case.
        os.kill(os.getpid(), signal.SIGTERM)
