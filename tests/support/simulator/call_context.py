# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call gets to work with, and how calls are described to the gateways."""

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
from .run_manager import Engine
from .type_conversion import Record

Params = dict[str, Any]
Verb = Literal["GET", "POST"]


@dataclass(frozen=True)
class Caller:
    """On whose behalf a call comes to the platform: a user, by way of an application."""

    user: str
    app: str = ""


@dataclass
class Context:
    """One call by one user in one scope. Calls without a scope get the nameless one."""

    inventory: Inventory
    engine: Engine
    scope: Scope
    caller: Caller
    language: Language
    started: list[int] = field(default_factory=list)
    """Instances that this call created or started."""
    did: list[dict[str, Any]] = field(default_factory=list)
    """What the call changed, for the journal."""

    @property
    def user(self) -> str:
        """The name of the user."""
        return self.caller.user

    def note(self, act: str, job: JobInstance, **more: Any) -> None:
        """Say in the journal what was done to a run."""
        self.did.append({"act": act, "job_instance_id": job.id, **more})

    def require(self, action: str, resource: tuple[str, str] | None = None) -> None:
        """Refuse unless the caller has the permission in this scope."""
        self.inventory.access.require(self.user, action, self.scope, self.language, resource)

    def job(self, params: Params) -> JobInstance:
        """The instance a request names. JOB API: an id that is missing or below 1 is a 1241007."""
        job_id = present(params["job_instance_id"])
        if job_id is None:
            raise JobError(1241007, "job_instance_id")
        return self.engine.find(self.scope, job_id)

    def visible_job(self, params: Params) -> JobInstance:
        """JOB API: whoever launched a run may look at it; anybody else needs view_history."""
        job = self.job(params)
        if job.operator != self.user:
            self.require("view_history")
        return job


@dataclass(frozen=True)
class Call:
    """One call of the API: its work, its fields, and the verb by which the API gateway offers it."""

    run: Callable[[Context, Params], Any]
    request: Record
    verb: Verb = "POST"
    query: tuple[str, ...] = ()
    """Fields without which a GET is refused before anything else is looked at."""
    scoped: bool = True
    both: bool = True
    """Whether the platform itself takes a reading call as a POST as well; only then has the older gateway got it."""
    v4: bool = False
    by_query: Record | None = None
    """How a GET is read, if not like a POST."""
    in_esb: bool = True
    """Whether the older gateway lists the call at all."""

    def takes(self, method: str) -> bool:
        """JOB API: what only reads may be asked for with either verb, everything else is POST."""
        return method == self.verb or (self.both and self.verb == "GET" and method == "POST" and not self.v4)


def entries(values: list[Any] | None) -> list[Any]:
    """The entries of a list of objects. JOB API: a null among them is an internal error."""
    if any(value is None for value in values or ()):
        raise JobError(INTERNAL_ERROR)
    return values or []
