# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what modules that only read."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of modules that change nothing."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
    support: full
    details:
      - The module only reads, so check mode makes no difference.
  diff_mode:
    description: Will return details on what has changed, or possibly needs changing in C(check_mode), when in diff mode.
    support: N/A
    details:
      - Nothing is changed, so there is no difference to show.
  idempotent:
    description: Running it a second time does not change anything further.
    support: full
    details:
      - C(changed) is always false.
  async:
    description: Can be used with the C(async) keyword.
    support: full
"""
