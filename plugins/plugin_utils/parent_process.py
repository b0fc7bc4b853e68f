# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker of Ansible learns of the end of ansible-playbook.

Private to the collection blueking.job: no stable interface for others.

An ansible-playbook that is killed tells its workers nothing, nor does one before ansible-core 2.19 that gets SIGTERM.
They would launch a job in whose end nobody has an interest any more, wait for it, and launch the next of their loop.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal

# PR_SET_PDEATHSIG of prctl(2), which Linux alone has.
_PR_SET_PDEATHSIG = 1


def signal_on_parent_exit() -> None:
    """Have the operating system send SIGTERM to this process when the one that started it ends, if it can."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid != os.getppid():
        # It has ended before, while options were put together perhaps, and the system tells of no end twice.
        os.kill(os.getpid(), signal.SIGTERM)
