# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every link is valid: inside the clone it names a file and a heading, outside it has the form of an address."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from ansible_collections.blueking.job.tests.unit.helpers.doc_examples import MODULES
from ansible_collections.blueking.job.tests.unit.helpers.doc_pages import PAGES, TRANSLATIONS, anchors, links
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

HOST = re.compile(r"([a-z0-9-]+\.)+[a-z]{2,}")
OUTSIDE = ("http:", "https:", "mailto:")


def fault(page: Path, link: str) -> str | None:
    """What is wrong with a link of a page, or None."""
    if link.startswith(OUTSIDE):
        return fault_of_address(link)
    path, _hash, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or ROOT not in target.parents:
        return f"{link}: no such file"
    if ignored(target):
        return f"{link}: is no part of the sources"
    if anchor and anchor not in (anchors(target) if target.suffix == ".md" else ()):
        return f"{link}: no such heading"
    return None


def fault_of_address(link: str) -> str | None:
    """Errors of an external address that can be found without a network."""
    parts = urlsplit(link)
    if parts.scheme == "mailto":
        return None if re.fullmatch(r"\S+@" + HOST.pattern, parts.path) else f"{link}: no address of mail"
    if parts.scheme != "https" or not HOST.fullmatch(parts.hostname or "") or parts.username:
        return f"{link}: no https with the name of a host"
    if parts.hostname and parts.hostname.endswith(("example.com", ".invalid")):
        return f"{link}: leads nowhere, so it should be no link"
    return f"{link}: ends in a mark" if link.endswith((".", ",", ";")) else None


@cache
def ignored(path: Path) -> bool:
    return subprocess.run(["git", "-C", str(ROOT), "check-ignore", "-q", str(path)], check=False).returncode == 0


@pytest.mark.parametrize("page", [*PAGES, *TRANSLATIONS], ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_pages_have_targets(page: Path) -> None:
    assert [wrong for link in links(page) if (wrong := fault(page, link))] == []


def test_links_are_found() -> None:
    found = {link for page in PAGES for link in links(page)}
    assert {
        "docs/fields.md",
        "architecture.svg",
        "runs.md#operate",
        "https://github.com/TencentBlueKing/bk-job",
    } <= found


@pytest.mark.parametrize(
    ("link", "wrong"),
    [
        ("docs/no_such_page.md", "no such file"),
        ("../outside.md", "no such file"),
        (".cache", "is no part of the sources"),
        ("docs/runs.md#no-such-heading", "no such heading"),
        ("#no-such-heading", "no such heading"),
        ("http://github.com", "no https"),
        ("https://localhost/x", "no https"),
        ("https://example.com/x", "leads nowhere"),
        ("https://github.com/x.", "ends in a mark"),
        ("mailto:somebody", "no address of mail"),
    ],
)
def test_links_without_target_are_noticed(link: str, wrong: str) -> None:
    assert wrong in str(fault(ROOT / "README.md", link))


@pytest.mark.parametrize("name", MODULES)
def test_links_of_modules_have_the_form_of_addresses(name: str) -> None:
    text = (ROOT / "plugins" / "modules" / f"{name}.py").read_text(encoding="utf-8")
    found = re.findall(r"U\(([^)]*)\)|L\([^,]*,\s*([^)]*)\)|^ *- link: (\S+)", text, re.MULTILINE)
    assert [wrong for each in found if (wrong := fault_of_address("".join(each)))] == []


def test_addresses_of_the_collection_agree() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    for key in ("repository", "documentation", "homepage", "issues"):
        assert galaxy[key].startswith(galaxy["repository"])
        assert fault_of_address(galaxy[key]) is None
    for name in ("conf.py", "links.yml"):
        text = (ROOT / "docs" / "docsite" / name).read_text(encoding="utf-8")
        for address in re.findall(r"https://github\.com/[^\s\"#]+", text):
            assert address.startswith(galaxy["repository"]), name


def test_the_readme_lists_every_page() -> None:
    listed = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Documentation\n")[2].partition("\n## ")[0]
    linked = re.findall(r"^\* .*?\]\((\S+?\.md)\)", listed, re.MULTILINE)
    assert sorted(linked) == sorted(set(linked))
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= set(linked)


def test_pictures_have_descriptions() -> None:
    for page in PAGES:
        for text in re.findall(r"!\[([^\]]*)\]\(", page.read_text(encoding="utf-8")):
            assert len(text) >= 20, page
