# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The artifact of the collection, built and installed once."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.blueking.job.plugins.module_utils.version import VERSION
from ansible_collections.blueking.job.tests.unit.helpers.ansible_programs import call, install
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT


@pytest.fixture(scope="session")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the built artifact."""
    folder = tmp_path_factory.mktemp("artefact")
    call("ansible-galaxy", "collection", "build", str(ROOT), "--output-path", str(folder), home=folder)
    return folder / f"blueking-job-{VERSION}.tar.gz"


@pytest.fixture(scope="session")
def home(artefact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home directory with nothing but the collection, installed from the artifact."""
    folder = tmp_path_factory.mktemp("home")
    install(artefact, folder)
    return folder
