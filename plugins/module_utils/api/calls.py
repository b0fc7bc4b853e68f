# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""API calls, HTTP requests and responses, and batches of log calls.

Private to the collection blueking.job: no stable interface for others.

An API is a gateway (where calls go and where credentials stand) together with a schema (names and shapes of one API
generation). Only the package C(api) knows names of the API.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..models.connection import Connection, Credentials
from ..models.run import HostKey, HostResult
from .json_decoder import Row


@dataclass(frozen=True)
class Call:
    """One call of JOB: its name, its parameters, and whether the API gateway wants GET.

    C(row) makes models of the many small objects of a large answer while it is read.
    """

    name: str
    params: dict[str, object]
    get: bool = False
    row: Row | None = None


@dataclass(frozen=True)
class HttpRequest:
    """A request as it goes out. C(path) is relative to the base URL; C(body) becomes JSON."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] | None = None
    body: Mapping[str, object] | None = None


@dataclass(frozen=True)
class HttpResponse:
    """An answer as it came in. Header names are lower case. Reading a large body uses it up."""

    status: int
    headers: Mapping[str, str]
    body: bytes | bytearray


# A host in a step: the step's instance id and the host's result, into which the log goes.
StepHost = tuple[int, HostResult]


@dataclass(slots=True)
class HostLog:
    """What one log answer tells of one host: the log as UTF-8, None if there is none.

    Only the oldest API puts exit code, tag and times here.
    """

    key: HostKey
    text: bytes | None
    exit_code: int | None = None
    tag: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    total_time: float | None = None


@dataclass(frozen=True)
class LogBatch:
    """One log call, the hosts whose logs it is made for, most important first, and how to read its answer.

    Logs are read with the id of their step. Hosts without log are absent, or have None for it.
    """

    call: Call
    hosts: Sequence[StepHost]
    read: Callable[[object], list[tuple[int, HostLog]]]


def common_headers(connection: Connection) -> dict[str, str]:
    """Headers that every gateway passes on to JOB."""
    headers = {"Accept": "application/json", "Blueking-Language": connection.language}
    if connection.bk_tenant_id:
        headers["X-Bk-Tenant-Id"] = connection.bk_tenant_id
    return headers


def identity_params(credentials: Credentials, access_token: str) -> dict[str, object]:
    """Who calls, in the gateways' words; they differ in the name of the access token alone."""
    return without_none(
        {
            "bk_app_code": credentials.bk_app_code,
            "bk_app_secret": credentials.bk_app_secret,
            "bk_token": credentials.bk_token,
            "bk_ticket": credentials.bk_ticket,
            access_token: credentials.bk_access_token,
            "bk_username": credentials.bk_username,
        }
    )


def without_none(values: Mapping[str, object]) -> dict[str, object]:
    """What is not given is not sent."""
    return {key: value for key, value in values.items() if value is not None}
