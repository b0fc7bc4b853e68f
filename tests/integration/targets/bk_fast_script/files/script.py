# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the arguments."""

import sys

print("Python got", sys.argv[1:])
