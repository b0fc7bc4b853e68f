# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Catalog: scripts with their versions, and job plans with variables and steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .cmdb import Account, Scope, Target
from .confirmers import Confirmers
from .errors import JobError
from .script_origin import OWN_SCRIPT, PUBLIC_SCRIPT, REFERENCED_SCRIPT, Origin

DRAFT, ONLINE, OFFLINE, DISABLED = 0, 1, 2, 3
STRING, NAMESPACE, HOST_LIST, CIPHER, ASSOCIATIVE_ARRAY, INDEXED_ARRAY, ACCOUNT = 1, 2, 3, 4, 5, 6, 7
MASK = "******"
PUBLIC = "public"
"""Value for the scope of a script that every scope may run."""


@dataclass(frozen=True)
class ScriptVersion:
    """One state of a script. JOB API: only online and offline versions run; drafts and disabled ones do not."""

    id: int
    script_id: str
    version: str
    status: int
    language: int
    content: str

    @property
    def runnable(self) -> bool:
        """Return whether a fast task may run it."""
        return self.status in (ONLINE, OFFLINE)


@dataclass(frozen=True)
class Script:
    """A script of one scope, with its versions."""

    id: str
    name: str
    scope: str
    language: int
    versions: tuple[ScriptVersion, ...]
    creator: str
    description: str

    @property
    def online(self) -> ScriptVersion | None:
        """JOB API: of a script's versions at most one is online."""
        return next((version for version in self.versions if version.status == ONLINE), None)


@dataclass(frozen=True)
class Variable:
    """A global variable of a plan: hosts, or a text of some type."""

    id: int
    name: str
    type: int
    required: bool
    description: str
    value: str | None
    target: Target | None


@dataclass(frozen=True)
class PlanStep:
    """A script step, or a step that waits for a user's confirmation."""

    id: int
    name: str
    confirm: bool
    message: str
    language: int
    content: str
    script_version: int | None
    param: str
    param_sensitive: bool
    timeout: int
    account: str | None
    variable: str | None
    target: Target | None
    ignore_error: bool
    confirmers: Confirmers = Confirmers()


@dataclass(frozen=True)
class Plan:
    """A job plan: a name, variables and steps."""

    id: int
    name: str
    scope: str
    template_id: int
    creator: str
    created: int
    modified: int
    modified_by: str
    variables: tuple[Variable, ...]
    steps: tuple[PlanStep, ...]

    def uses(self, variable: Variable) -> bool:
        """Return whether any step uses the variable, as its target or in its texts."""
        return bool(self.steps_with(variable))

    def steps_with(self, variable: Variable) -> list[int]:
        """Return the ids of the steps that use the variable."""
        name = variable.name
        if variable.type == HOST_LIST:
            return [step.id for step in self.steps if step.variable == name]
        marks = (f"${{{name}}}", f"${name}", f"${{{name}[")
        return [step.id for step in self.steps if any(mark in step.content + step.param for mark in marks)]


class Catalog:
    """Scripts and plans by their ids."""

    def __init__(self, scripts: Iterable[Script], plans: Iterable[Plan]) -> None:
        self._scripts = {script.id: script for script in scripts}
        self._versions = {version.id: version for script in self._scripts.values() for version in script.versions}
        self._plans = {plan.id: plan for plan in plans}

    def plan(self, scope: Scope, plan_id: int, missing: int) -> Plan:
        """Return a plan of the scope, or raise the error with the code of the calling function."""
        plan = self._plans.get(plan_id)
        if plan is None or plan.scope != scope.ref:
            raise JobError(missing)
        return plan

    def plans(self, scope: Scope) -> list[Plan]:
        """Return all plans of a scope, in the inventory's order."""
        return [plan for plan in self._plans.values() if plan.scope == scope.ref]

    def template_of(self, plan_id: int) -> int:
        """Return the template of a plan. JOB API: for a run without plan it is -1 as well."""
        plan = self._plans.get(plan_id)
        return plan.template_id if plan else -1

    def step(self, plan_id: int, step_id: int) -> PlanStep | None:
        """Return a step of a plan, if it exists."""
        plan = self._plans.get(plan_id)
        return next((step for step in plan.steps if step.id == step_id), None) if plan else None

    def name_of(self, version: ScriptVersion) -> tuple[str, str]:
        """Return the id and the name of the script that a version belongs to."""
        return version.script_id, self._scripts[version.script_id].name

    def origin(self, version: ScriptVersion | None, account: Account | None, sensitive: bool) -> Origin:
        """Return the source of a step's script and its account."""
        ident, name = (account.id, account.account) if account else (None, None)
        if version is None:
            return Origin(OWN_SCRIPT, None, None, ident, name, sensitive)
        public = self._scripts[version.script_id].scope == PUBLIC
        source = PUBLIC_SCRIPT if public else REFERENCED_SCRIPT
        return Origin(source, version.script_id, version.id, ident, name, sensitive)

    def any_version(self, version_id: int) -> ScriptVersion | None:
        """Return a script version, whatever its scope and state."""
        return self._versions.get(version_id)

    def version(self, scope: Scope, version_id: int) -> ScriptVersion:
        """JOB API: a version of another scope's script does not exist; its state is checked afterwards."""
        version = self._versions.get(version_id)
        if version is None or self._scripts[version.script_id].scope not in (scope.ref, PUBLIC):
            raise JobError(1243001)
        if not version.runnable:
            raise JobError(1244018)
        return version

    def online_version(self, scope: Scope, script_id: str) -> ScriptVersion:
        """JOB API: a script id runs the online version; a script without one counts as missing."""
        script = self._scripts.get(script_id)
        if script is None or script.scope not in (scope.ref, PUBLIC) or script.online is None:
            raise JobError(1243001)
        return script.online

    def script(self, script_id: str) -> Script | None:
        """Return the script of an id, whatever its scope."""
        return self._scripts.get(script_id)

    def scripts(self, home: str) -> list[Script]:
        """Return all scripts of a scope, or the public ones, in the inventory's order."""
        return [script for script in self._scripts.values() if script.scope == home]
