# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists within what a controller bears."""

from __future__ import annotations

import json

from ansible_collections.blueking.job.plugins.module_utils.size import fitting
from hypothesis import given
from hypothesis import strategies as st

entries = st.lists(st.fixed_dictionaries({"name": st.text(max_size=20)}), max_size=20)


@given(entries, st.integers(0, 400))
def test_the_first_entries_that_fit(given_entries: list[dict[str, object]], most: int) -> None:
    kept = fitting(given_entries, most)
    assert kept == given_entries[: len(kept)]
    if len(kept) > 1:
        assert len(json.dumps(kept)) <= most
    if len(kept) < len(given_entries):
        assert kept
        assert len(json.dumps(given_entries[: len(kept) + 1])) > most - 2 * len(given_entries)
