# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests with a real ansible-rulebook share: the simulator, a receiver of reports, and where the collection is."""

from __future__ import annotations

import json
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / ".cache" / "rulebook" / "bin"
# Secrets that must not be printed, whatever the verbosity.
APP_SECRET = "demo_secret"
CALLBACK_SECRET = "planted-callback-secret"


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark of tests that are not part of C(make test)."""
    config.addinivalue_line("markers", "long: takes too long for make test; make test-eda runs it")


class Reports:
    """A webhook on loopback that keeps the texts it receives."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        texts = self.texts

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                texts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/planted-webhook-secret"

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[JobServer]:
    with JobServer(ROOT / "tests" / "demo" / "inventory.yml") as running:
        yield running


@pytest.fixture
def reports() -> Iterator[Reports]:
    receiver = Reports()
    yield receiver
    receiver.close()


@pytest.fixture
def environment(server: JobServer, reports: Reports) -> dict[str, str]:
    """Connection, scope and secrets, as users set them."""
    return {
        "BK_JOB_API_URL": server.url,
        "BK_APP_CODE": "demo_app",
        "BK_APP_SECRET": APP_SECRET,
        "BK_USERNAME": "admin",
        "BK_SCOPE_ID": "2",
        "BK_JOB_CALLBACK_SECRET": CALLBACK_SECRET,
        "BK_JOB_REPORT_URL": reports.url,
    }


def link_into(folder: Path) -> dict[str, str]:
    """Link the clone where Python imports from; return the environment variables for it."""
    packages = folder / "packages"
    namespace = packages / "ansible_collections" / "blueking"
    namespace.mkdir(parents=True)
    (namespace / "job").symlink_to(ROOT)
    return {"PYTHONPATH": str(packages)}


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home directory with a copy of the collection, installed as users do, and known by its User-Agent."""
    home = tmp_path_factory.mktemp("installed")
    target = home / ".ansible" / "collections"
    subprocess.run(
        [str(SCRIPTS / "ansible-galaxy"), "collection", "install", str(ROOT), "-p", str(target), "--no-deps"],
        check=True,
        env={"HOME": str(home), "PATH": f"{SCRIPTS}:/usr/bin:/bin", "LANG": "C.UTF-8"},
        stdout=subprocess.DEVNULL,
    )
    copy = target / "ansible_collections" / "blueking" / "job"
    (copy / "plugins" / "module_utils" / "version.py").write_text('VERSION = "installed-copy"\n', encoding="utf-8")
    return home


def launch(server: JobServer, plan: int, hosts: list[int], **fields: str) -> int:
    """Launch a plan of the inventory, with more fields of the request; return the id of the run."""
    body = {
        "bk_app_code": "demo_app",
        "bk_app_secret": APP_SECRET,
        "bk_username": "admin",
        "bk_scope_type": "biz",
        "bk_scope_id": "2",
        "job_plan_id": plan,
        "global_var_list": [{"name": "targets", "server": {"host_id_list": hosts}}],
        **fields,
    }
    answer = post(f"{server.url}/api/c/compapi/v2/jobv3/execute_job_plan/", body)
    return int(json.loads(answer)["data"]["job_instance_id"])


def post(url: str, body: object) -> bytes:
    """Send JSON; return the body of the response."""
    headers = {"Content-Type": "application/json", "User-Agent": "the-test"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as response:
        content: bytes = response.read()
    return content


def calls(server: JobServer, name: str) -> int:
    """Return how often a call of JOB was made."""
    return sum(1 for entry in server.journal if entry["call"] == name)


def looks(server: JobServer, **filters: str) -> int:
    """Return how often a source has read the history with some of its filters.

    At first it reads the server's time. What ends within a second of that, and before its first look, is no event.
    """
    bodies = [json.loads(entry["body"]) for entry in server.journal if entry["call"] == "get_job_instance_list"]
    return sum(1 for body in bodies if body["length"] > 1 and filters.items() <= body.items())


def callers(server: JobServer) -> set[str]:
    """Return the User-Agents of all requests but those of the tests themselves."""
    return {entry["headers"]["user-agent"] for entry in server.journal} - {"the-test"}
