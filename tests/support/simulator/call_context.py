# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Context of a call, and the description of calls for the gateways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from .cmdb import Scope
from .errors import JobError
from .ids import present
from .instances import JobInstance
from .inventory import Inventory
from .messages import INTERNAL_ERROR, Language
from .run_manager import RunManager
from .type_conversion import Record

Params = dict[str, Any]
Verb = Literal["GET", "POST"]


@dataclass(frozen=True)
class Caller:
    """Caller of the platform: a user, through an application."""

    user: str
    app: str = ""


@dataclass
class Context:
    """One call by one user in one scope. Calls without a scope get the nameless one."""

    inventory: Inventory
    run_manager: RunManager
    scope: Scope
    caller: Caller
    language: Language
    started: list[int] = field(default_factory=list)
    """Instances that this call created or started."""
    did: list[dict[str, Any]] = field(default_factory=list)
    """Changes made by the call, for the journal."""

    @property
    def user(self) -> str:
        """Return the user's name."""
        return self.caller.user

    def note(self, act: str, job: JobInstance, **more: Any) -> None:
        """Log in the journal what was done to a run."""
        self.did.append({"act": act, "job_instance_id": job.id, **more})

    def require(self, action: str, resource: tuple[str, str] | None = None) -> None:
        """Raise unless the caller has the permission in this scope."""
        self.inventory.access.require(self.user, action, self.scope, self.language, resource)

    def job(self, params: Params) -> JobInstance:
        """Return the instance of a request. JOB API: an id that is missing or below 1 is a 1241007."""
        job_id = present(params["job_instance_id"])
        if job_id is None:
            raise JobError(1241007, "job_instance_id")
        return self.run_manager.find(self.scope, job_id)

    def visible_job(self, params: Params) -> JobInstance:
        """JOB API: the launching user may read a run; every other user needs view_history."""
        job = self.job(params)
        if job.operator != self.user:
            self.require("view_history")
        return job


@dataclass(frozen=True)
class Call:
    """One call of the API: its function, its fields, and its verb at the API gateway."""

    run: Callable[[Context, Params], Any]
    request: Record
    verb: Verb = "POST"
    query: tuple[str, ...] = ()
    """Required fields of a GET, checked before anything else."""
    scoped: bool = True
    both: bool = True
    """The platform itself accepts a read call as a POST as well; only then the ESB has it."""
    v4: bool = False
    by_query: Record | None = None
    """Fields of a GET, if they differ from those of a POST."""
    in_esb: bool = True
    """The ESB lists the call."""

    def takes(self, method: str) -> bool:
        """JOB API: read calls accept GET and POST, all others POST."""
        return method == self.verb or (self.both and self.verb == "GET" and method == "POST" and not self.v4)


def entries(values: list[Any] | None) -> list[Any]:
    """Return the entries of a list of objects. JOB API: a null among them is an internal error."""
    if any(value is None for value in values or ()):
        raise JobError(INTERNAL_ERROR)
    return values or []
