# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Job plans with their variables and steps, and JOB's check results for a script."""

from __future__ import annotations

from typing import NamedTuple

from .launch import TargetServer

# Hint for a plan that does not exist.
PLAN_NOT_FOUND_HINT = "Check job_plan_id and the scope: bk_job_plan_info lists the plans of a scope."

# Types of global variables. A variable of any other type accepts every value.
STRING, NAMESPACE, HOST, CIPHER = "string", "namespace", "host", "cipher"
ASSOCIATIVE_ARRAY, INDEXED_ARRAY = "associative_array", "indexed_array"
# The value of an account variable is the id of an account, as text.
ACCOUNT = "account"

# Text that JOB returns in place of the value of a cipher.
CIPHER_MASK = "******"


class PlanSummary(NamedTuple):
    """A plan as returned in lists. Names are unique only within a template, which some API generations omit.

    Times are ISO 8601. C(need_update) is true if the template was changed after the plan was made from it.
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


class PlanPage(NamedTuple):
    """A page of the plans of a scope, and their total (None if the response has none)."""

    plans: tuple[PlanSummary, ...]
    total: int | None = None


class PlanFilter(NamedTuple):
    """Filters for plans, the maximum C(limit), and whether to read steps and variables."""

    job_plan_id: int | None = None
    name: str | None = None
    exact_name: bool = True
    template_id: int | None = None
    details: bool = True
    limit: int = 50


class PlanVariable(NamedTuple):
    """A global variable of a plan, with its default: text, or hosts. Of a cipher only the mask is kept.

    C(kind) is one of the types above, or C(unknown_<n>). C(required) and C(used) are None if the API does not return
    them.
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


class PlanStep(NamedTuple):
    """A step of a plan. It runs on the hosts of C(host_variable), or on C(server); C(timeout) is in seconds.

    C(type) and C(script_language) are JOB's codes; None if the API does not return them or they do not apply.
    C(account) is an alias. v3 returns only the id.
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


class PlanDetail(NamedTuple):
    """A plan with its variables and steps. C(summary) is its entry in lists."""

    id: int
    name: str
    variables: tuple[PlanVariable, ...] = ()
    steps: tuple[PlanStep, ...] = ()
    summary: PlanSummary | None = None

    def __str__(self) -> str:
        return f"plan {self.id} ({self.name})"

    def variable(self, *, id: int | None = None, name: str | None = None) -> PlanVariable | None:
        """Return the variable that JOB assigns a value to: by its id if there is one, else by its exact name."""
        if id is not None:
            return next((variable for variable in self.variables if variable.id == id), None)
        return next((variable for variable in self.variables if variable.name == name), None)


class ScriptRisk(NamedTuple):
    """JOB's check result for one line of a script (JOB API: check_script).

    Of the levels, C(warning) is about style, C(error) and C(fatal) are not.
    """

    line: int | None
    level: str
    description: str
