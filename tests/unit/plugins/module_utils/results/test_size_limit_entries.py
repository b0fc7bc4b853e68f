# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists within what a controller bears."""

from __future__ import annotations

import json

from ansible_collections.blueking.job.plugins.module_utils.results.size_limit import fitting_entries
from ansible_collections.blueking.job.tests.unit.fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

entries = st.lists(st.fixed_dictionaries({"name": st.text(max_size=20)}), max_size=20)


@fuzz(100)
@given(entries, st.integers(0, 400))
def test_the_first_entries_that_fit(given_entries: list[dict[str, object]], most: int) -> None:
    kept = fitting_entries(given_entries, most)
    assert kept[1:] == given_entries[1 : len(kept)]
    if given_entries and len(json.dumps(given_entries[0])) + 2 <= most:
        assert kept[0] == given_entries[0]
    if len(kept) > 1:
        assert len(json.dumps(kept)) <= most
    if len(kept) < len(given_entries):
        assert kept
        assert len(json.dumps(given_entries[: len(kept) + 1])) > most - 2 * len(given_entries)


def test_a_first_entry_that_is_too_large_is_cut() -> None:
    assert fitting_entries([{"id": 7, "name": "x" * 10_000}], 1000) == [
        {"id": 7, "name": "x" * 256 + "... [10000 characters in all]"}
    ]
