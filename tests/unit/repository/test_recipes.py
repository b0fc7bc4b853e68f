# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page "Recipes": its files form one project, whose playbooks run against the JOB simulator in one process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ansible.constants import DEFAULT_VAULT_ID_MATCH
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.doc_pages import blocks
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

PAGE = ROOT / "docs" / "recipes.md"
FILES = {name: block.text for block in blocks(PAGE) if (name := block.mark.removeprefix("recipe: ")) != block.mark}
# The page names the value for the simulator in a comment.
DEMO_VALUE = re.compile(r"^(\w.*|  \w.*): \S+ +# make server: (\S+)$", re.MULTILINE)
DEFAULTS = '    group/blueking.job.job: "{{ job_connection }}"\n'
WAIT_DEFAULTS = "    group/blueking.job.wait: {"
# Text that the output of each playbook must contain, as a regular expression.
EXPECTED = {
    "defaults.yml": r"(?s)changed: \[localhost\].*ok: \[localhost\]",
    "run_script.yml": r"10\.0\.0\.2 ended with 0: Filesystem",
    "configure_web.yml": r"changed: \[localhost\]",
    "show_plan.yml": r"targets \(host, required\): web servers",
    "disk_usage.yml": r"(?s)\[web-1\].*\[web-2\] => .*\d+% of the disk is used",
    "report_disks.yml": r"changed: \[localhost\]",
    "write_report.yml": r"changed: \[localhost\]",
    "check_hosts.yml": r"broken failed on 10\.0\.0\.3: \[db-1\] data folder is read-only, giving up",
    "wait_later.yml": r"Run \d+ is on its way",
    "deploy_versions.yml": r"success, success",
    "nightly_backup.yml": r"Run \d+: launched",
    "retry_failed.yml": r"(?s)TASK \[Retry.*changed: \[localhost\]",
    "stop_run.yml": r"(?s)TASK \[Stop it.*changed: \[localhost\]",
    "failed_runs.yml": r"\d+ broken: failed, launched by admin",
    "background.yml": r"(?s)TASK \[Wait for the result.*changed: \[localhost\]",
}
BOOKS = [name for name in FILES if name.endswith(".yml") and "/" not in name]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the page's files, with the values that the page names for the simulator."""
    folder = tmp_path_factory.mktemp("recipes")
    (folder / "password").write_text("open sesame", encoding="utf-8")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = text if WAIT_DEFAULTS in text else text.replace(DEFAULTS, f"{DEFAULTS}{WAIT_DEFAULTS}}}\n")
        text = text.replace(WAIT_DEFAULTS, f"{WAIT_DEFAULTS}poll_interval: 0.05, ")
        path.write_text(DEMO_VALUE.sub(r"\1: \2", text), encoding="utf-8")
    vault = VaultLib([(DEFAULT_VAULT_ID_MATCH, VaultSecret(b"open sesame"))])
    secrets = folder / "group_vars" / "all" / "vault.yml"
    secrets.write_bytes(vault.encrypt(secrets.read_bytes()))
    # Playbooks find group_vars and roles next to themselves.
    books = "".join(f"- ansible.builtin.import_playbook: {name}\n" for name in BOOKS)
    (folder / "site.yml").write_text(books, encoding="utf-8")
    return folder


def test_every_recipe_runs(project: Path) -> None:
    assert set(EXPECTED) == set(BOOKS), "say in EXPECTED of tests/unit/repository/test_recipes.py what a recipe prints"
    connection = project / "group_vars" / "all" / "job.yml"
    with JobServer(ROOT / "tests" / "demo" / "inventory.yml") as server:
        text = connection.read_text(encoding="utf-8")
        connection.write_text(text.replace("http://127.0.0.1:8000", server.url), encoding="utf-8")
        output = play(project)
        launches = [entry for entry in server.journal if entry["answer"]["started"]]
        (configured,) = (entry["body"] for entry in launches if "status page" in entry["body"])
    for name, part in parts(output).items():
        assert re.search(EXPECTED[name], part), f"{name}:\n{part}"
    assert len(launches) == 14, "a recipe launched more or fewer runs than it says"
    for literal in ("[http]=8080", "my_password", "grp-web"):
        assert literal in configured
    report = (project / "disk_report.md").read_text(encoding="utf-8")
    assert re.search(
        r": success\n\n\* 10\.0\.0\.1, exit code 0: used: \d+%\n\* 10\.0\.0\.3, exit code 0: used:", report
    )


def play(project: Path) -> str:
    """Run all playbooks in one process; return their output."""
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("BK_")},
        "HOME": str(project),
        "ANSIBLE_ASYNC_DIR": str(project / "async"),
        "NO_PROXY": "127.0.0.1",
        "ANSIBLE_LOCALHOST_WARNING": "false",
    }
    run = subprocess.run(
        [program, "-i", "inventory.ini", "--vault-password-file", "password", "site.yml"],
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def parts(output: str) -> dict[str, str]:
    """Return the output of each playbook."""
    texts = re.split(r"^PLAY (?!RECAP)", output, flags=re.MULTILINE)[1:]
    assert len(texts) == len(BOOKS)
    return dict(zip(BOOKS, texts, strict=True))


def test_every_secret_of_the_page_is_in_the_vault(project: Path) -> None:
    assert (project / "group_vars" / "all" / "vault.yml").read_text(encoding="utf-8").startswith("$ANSIBLE_VAULT;")
    for name, text in FILES.items():
        if not name.endswith("vault.yml"):
            assert not re.search(r"(secret|token|password): [^\"\s]", text), name
