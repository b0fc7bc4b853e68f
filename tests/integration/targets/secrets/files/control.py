# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Set the fault that is given as JSON at a JOB simulator, or clear all faults; a tenth of the time of a module."""

import sys
from urllib.request import Request, urlopen

url, *fault = sys.argv[1:]
body = fault[0].encode() if fault else None
urlopen(Request(url + "/control/faults", body, method="POST" if fault else "DELETE")).close()
