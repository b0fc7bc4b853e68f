# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every unit test."""

from __future__ import annotations

import signal
import sys

import pytest

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def pytest_configure(config: pytest.Config) -> None:
    """Hear SIGINT also in the background, where a shell has programs ignore it: tests send it to themselves."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Before version 3.11 Python leaves a socket open where a proxy makes no tunnel.
    if sys.version_info < (3, 11):
        config.addinivalue_line("filterwarnings", "ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(autouse=True)
def no_proxy_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of the tests listen on loopback, where a proxy of the machine cannot reach them."""
    for name in (*PROXIES, *(name.upper() for name in PROXIES)):
        monkeypatch.delenv(name, raising=False)
