# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every block of code on every page is tried: tasks run (test_examples.py), and here is what becomes of the others."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.plugins.module_utils.options import argspec, argspec_info, argspec_operate
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.support.simulator.inventory_schema import INVENTORY_KEYS
from ansible_collections.blueking.job.tests.unit.helpers.doc_examples import PREFIX, ad_hoc, constant, tasks
from ansible_collections.blueking.job.tests.unit.helpers.doc_pages import PAGES, Block, blocks
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

BLOCKS = [block for page in PAGES for block in blocks(page)]
RECIPES = [block.mark.removeprefix("recipe: ") for block in BLOCKS if block.mark.startswith("recipe: ")]
RULEBOOKS = [block.mark.removeprefix("rulebook: ") for block in BLOCKS if block.mark.startswith("rulebook: ")]
SPECS = (argspec.JOB_PLAN, argspec.FAST_SCRIPT, argspec_operate.JOB_OPERATE, argspec_info.INSTANCE_INFO)
OPTIONS: dict[str, Any] = {
    alias: words for spec in SPECS for option, words in spec.items() for alias in (option, *words.get("aliases", ()))
}
RESULTS = {"changed": {}, "msg": {}, **yaml.safe_load(constant("bk_job_plan", "RETURN"))}
# Progress output of a task that waits.
PROGRESS = re.compile(
    r"bk_\w+ \d+ (\[step \d+/\d+ [^\]]+\] )?([a-z_]+, )?(\d+/\d+ hosts, \d+ failed, )?(\d+h)?(\d+m)?(\d+s)?"
)
SERVER = "ansible_collections.blueking.job.tests.support.simulator"
# The smallest inventory that a piece of one can be put into.
AROUND = {
    "apps": [{"code": "my_app", "secret": "my_secret"}],
    "users": [{"name": "alice"}],
    "scopes": [{"type": "biz", "id": "2", "name": "shop"}],
}
# Ansible's programs, and the classes that parse their arguments.
PROGRAMS = {
    "ansible": "adhoc.AdHocCLI",
    "ansible-doc": "doc.DocCLI",
    "ansible-galaxy": "galaxy.GalaxyCLI",
    "ansible-playbook": "playbook.PlaybookCLI",
    "ansible-vault": "vault.VaultCLI",
}
# Parses each command in a fork, because Ansible keeps the arguments of a process.
PARSER = """
import importlib, json, os, sys
accepted = []
for module, reader, *words in json.load(sys.stdin):
    parser = getattr(importlib.import_module(f"ansible.cli.{module}"), reader)(words)
    child = os.fork()
    if not child:
        parser.parse()
        os._exit(0)
    accepted.append(os.waitpid(child, 0)[1] == 0)
print(json.dumps(accepted))
"""
# Commands that a page must not have, and the errors of the tests then.
WRONG: dict[str, type[Exception]] = {
    "make no-such-target": AssertionError,
    "ansible-playbook x.yml --no-such-option": AssertionError,
    "ansible-playbook blueking.job.no_such_playbook": AssertionError,
    f"python -m {SERVER} --no-such-option": AssertionError,
    "no-such-program": KeyError,
}


@pytest.fixture(scope="module")
def server() -> Iterator[JobServer]:
    with JobServer({**AROUND, "executor": "scripted", "clock": "manual"}, control=True) as running:
        yield running


def of(language: str) -> Callable[[Any], Any]:
    found = [pytest.param(block, id=block.place) for block in BLOCKS if block.language == language]
    return pytest.mark.parametrize("block", found)


def test_every_block_is_in_a_language_that_is_tried() -> None:
    languages = {block.place: block.language for block in BLOCKS}
    # What a program prints is text.
    assert {place for place, name in languages.items() if name not in LANGUAGES} == set()


