# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-in for the REST API of AWX: what the modules of awx.awx use for the files of extensions/awx.

It keeps objects in memory, filters lists, masks stored secrets, and derives the organization of a job template from its
project, as AWX does. Unlike AWX it checks nothing else.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "stand-in-token"
PREFIX = "/api/v2/"
# Where Automation Platform has the same.
PLATFORM_PREFIX = "/api/controller/v2/"
ENCRYPTED = "$encrypted$"
# Types of objects, and the fields with which AWX creates them.
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "organizations": ("organization", {}),
    "execution_environments": ("execution_environment", {}),
    "credential_types": ("credential_type", {"managed": False, "inputs": {}, "injectors": {}}),
    "credentials": ("credential", {"inputs": {}}),
    "inventories": ("inventory", {"kind": "", "host_filter": None}),
    "projects": ("project", {"scm_type": "", "scm_url": "", "scm_revision": "", "default_environment": None}),
    "job_templates": ("job_template", {"extra_vars": "", "survey_enabled": False, "ask_variables_on_launch": False}),
    "workflow_job_templates": ("workflow_job_template", {"extra_vars": "", "survey_enabled": False}),
    "workflow_job_template_nodes": ("workflow_job_template_node", {}),
}
TEMPLATES = ("job_templates", "workflow_job_templates")


class AwxServer:
    """Objects of an AWX, behind a server on loopback. C(writes) are the requests that changed something."""

    def __init__(self) -> None:
        self.objects: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
        self.links: dict[str, list[int]] = {}
        self.surveys: dict[str, Any] = {}
        self.writes: list[str] = []
        self._last_id = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"awx": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        for name in ("Default", "Shop"):
            self.create("organizations", {"name": name})
        self.create("execution_environments", {"name": "ee-job"})

    def __enter__(self) -> AwxServer:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def create(self, kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Add an object."""
        self._last_id += 1
        url = f"{PREFIX}{kind}/{self._last_id}/"
        related = {"survey_spec": f"{url}survey_spec/"}
        common = {"id": self._last_id, "url": url, "type": KINDS[kind][0], "related": related, "summary_fields": {}}
        new = {**common, "description": "", **KINDS[kind][1]}
        self.objects[kind].append(new)
        return self.update(kind, new, fields)

    def update(self, kind: str, known: dict[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
        """Change fields of an object. Null is an empty choice, and a stored secret stays if its mask is sent back."""
        changes = {name: "" if value is None and known.get(name) == "" else value for name, value in fields.items()}
        if kind == "job_templates" and "project" in changes:
            changes["organization"] = self.find("projects", {"id": str(changes["project"])})[0]["organization"]
        known.update(changes)
        return known

    def find(self, kind: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the objects that a query matches, as AWX shows them."""
        kinds = TEMPLATES if kind == "unified_job_templates" else (kind,)
        either = {name[4:]: value for name, value in query.items() if name.startswith("or__")}
        every = {name: value for name, value in query.items() if not name.startswith("or__")}
        return [
            self.shown(each)
            for name in kinds
            for each in self.objects[name]
            if all(str(each.get(field)) == value for field, value in every.items())
            and (not either or any(str(each.get(field)) == value for field, value in either.items()))
        ]

    def shown(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """Return an object with its secrets masked."""
        if known["type"] != "credential":
            return dict(known)
        (of_type,) = (each for each in self.objects["credential_types"] if each["id"] == known["credential_type"])
        secret = {each["id"] for each in of_type["inputs"]["fields"] if each.get("secret")}
        inputs = {name: ENCRYPTED if name in secret and value else value for name, value in known["inputs"].items()}
        return {**known, "inputs": inputs}

    def named(self, kind: str, name: str) -> dict[str, Any]:
        """Return the only object of a name or identifier."""
        (found,) = (each for each in self.objects[kind] if name in (each.get("name"), each.get("identifier")))
        return found


class _Handler(BaseHTTPRequestHandler):
    """One request: a list, an object, its survey, or a list of related objects."""

    awx: AwxServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:  # noqa: N802  # the name that the library wants
        self._respond()

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def _respond(self) -> None:
        parts = urlsplit(self.path.replace(PLATFORM_PREFIX, PREFIX, 1))
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._send(401, {"detail": "no token"})
        if self.command != "GET":
            self.awx.writes.append(f"{self.command} {parts.path}")
        match = re.fullmatch(rf"{PREFIX}(\w+)/(?:(\d+)/)?(?:(\w+)/)?", parts.path)
        if match is None:
            return self._send(404, {"detail": "not found"})
        kind, number, part = match.groups()
        if number is None:
            return self._list(kind, dict(parse_qsl(parts.query, keep_blank_values=True)), body)
        if part is None:
            return self._object(kind, int(number), body)
        return self._survey(parts.path, body) if part == "survey_spec" else self._related(parts.path, body)

    def _list(self, kind: str, query: Mapping[str, str], body: Any) -> None:
        if self.command == "POST":
            return self._send(201, self.awx.shown(self.awx.create(kind, body)))
        found = self.awx.find(kind, query)
        return self._send(200, {"count": len(found), "next": None, "results": found})

    def _object(self, kind: str, number: int, body: Any) -> None:
        (known,) = (each for each in self.awx.objects[kind] if each["id"] == number)
        if self.command == "DELETE":
            self.awx.objects[kind].remove(known)
            return self._send(204, None)
        return self._send(200, self.awx.shown(self.awx.update(kind, known, body or {})))

    def _survey(self, path: str, body: Any) -> None:
        if self.command == "POST":
            self.awx.surveys[path] = body
        return self._send(200, self.awx.surveys.get(path, {}))

    def _related(self, path: str, body: Any) -> None:
        linked = self.awx.links.setdefault(path, [])
        if self.command == "POST":
            linked.remove(body["id"]) if body.get("disassociate") else linked.append(body["id"])
            return self._send(204, None)
        return self._send(200, {"count": len(linked), "next": None, "results": [{"id": each} for each in linked]})

    def _send(self, status: int, value: Any) -> None:
        text = "" if status == 204 else json.dumps(value)
        if self.path.startswith(PLATFORM_PREFIX):
            text = text.replace(f'"{PREFIX}', f'"{PLATFORM_PREFIX}')
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""
