# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page "React to runs" has the options of the event source, and the shipped rulebooks use what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import CONNECTION, SCOPE
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.options import JOB_RUNS
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

PAGE = (ROOT / "docs" / "react_to_runs.md").read_text(encoding="utf-8")
RULEBOOKS = sorted((ROOT / "extensions" / "eda" / "rulebooks").glob("*.yml"))
PROMISES = """
| no `state_file` | runs that end while the source does not run are lost |
| `state_file` | no gap across downtime within `window`; a crash loses up to about a dozen events that rulebook had accepted |
| `state_file` + `feedback` + persistence | at least once; an action that was cut short runs again, so make it repeatable |

Never promised: a status that begins and ends between two polls, ends of runs created before `window`, exact order.
"""  # noqa: E501


def rows(heading: str) -> dict[str, list[str]]:
    """Return the rows of the table under a heading, by their first column."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = [[cell.strip() for cell in row.split("|")[1:-1]] for row in re.findall(r"^\|.*\|$", section, re.MULTILINE)]
    return {row[0].strip("`"): row[1:] for row in cells[2:]}


def test_the_table_has_every_option_of_the_source_with_its_default() -> None:
    own = {name: words for name, words in JOB_RUNS.items() if name not in {**CONNECTION, **SCOPE}}
    assert list(rows("Options")) == list(own), 'update the table "Options" of docs/react_to_runs.md'
    for name, words in own.items():
        written = rows("Options")[name][0].strip("`")
        if "default" in words:
            expected = words["default"]
            assert yaml.safe_load(written) == expected, f"docs/react_to_runs.md: the default of {name} is {expected}"
        else:
            assert written == {"status": "all final ones", "name_match": "exact"}.get(name, ""), name


def test_the_promises_are_those_that_tests_prove() -> None:
    assert PROMISES in PAGE


def test_the_page_lists_every_rulebook_with_its_playbooks() -> None:
    listed = rows("Rulebooks to start with")
    assert set(listed) == {f"blueking.job.{path.stem}" for path in RULEBOOKS}
    for path in RULEBOOKS:
        played = set(re.findall(r"name: blueking\.job\.(\w+)$", path.read_text(encoding="utf-8"), re.MULTILINE))
        assert played == set(re.findall(r"`(\w+)`", listed[f"blueking.job.{path.stem}"][1])), path.name
        for name in played:
            assert (ROOT / "playbooks" / f"{name}.yml").is_file(), f"{path.name} runs {name}, which does not exist"


@pytest.mark.parametrize("path", RULEBOOKS, ids=lambda path: path.stem)
def test_rulebooks_use_options_and_statuses_that_exist(path: Path) -> None:
    for ruleset in yaml.safe_load(path.read_text(encoding="utf-8")):
        for source in ruleset["sources"]:
            options = source["blueking.job.job_runs"]
            assert set(options) <= set(JOB_RUNS)
            assert set(options["status"]) <= set(JOB_RUNS["status"]["choices"])
