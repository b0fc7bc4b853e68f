# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection installs from the tree and from its artefact, and works from there with nothing but what it needs."""

from __future__ import annotations

import json
import os
import re
import shutil
import tarfile
from pathlib import Path

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.ansible_programs import call, install
from ansible_collections.blueking.job.tests.unit.helpers.doc_examples import ad_hoc
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT, tracked_files

# What users need. Who checks the artefact reads .ansible-lint and, for the Pythons to test, tests/config.yml.
SHIPPED = {
    *("meta", "plugins", "playbooks", "docs", "extensions", "changelogs", "LICENSES", "COPYING", ".ansible-lint"),
    *("README.md", "README.zh-CN.md", "CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md"),
}
NEEDED_TO_RUN = ("meta", "plugins", "playbooks")
# Links to files: no addresses, no places on the same page.
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")
MANIFESTS = {"MANIFEST.json", "FILES.json"}


def is_shipped(name: str) -> bool:
    """Whether a file of the repository belongs into the artefact."""
    fragment = name.startswith("changelogs/fragments/")
    return (name.partition("/")[0] in SHIPPED and not fragment) or name == "tests/config.yml"


def test_the_artifact_contains_what_users_need_and_nothing_else(artefact: Path) -> None:
    with tarfile.open(artefact) as archive:
        names = {member.name for member in archive if not member.isdir()}
    tracked = {str(path.relative_to(ROOT)) for path in tracked_files()}
    assert names - MANIFESTS == {name for name in tracked if is_shipped(name)}
    assert artefact.stat().st_size < 2_000_000


def test_links_between_pages_of_the_artifact_have_targets(artefact: Path) -> None:
    with tarfile.open(artefact) as archive:
        names = set(archive.getnames())
        pages = {name: archive.extractfile(name) for name in names if name.endswith(".md")}
        texts = {name: page.read().decode() for name, page in pages.items() if page}
    astray = [
        f"{page}: {link}"
        for page, text in texts.items()
        for link in LINK.findall(text)
        if os.path.normpath(Path(page).parent / link) not in names
    ]
    assert astray == []


def contents(folder: Path) -> dict[str, bytes]:
    """The content of every file in a folder, by path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_tree_installs_as_the_artefact_does(home: Path, tmp_path: Path) -> None:
    tree, artefact = (
        contents(folder) for folder in (install(ROOT, tmp_path), home / "ansible_collections" / "blueking" / "job")
    )
    assert {name: text for name, text in tree.items() if name not in MANIFESTS} == {
        name: text for name, text in artefact.items() if name not in MANIFESTS
    }


@pytest.fixture
def stripped(home: Path, tmp_path: Path) -> Path:
    """A home folder with only what running needs."""
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    installed = tmp_path / "ansible_collections" / "blueking" / "job"
    for entry in installed.iterdir():
        if entry.name not in NEEDED_TO_RUN:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    # A mark by which the server sees that this copy ran, and not the clone.
    version = installed / "plugins" / "module_utils" / "version.py"
    version.write_text('VERSION = "installed-copy"\n', encoding="utf-8")
    return tmp_path


def against(server: JobServer) -> dict[str, str]:
    """Variables for the address of the server, a user of the demo's inventory, and the installed copy."""
    return {
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_LOAD_CALLBACK_PLUGINS": "true",
        "BK_JOB_API_URL": server.url,
        "BK_APP_CODE": "demo_app",
        "BK_APP_SECRET": "demo_secret",
        "BK_USERNAME": "admin",
        "BK_SCOPE_ID": "2",
    }


def test_the_installed_collection_runs_what_the_readme_shows_and_its_playbook(stripped: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (words,) = [
        command for _source, command in ad_hoc() if f"-m {command[3]} " in readme and f"'{command[5]}'" in readme
    ]
    with JobServer(ROOT / "tests" / "demo" / "inventory.yml") as server:
        environment = {"ANSIBLE_COLLECTIONS_PATH": str(stripped), **against(server)}
        output = call(*words, home=stripped, **environment)
        playbook = ("ansible-playbook", "blueking.job.see_it_through", "--extra-vars", "plan_name=deploy-web")
        output_of_playbook = call(*playbook, home=stripped, **environment)
        agents = {entry["headers"]["user-agent"] for entry in server.journal}
    assert agents == {"ansible-collection-blueking.job/installed-copy"}
    result = json.loads(output[output.index("{") :])
    assert [host["ip"] for host in result["hosts"]] == ["10.0.0.1", "10.0.0.2"]
    assert all("load average" in host["log"] for host in result["hosts"])
    assert "failed=0" in output_of_playbook
    assert "demo_secret" not in output + output_of_playbook
