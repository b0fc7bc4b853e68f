# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection installs from the tree and from its artefact, and works from there with nothing but what it needs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from ansible_collections.blueking.job.plugins.module_utils.version import VERSION
from ansible_collections.blueking.job.tests.support.job_server import JobServer
from ansible_collections.blueking.job.tests.unit.kit import ROOT

SCRIPTS = Path(sys.executable).parent
STRAY = (".venv", ".cache", ".git/", ".ci", "__pycache__", ".pyc", ".hypothesis")


def call(*command: str, home: Path, **environment: str) -> str:
    """Run one of Ansible's programs with an empty home folder."""
    clean = {"HOME": str(home), "PATH": f"{SCRIPTS}:/usr/bin:/bin", "LANG": "C.UTF-8", **environment}
    run = subprocess.run(command, check=False, capture_output=True, text=True, env=clean, stdin=subprocess.DEVNULL)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built artefact."""
    folder = tmp_path_factory.mktemp("artefact")
    call("ansible-galaxy", "collection", "build", str(ROOT), "--output-path", str(folder), home=folder)
    return folder / f"blueking-job-{VERSION}.tar.gz"


def test_the_artefact_holds_what_users_need_and_no_stray_files(artefact: Path) -> None:
    with tarfile.open(artefact) as archive:
        names = archive.getnames()
    for wanted in ("README.md", "COPYING", "meta/runtime.yml", "plugins/modules/bk_job_plan.py", "docs/fields.md"):
        assert wanted in names
    assert "tests/support/job_server/__main__.py" in names
    assert [name for name in names if any(stray in name for stray in STRAY)] == []
    assert artefact.stat().st_size < 2_000_000


@pytest.mark.parametrize("source", ["tree", "artefact"])
def test_it_installs_and_runs_without_anything_it_does_not_need(source: str, artefact: Path, tmp_path: Path) -> None:
    origin = ROOT if source == "tree" else artefact
    # By force, as the clone itself is known to this environment already.
    install = ("ansible-galaxy", "collection", "install", str(origin), "-p", str(tmp_path), "--no-deps", "--force")
    call(*install, home=tmp_path)
    installed = tmp_path / "ansible_collections" / "blueking" / "job"
    for entry in installed.iterdir():
        if entry.name not in ("plugins", "meta", "MANIFEST.json", "FILES.json"):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    # A mark by which the server sees that this copy ran, and not the clone.
    version = installed / "plugins" / "module_utils" / "version.py"
    version.write_text('VERSION = "installed-copy"\n', encoding="utf-8")
    options = "bk_scope_id=2 account_alias=root ip_list=10.0.0.1 logs=all poll_interval=0.1 script_content=hostname"
    with JobServer(ROOT / "tests" / "demo" / "inventory.yml") as server:
        output = call(
            *("ansible", "localhost", "-m", "blueking.job.bk_fast_script", "-a", options),
            home=tmp_path,
            ANSIBLE_COLLECTIONS_PATH=str(tmp_path),
            ANSIBLE_CALLBACK_RESULT_FORMAT="json",
            ANSIBLE_LOAD_CALLBACK_PLUGINS="true",
            BK_JOB_API_URL=server.url,
            BK_APP_CODE="demo_app",
            BK_APP_SECRET="demo_secret",
            BK_USERNAME="admin",
        )
        agents = {entry["headers"]["user-agent"] for entry in server.journal}
    assert agents == {"ansible-collection-blueking.job/installed-copy"}
    result = json.loads(output[output.index("{") :])
    assert result["hosts"][0]["log"] == "web-1\n"
    assert "demo_secret" not in output