@of("yaml")
def test_yaml_is_a_task_or_options_or_a_result_or_an_inventory(block: Block) -> None:
    value = yaml.safe_load(block.text)
    if block.mark.startswith("recipe: "):
        assert block.place.startswith("docs/recipes.md:"), "test_recipes.py runs the recipes of docs/recipes.md alone"
    elif block.mark.startswith("rulebook: "):
        assert block.place.startswith("docs/react_to_runs.md:"), "tests/eda/test_page.py runs those of one page"
    elif list(value) == ["collections"]:
        (required,) = value["collections"]
        assert required == {"name": f"{repository()}.git", "type": "git", "version": "main"}
    elif PREFIX in block.text:
        assert block.place in {example.source for example in tasks()}
    elif set(value) <= set(INVENTORY_KEYS):
        with JobServer({**AROUND, **value}):
            pass
    elif set(value) <= set(RESULTS):
        assert undescribed(value, RESULTS) == []
    else:
        # The options of a connection may have a name, as a variable.
        options = next(iter(value.values())) if len(value) == 1 and isinstance([*value.values()][0], dict) else value
        for name, given in options.items():
            assert name in OPTIONS, name
            assert given in OPTIONS[name].get("choices", [given]), name


def undescribed(value: dict[str, Any], returned: dict[str, Any]) -> list[str]:
    """Keys of a result of which the documentation of the results does not know."""
    missing = [key for key in value if key not in returned]
    for key, inner in value.items():
        for each in inner if isinstance(inner, list) else [inner]:
            if isinstance(each, dict) and "contains" in returned.get(key, {}):
                missing += undescribed(each, returned[key]["contains"])
    return missing


@of("text")
def test_progress_lines_have_the_format_of_the_module(block: Block) -> None:
    lines = [line for line in block.text.splitlines() if re.match(r"bk_\w+ \d+", line)]
    assert [line for line in lines if not PROGRESS.fullmatch(line)] == []


@of("json")
def test_json_can_be_read(block: Block) -> None:
    assert json.loads(block.text)


@of("python")
def test_python_runs(block: Block, server: JobServer) -> None:
    exec(compile(block.text, block.place, "exec"), {"server": server})


def command_lines(text: str) -> list[str]:
    return re.sub(r"\\\n\s*", "", text).splitlines()


def command_words(line: str) -> list[str]:
    return shlex.split(line, comments=True)


@of("console")
def test_commands_are_such(block: Block, server: JobServer) -> None:
    for line in command_lines(block.text):
        words = command_words(line)
        if words:
            COMMANDS[words[0].rpartition("/")[2]](words, server)


def _git(words: list[str], _server: JobServer) -> None:
    assert words[1:] == ["clone", f"{repository()}.git"]


