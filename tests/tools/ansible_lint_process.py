# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-lint, in half of its time.

It copies every task for every rule, and in ansible-core 2.19 and newer most of a copy are strings with their origin.
Strings do not change, so a copy can share them.
"""

from __future__ import annotations

import gc
import runpy
import sys

# The directory of this file has modules of its own.
del sys.path[0]
try:
    from ansible.template import trust_as_template
except ImportError:
    # Strings of older versions are plain ones.
    pass
else:
    type(trust_as_template("")).__deepcopy__ = lambda self, _memo: self
# It creates hardly any cycles, and ends soon.
gc.disable()
runpy.run_module("ansiblelint", run_name="__main__", alter_sys=True)
