# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""API calls, HTTP requests and responses, and batches of log calls.

An API is a gateway (addresses, credentials) together with a schema (names and structures of one API generation). Only
the package C(api) contains names of the API.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ..models.connection import Connection, Credentials
from ..models.run import FileResult, HostKey, HostResult
from .json_decoder import Row


class Call(NamedTuple):
    """One call of JOB: its name, its parameters, and whether the API gateway expects GET.

    C(row) builds models of the many small objects of a large response while it is decoded.
    """

    name: str
    params: dict[str, object]
    get: bool = False
    row: Row | None = None


@dataclass(frozen=True)
class HttpRequest:
    """A request. C(path) is relative to the base URL; C(body) is sent as JSON.

    C(connect_seconds) is the maximum time for connecting, C(silence_seconds) that without data from the server, if they
    are less than the connection's.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] | None = None
    body: Mapping[str, object] | None = None
    connect_seconds: float = math.inf
    silence_seconds: float = math.inf


class HttpResponse(NamedTuple):
    """A response. Header names are lower case. Decoding a large body consumes it."""

    status: int
    headers: Mapping[str, str]
    body: bytes | bytearray


# A host in a step: the step's instance id and the host's result, which receives the log.
StepHost = tuple[int, HostResult]


@dataclass(slots=True)
class HostLog:
    """Log of one host in a log response, as UTF-8; None if there is none.

    Only API v2 returns exit code, tag and times here, and it does not return files.
    """

    key: HostKey
    text: bytes | None
    exit_code: int | None = None
    tag: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    total_time: float | None = None
    files: list[FileResult] | None = None


class LogBatch(NamedTuple):
    """One log call, its hosts, most important first, and the parser of its response.

    The parser returns logs with the id of their step. Hosts without log are missing, or have None.
    """

    call: Call
    hosts: Sequence[StepHost]
    read: Callable[[object], list[tuple[int, HostLog]]]


def common_headers(connection: Connection) -> dict[str, str]:
    """Return the headers that every gateway forwards to JOB."""
    headers = {"Accept": "application/json", "Blueking-Language": connection.language}
    if connection.bk_tenant_id:
        headers["X-Bk-Tenant-Id"] = connection.bk_tenant_id
    return headers


def identity_params(credentials: Credentials, access_token: str) -> dict[str, object]:
    """Return the caller's identity for a gateway; gateways differ only in the name of the access token."""
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
    """Return the values that are not None; others are not sent."""
    return {key: value for key, value in values.items() if value is not None}
