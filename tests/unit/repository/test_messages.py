# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of all messages: it is complete, and all messages follow the style guide.

That what tasks really say is in the list is seen where tasks go wrong in many ways: in the sweep of the options, in the
fault matrix, and where anything is put into tasks and responses.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import yaml
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.options import JOB_RUNS
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT
from ansible_collections.blueking.job.tests.unit.helpers.message_style import LIST, TOOL, wrong_words
from ansible_collections.blueking.job.tests.unit.repository.test_option_sweep import SPECS

MESSAGES = [
    (f"{file}:{message.line}", message)
    for file, found in LIST.items()
    # What --diff shows is not a message, and has blanks at the beginning of lines.
    if not file.endswith("/launch_diff.py")
    for message in found
]
EXAMPLE = '''
"""Documentation of a module."""
HINT = "Look at this."
DOCUMENTATION = "more of it"
PATTERN = re.compile("a (pattern|other)")
SIGNS = {"a sign": "a hint", "single": word}
LOOKED_FOR = frozenset({"also a sign"})

def work(name: "a type") -> None:
    """Documentation of a function."""
    reader.add_error("api_url", f"is {name!r}, must be {'less or more' if name else 2:.1f}")
    problems.warn("two " "halves")
    raise JobError(f"{name} is gone", kind="not_found", hint=f"Find {name}." if "a b" in name else "Do not.")
'''
# Words with an underscore that messages use and that are no options: of JOB and its gateways, and of Ansible.
OTHER_NAMES = frozenset(
    {"start_task", "fast_execute_script", "execute_job_plan", "module_defaults", "bk_job_plan_info", "bk_job_operate"}
    | {"job_runs", "no_proxy", "key_name", "fast_transfer_file", "push_config_file", "ansible_playbook_python"}
)
NAME = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")
BRITISH = re.compile(
    r"cancelled|cancelling|labelled|modelled|behaviour|colour|centre|favour|licence"
    r"|[a-z]{4}[iy]s(e|ing|ation)\b(?<!otherwise)"
)


def names_of(spec: Any) -> set[str]:
    """All names and choices that options have, inside of others too."""
    words = ((key, *option.get("aliases", ()), *option.get("choices", ())) for key, option in spec.items())
    names = {name for each in words for name in each}
    return names.union(*(names_of(option.get("options", {})) for option in spec.values()))


def result_keys() -> set[str]:
    """All keys that results have, by their description."""
    keys: set[str] = set()
    for file in (ROOT / "plugins" / "modules").glob("*.py"):
        described = re.search(r'^RETURN = r"""\n(.*?)^"""', file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        assert described is not None
        keys |= keys_of(yaml.safe_load(described[1]))
    return keys


def keys_of(described: dict[str, Any]) -> set[str]:
    return set(described).union(*(keys_of(each.get("contains", {})) for each in described.values()))


NAMES = {name for spec in (*SPECS.values(), JOB_RUNS) for name in names_of(spec)} | result_keys() | OTHER_NAMES


def test_what_is_a_message() -> None:
    found = [(message.line, message.sort, message.text) for message in TOOL["messages"](EXAMPLE)]
    assert found == [
        (3, "piece", "Look at this."),
        (6, "piece", "a hint"),
        (11, "fault", "is {name!r}, must be {'less or more' if name else 2}"),
        (11, "piece", "less or more"),
        (12, "warning", "two halves"),
        (13, "error", "{name} is gone"),
        (13, "hint", "Find {name}."),
        (13, "hint", "Do not."),
    ]


def test_there_are_many_of_every_sort() -> None:
    sorts = Counter(message.sort for found in LIST.values() for message in found)
    assert set(sorts) == {"error", "fault", "hint", "piece", "warning"}
    assert min(sorts.values()) >= 20


def test_a_message_that_is_not_in_the_list_is_noticed() -> None:
    error = {"kind": "not_found", "code": None, "message": "Nobody wrote this", "hint": "and this is no sentence"}
    assert len(wrong_words("Nobody wrote this", error, ["nor this"])) == 4


def style_of(message: Any) -> Iterator[str]:
    """What is wrong with the style of a message."""
    text = "{}".join(message.words)
    # Only what joins the elements of a list has a blank at its end.
    if "  " in text or (text.endswith(" ") and text not in (" and ", " or ")):
        yield "blanks"
    if BRITISH.search(text):
        yield "spelling"
    if re.search(r"!r\}|\brepr\(|\bstr\(type", message.text):
        yield "what Python makes of an object is for programmers"
    # Where a hint ends with a field, what comes there is in the list as well.
    if message.sort == "hint" and not re.fullmatch(r" ?(?:[A-Z]|\{\}).*(?:[.?]|\{\})", text):
        yield "no sentence"
    # A sentence alone has no full stop; several have them all.
    if message.sort in ("error", "fault", "warning") and text.endswith(".") != (". " in text):
        yield "full stop"


def test_style() -> None:
    assert [f"{place}: {fault}" for place, message in MESSAGES for fault in style_of(message)] == []


def test_names_are_those_of_options_and_results() -> None:
    used = {word: place for place, message in MESSAGES for word in NAME.findall(" ".join(message.words))}
    assert {word: place for word, place in used.items() if word not in NAMES} == {}
