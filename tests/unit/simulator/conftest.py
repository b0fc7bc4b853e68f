# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server with a small estate, started once for each test module."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import Client

_ESTATE = yaml.safe_load(Path(__file__).with_name("estate.yml").read_text(encoding="utf-8"))


@pytest.fixture
def estate() -> Any:
    """The inventory of the tests, to be changed at will."""
    return copy.deepcopy(_ESTATE)


@pytest.fixture(scope="module")
def server() -> Iterator[JobServer]:
    with JobServer(_ESTATE) as running:
        yield running


@pytest.fixture
def client(server: JobServer) -> Client:
    return Client(server)
