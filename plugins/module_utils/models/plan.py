# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Job plans with their variables and steps, and JOB's opinion of a script.

Private to the collection blueking.job: no stable interface for others.
"""

from __future__ import annotations

from dataclasses import dataclass

from .launch import TargetServer

# What to do about a plan that is not there.
PLAN_NOT_FOUND_HINT = "Check job_plan_id and the scope: bk_job_plan_info lists the plans of a scope."

# The kinds of global variables. A kind that is not among them takes whatever it is given.
STRING, NAMESPACE, HOST, CIPHER = "string", "namespace", "host", "cipher"
ASSOCIATIVE_ARRAY, INDEXED_ARRAY = "associative_array", "indexed_array"
# The value of an account variable is the id of an account, as text.
ACCOUNT = "account"

# What JOB shows in place of the value of a cipher.
CIPHER_MASK = "******"


@dataclass(frozen=True)
class PlanSummary:
    """A plan as a list tells of it. Names are unique within a template only, which not every API names.

    C(need_update) says that the template was changed since the plan was made from it.
    """

    id: int
    name: str
    template_id: int | None = None
    creator: str | None = None
    create_time: str | None = None
    last_modify_user: str | None = None
    last_modify_time: str | None = None
    need_update: bool | None = None

    def __str__(self) -> str:
        template = "" if self.template_id is None else f", template {self.template_id}"
        return f"{self.name} ({self.id}{template})"


@dataclass(frozen=True)
class PlanPage:
    """Some of the plans of a scope, and how many there are in all (None if the answer does not tell)."""

    plans: tuple[PlanSummary, ...]
    total: int | None = None


@dataclass(frozen=True)
class PlanFilter:
    """Which plans somebody wants to see, C(limit) at most, and whether with steps and variables."""

    job_plan_id: int | None = None
    name: str | None = None
    exact_name: bool = True
    template_id: int | None = None
    details: bool = True
    limit: int = 50


@dataclass(frozen=True)
class PlanVariable:
    """A global variable of a plan, with its default: text, or hosts. Of a cipher only the mask is kept.

    C(required) and C(used) are None where the API does not tell.
    """

    id: int
    name: str
    kind: str
    required: bool | None = False
    has_default: bool = False
    value: str | None = None
    server: TargetServer | None = None
    description: str | None = None
    used: bool | None = None


@dataclass(frozen=True)
class PlanStep:
    """A step of a plan. It runs on the hosts of C(host_variable), or on C(server); C(timeout) is in seconds.

    C(type) and C(script_language) are JOB's numbers; None where the API does not tell, or where there is no such thing.
    C(account) is an alias. v3 gives the id alone.
    """

    id: int | None
    name: str | None
    type: int | None = None
    script_language: int | None = None
    account: str | None = None
    account_id: int | None = None
    timeout: int | None = None
    ignore_error: bool | None = None
    host_variable: str | None = None
    server: TargetServer | None = None


@dataclass(frozen=True)
class PlanDetail:
    """A plan with its variables and steps. C(summary) is what a list tells of it."""

    id: int
    name: str
    variables: tuple[PlanVariable, ...] = ()
    steps: tuple[PlanStep, ...] = ()
    summary: PlanSummary | None = None

    def __str__(self) -> str:
        return f"plan {self.id} ({self.name})"

    def variable(self, *, id: int | None = None, name: str | None = None) -> PlanVariable | None:
        """The variable that JOB takes a value for: by its id alone if there is one, else by its exact name."""
        if id is not None:
            return next((variable for variable in self.variables if variable.id == id), None)
        return next((variable for variable in self.variables if variable.name == name), None)


@dataclass(frozen=True)
class ScriptRisk:
    """What JOB says about one line of a script: C(warning) is a matter of style, C(error) and C(fatal) are not."""

    line: int | None
    level: str
    description: str
