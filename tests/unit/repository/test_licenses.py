# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every file names its license."""

from __future__ import annotations

import re

from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT, tracked_files

# Files that cannot contain a comment, or that a tool writes.
WITHOUT_HEADER = re.compile(
    r"(^COPYING|^LICENSES/|\.json$|^changelogs/changelog\.yaml$|^CHANGELOG|/aliases$|\.b64$|\.txt$)"
)


def test_every_file_names_its_license() -> None:
    missing = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if not WITHOUT_HEADER.search(str(path.relative_to(ROOT)))
        and "SPDX-License-Identifier: GPL-3.0-or-later" not in path.read_text(encoding="utf-8")[:600]
    ]
    assert missing == [], (
        f"begin {missing} with the two lines about copyright and license, as other files of the kind do"
    )