@cache
def repository() -> str:
    """Return the address of the repository, as Galaxy shows it."""
    return str(yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"])


def _make(words: list[str], _server: JobServer) -> None:
    if words[1:2] == ["-C"]:
        assert words.pop(2) == repository().rpartition("/")[2]
        words.pop(1)
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {word for word in words[1:] if "=" not in word} <= set(targets)


def _ansible(words: list[str], _server: JobServer) -> None:
    """The program itself accepts its arguments, and a playbook of the collection is there."""
    name = words[0].rpartition("/")[2]
    assert tuple(words[1:]) in accepted_arguments()[name], f"{name} does not accept {words[1:]}"
    for word in words[1:]:
        if word.startswith(PREFIX) and name == "ansible-playbook":
            assert (ROOT / "playbooks" / f"{word.removeprefix(PREFIX)}.yml").is_file(), word
        elif word.endswith(".yml") and "/" in word:
            assert (ROOT / word).is_file() or word in RECIPES, word
    if name == "ansible":
        assert words in [command for _source, command in ad_hoc()]


@cache
def accepted_arguments() -> dict[str, set[tuple[str, ...]]]:
    """Arguments of all commands on the pages that Ansible's programs accept; one process parses them all."""
    commands = [
        (words[0].rpartition("/")[2], tuple(words[1:]))
        for text in (*(block.text for block in BLOCKS if block.language == "console"), *WRONG)
        for words in map(command_words, command_lines(text))
        if words and words[0].rpartition("/")[2] in PROGRAMS
    ]
    parse = [[*PROGRAMS[name].split("."), name, *arguments] for name, arguments in commands]
    run = subprocess.run(
        [sys.executable, "-c", PARSER], input=json.dumps(parse), capture_output=True, text=True, check=True
    )
    accepted: dict[str, set[tuple[str, ...]]] = {name: set() for name in PROGRAMS}
    for (name, arguments), is_accepted in zip(commands, json.loads(run.stdout), strict=True):
        if is_accepted:
            accepted[name].add(arguments)
    return accepted


def _python(words: list[str], _server: JobServer) -> None:
    module, options = words[2], [word for word in words[3:] if word.startswith("-")]
    assert words[1] == "-m"
    if module == "pip":
        assert words[3:] in (["install", "requests"], ["install", "ansible-rulebook", "requests"])
    else:
        assert module == SERVER
        assert set(options) <= set(re.findall(r"--[a-z-]+", help_of_the_server()))


@cache
def help_of_the_server() -> str:
    return subprocess.run([sys.executable, "-m", SERVER, "--help"], capture_output=True, text=True, check=True).stdout


def _curl(words: list[str], server: JobServer) -> None:
    address = words[-1].replace("http://127.0.0.1:8000", server.url)
    given = dict(zip(words[1:-1:2], words[2:-1:2], strict=True))
    assert set(given) <= {"-d", "-X"}
    assert address.startswith(server.url)
    body = given["-d"].encode() if "-d" in given else None
    request = urllib.request.Request(address, body, method=given.get("-X"))
    with urllib.request.urlopen(request) as response:
        assert response.status == 200


def _rulebook(words: list[str], _server: JobServer) -> None:
    """Its files are on the page, or in the collection. tests/eda/test_page.py runs it."""
    given = dict(zip(words[1::2], words[2::2], strict=True))
    assert set(given) <= {"--rulebook", "--inventory", "--vars", "--id", "--persistence-id"}
    name = given.pop("--rulebook")
    if name.startswith(PREFIX):
        assert (ROOT / "extensions" / "eda" / "rulebooks" / f"{name.removeprefix(PREFIX)}.yml").is_file()
    else:
        assert name in RULEBOOKS
    assert {given["--inventory"], given["--vars"]} <= set(RULEBOOKS)


def _export(words: list[str], _server: JobServer) -> None:
    assert all(re.fullmatch(r"(BK|ANSIBLE)_[A-Z_]+=.+", word) for word in words[1:])


COMMANDS: dict[str, Callable[[list[str], JobServer], None]] = {
    "git": _git,
    "make": _make,
    "python": _python,
    "curl": _curl,
    "export": _export,
    "ansible-rulebook": _rulebook,
    **dict.fromkeys(PROGRAMS, _ansible),
}
LANGUAGES = ("yaml", "json", "python", "console", "text")


@pytest.mark.parametrize("command", WRONG)
def test_wrong_commands_are_noticed(command: str, server: JobServer) -> None:
    with pytest.raises(WRONG[command]):
        test_commands_are_such(Block("here", "console", command, ""), server)


def test_the_drawing_of_the_architecture_shows_the_packages() -> None:
    drawing = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    drawn = {name.rstrip("/") for name in re.findall(r'class="name[^>]*>([^<]*)<', drawing)}
    utils = ROOT / "plugins" / "module_utils"
    packages = {path.name for path in utils.iterdir() if any(path.glob("*.py"))} | {"errors.py"}
    assert drawn == packages, f"docs/architecture.svg must show the packages {sorted(packages)}"


def test_files_and_functions_named_by_the_architecture_exist() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    utils = ROOT / "plugins" / "module_utils"
    for name in set(re.findall(r"`([a-z0-9_]+/[\w/]+\.py)`", page)):
        found = (utils / name).is_file() or (ROOT / name).is_file()
        assert found, f"docs/architecture.md names {name}, which does not exist: name the file of today"
    for row in re.findall(r"^\|[^|]*\|([^|]*\.py`[^|]*)\|([^|]*)\|$", page, re.MULTILINE):
        sources = " ".join(
            (utils / name).read_text(encoding="utf-8") for name in re.findall(r"`([\w/.]+\.py)`", row[0])
        )
        for function in re.findall(r"`([\w.]+)`", row[1]):
            for part in function.strip(".").split("."):
                assert re.search(rf"\b{part}\b", sources), f"docs/architecture.md: {row[0].strip()} has no {function}"
