# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of all unit tests."""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Variables that tests and the programs they start may need. The library requests reads the whole environment for every
# request, and no test may depend on what else the user has set.
KEPT = re.compile(
    r"PATH|HOME|LANG|LC_\w+|TERM|TMPDIR|USER|FUZZ|(PYTEST|PYTHON|PYENV|PIP|SSL_CERT|COVERAGE|HYPOTHESIS|GIT|ANSIBLE_WORKER)_?\w*"
)
UNIT = Path(__file__).parent
# What a test file, or a helper that it imports, contains if it starts processes or servers.
IMPURE = re.compile(
    r"subprocess|support\.simulator(?! import calls|\.type_conversion)|tracked_files|raw_http_server|ansible_runner"
    r"|socketserver|create_server|tcp_server|tests\.tools"
    # They make Ansible a controller, which starts ldconfig.
    r"|from ansible\.errors|plugin_utils(?: import action_base|\.module_fallback import)"
)
HELPER = re.compile(r"^from ansible_collections\.blueking\.job\.tests\.unit\.([\w.]+) import", re.MULTILINE)
# Python's audit events of what a pure test does not do.
FORBIDDEN = ("subprocess.Popen", "os.fork", "os.posix_spawn", "socket.bind")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option by which C(make check) chooses its tests."""
    parser.addoption(
        "--pure", action="store_true", help="run only the files whose tests start no process and no server"
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out test files that start processes or servers if the run asks for pure tests."""
    if config.getoption("--pure") and collection_path.name.startswith("test_"):
        return True if is_impure(collection_path) else None
    return None


def is_impure(path: Path) -> bool:
    """Return whether a file, or a helper that it imports, starts processes or servers."""
    source = path.read_text(encoding="utf-8")
    helpers = {UNIT / f"{name.replace('.', '/')}.py" for name in HELPER.findall(source)}
    # The fakes have helpers of both kinds; a file that uses an impure one names it.
    return bool(IMPURE.search(source)) or any(is_impure(helper) for helper in helpers if helper.name != "fakes.py")


def forbid_processes(event: str, arguments: tuple[object, ...]) -> None:
    """Fail a pure test that starts a process or a server after all (audit hook)."""
    if event in FORBIDDEN:
        raise AssertionError(
            f"a test that make check runs as pure must not cause {event}{arguments!r:.200}: use a fake, or add to "
            "IMPURE in tests/unit/conftest.py what the file imports for it"
        )


def pytest_configure(config: pytest.Config) -> None:
    """Receive SIGINT also in the background, where a shell has programs ignore it: tests send it to themselves."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in [name for name in os.environ if not KEPT.fullmatch(name)]:
        del os.environ[name]
    config.addinivalue_line("markers", "fuzz: generates examples; make fuzz generates many more")
    # No test depends on the speed of the machine, and only those that are marked as fuzz on chance.
    settings.register_profile(
        "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("repeatable")
    # Before version 3.11 Python leaves a socket open where a proxy makes no tunnel.
    if sys.version_info < (3, 11):
        config.addinivalue_line("filterwarnings", "ignore:unclosed <socket:ResourceWarning")


def pytest_collection(session: pytest.Session) -> None:
    """Forbid processes and servers to pure tests. By now pytest-xdist has started its own processes."""
    if session.config.getoption("--pure"):
        sys.addaudithook(forbid_processes)


@pytest.fixture(autouse=True, scope="session")
def _direct_transport(pytestconfig: pytest.Config) -> Iterator[None]:
    """Let tasks in this process reach simulators in this process without sockets, unless a test requires them."""
    if pytestconfig.getoption("--pure"):
        yield
        return
    # Pure tests need none of what it imports.
    from ansible_collections.blueking.job.tests.unit.helpers.direct_transport import direct_transport

    with direct_transport():
        yield


def pytest_collection_finish() -> None:
    """Spare the garbage collector the thousands of collected tests."""
    gc.collect()
    gc.freeze()
