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
from typing import Generic, NamedTuple, TypeVar

from ..models.connection import Connection, Credentials
from ..models.run import FileResult, HostKey, HostResult
from .json_decoder import ObjectHook

T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")


@dataclass(frozen=True)
class Call(Generic[T_co]):
    """One call of JOB.

    Args:
        name: name of the call.
        params: its parameters.
        parse: converts the C(data) of a success; raises JobError (C(protocol)) if it lacks what is needed.
        get: the API gateway expects GET.
        object_hook: builds models of the many small objects of a large response while it is decoded.
    """

    name: str
    params: dict[str, object]
    parse: Callable[[object], T_co]
    get: bool = False
    object_hook: ObjectHook | None = None

    def then(self, convert: Callable[[T_co], U]) -> Call[U]:
        """Return the same call, with a parser that also passes its result through C(convert)."""
        return Call(self.name, self.params, lambda data: convert(self.parse(data)), self.get, self.object_hook)


@dataclass(frozen=True)
class HttpRequest:
    """A request.

    Args:
        method: HTTP method.
        path: path, relative to the base URL.
        headers: HTTP headers.
        query: query parameters.
        body: body, sent as JSON.
        connect_seconds: maximum time for connecting (seconds).
        silence_seconds: maximum time without data from the server (seconds). For both, the smaller of this and the
            connection's timeout applies.
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
    """One log call, and its hosts, most important first.

    The call returns logs with the id of their step. Hosts without log are missing, or have None.
    """

    call: Call[list[tuple[int, HostLog]]]
    hosts: Sequence[StepHost]


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
