# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CMDB of the simulator: scopes, hosts, modules and sets, dynamic groups, accounts.

JOB API: targets are resolved when a job is launched; one invalid host fails the whole request.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .errors import JobError

MAX_TARGETS = 50_000
"""JOB API: a script step takes at most 50 000 targets."""


@dataclass(frozen=True)
class Scope:
    """A business, a business set or a tenant set."""

    type: str
    id: str
    name: str

    @property
    def ref(self) -> str:
        """Return the scope as text, such as biz:2."""
        return f"{self.type}:{self.id}"


NO_SCOPE = Scope("", "", "")
"""Scope of calls without a scope."""


@dataclass(frozen=True, slots=True)
class Host:
    """A machine. The first of its scopes is its home; one without IPv4 address has an empty ip."""

    id: int
    cloud_id: int
    ip: str
    name: str
    scopes: tuple[str, ...]
    agent_up: bool
    nodes: frozenset[str]
    agent_missing: bool = False
    """JOB API: a host without any agent differs from one whose agent is down."""
    ipv6: str | None = None
    allowed_in: tuple[str, ...] = ()
    """Scopes that may use the host although it belongs to another."""
    named_agent: str | None = None

    @property
    def agent_id(self) -> str | None:
        """JOB API: agents of the older kind are named after cloud area and address."""
        return None if self.agent_missing else self.named_agent or f"{self.cloud_id}:{self.ip or self.ipv6}"

    @property
    def cloud_name(self) -> str:
        """Return the name of the cloud area; an inventory has only its id."""
        return "default area" if self.cloud_id == 0 else f"area {self.cloud_id}"


@dataclass(frozen=True)
class DynamicGroup:
    """A named set of hosts, resolved at every launch."""

    id: str
    scopes: tuple[str, ...]
    hosts: tuple[int, ...]


@dataclass(frozen=True)
class Account:
    """An operating-system (category 1) or database (category 2) account."""

    id: int
    alias: str
    account: str
    scopes: tuple[str, ...]
    category: int
    type: int


@dataclass(frozen=True)
class Target:
    """Targets of a request, before they are resolved.

    JOB API: static hosts, groups and topology nodes are united; addresses are used only without host ids.
    """

    host_ids: tuple[int, ...] = ()
    ips: tuple[tuple[int, str], ...] = ()
    groups: tuple[str, ...] = ()
    nodes: tuple[tuple[str, int], ...] = ()

    both: bool = False
    """JOB API: v4 allows both per host, so there ids do not override addresses."""

    @property
    def empty(self) -> bool:
        """Return whether there is no target at all."""
        return not (self.host_ids or self.ips or self.groups or self.nodes)


@dataclass
class _Findings:
    hosts: dict[int, Host] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def add(self, hosts: Iterable[Host]) -> None:
        for host in hosts:
            self.hosts.setdefault(host.id, host)


class Cmdb:
    """All objects of the CMDB."""

    def __init__(
        self,
        scopes: Iterable[Scope],
        hosts: Iterable[Host],
        groups: Iterable[DynamicGroup],
        accounts: Iterable[Account],
    ) -> None:
        self._scopes = {scope.ref: scope for scope in scopes}
        self._hosts = {host.id: host for host in hosts}
        self._groups = list(groups)
        self._accounts = {account.id: account for account in accounts}
        self._by_ip: dict[tuple[int, str], list[Host]] = {}
        for host in self._hosts.values():
            if host.ip:
                self._by_ip.setdefault((host.cloud_id, host.ip), []).append(host)

    def scope(self, kind: str, ident: str) -> Scope | None:
        """Return the scope of a type and id, if it exists."""
        return self._scopes.get(f"{kind}:{ident}")

    def host(self, host_id: int) -> Host | None:
        """Return the host of an id, if it exists."""
        return self._hosts.get(host_id)

    def host_at(self, scope: Scope, cloud_id: int, ip: str) -> Host | None:
        """Return the host of an address; if hosts share one, the scope's own host comes first."""
        return min(
            self._by_ip.get((cloud_id, ip), ()),
            key=lambda host: (host.scopes[0] != scope.ref, scope.ref not in host.scopes, host.id),
            default=None,
        )

    def account(self, account_id: int) -> Account | None:
        """JOB API: an account id is not restricted to the scope."""
        return self._accounts.get(account_id)

    def accounts(self, scope: Scope) -> list[Account]:
        """Return all accounts of a scope, in the inventory's order."""
        return [account for account in self._accounts.values() if scope.ref in account.scopes]

    def account_named(self, scope: Scope, alias: str) -> Account | None:
        """JOB API: an alias is that of one of the scope's system accounts."""
        for account in self._accounts.values():
            if account.alias == alias and account.category == 1 and scope.ref in account.scopes:
                return account
        return None

    def resolve(
        self, scope: Scope, targets: Sequence[Target], most: int | None = MAX_TARGETS
    ) -> list[tuple[Host, ...]]:
        """Expand targets to hosts, all or nothing.

        JOB API: unknown hosts are reported together (1244030), then those of other scopes (1244002);
        an agent that is down is not an error.
        """
        found = [self._expand(scope, target) for target in targets]
        unknown = [name for findings in found for name in findings.unknown]
        if unknown:
            raise JobError(1244030, ", ".join(dict.fromkeys(unknown)))
        foreign = {
            host.id: host
            for findings in found
            for host in findings.hosts.values()
            if scope.ref not in (*host.scopes, *host.allowed_in)
        }
        if foreign:
            names = ", ".join(f"{host.cloud_id}:{host.ip}" for host in foreign.values())
            raise JobError(1244002, f"{scope.name}, {len(foreign)}, {names}")
        for findings in found:
            if most is not None and len(findings.hosts) > most:
                raise JobError(1244022, str(most))
        return [tuple(findings.hosts.values()) for findings in found]

    def _expand(self, scope: Scope, target: Target) -> _Findings:
        findings = _Findings()
        for host_id in target.host_ids:
            self._add(findings, self._hosts.get(host_id), f"(host_id:{host_id})")
        if target.both or not target.host_ids:
            for cloud_id, ip in target.ips:
                self._add(findings, self.host_at(scope, cloud_id, ip), f"(ip:{cloud_id}:{ip})")
        for group in target.groups:
            findings.add(self._group_hosts(scope, group))
        for kind, ident in target.nodes:
            findings.add(self._node_hosts(scope, kind, ident))
        return findings

    @staticmethod
    def _add(findings: _Findings, host: Host | None, name: str) -> None:
        if host is None:
            findings.unknown.append(name)
        else:
            findings.add([host])

    def _group_hosts(self, scope: Scope, ident: str) -> list[Host]:
        # JOB API: the old form "business:group" is accepted, the business part is dropped.
        bare = ident.rpartition(":")[2]
        for group in self._groups:
            if group.id == bare and scope.ref in group.scopes:
                return [self._hosts[host_id] for host_id in group.hosts]
        raise JobError(1211003, bare)

    def _node_hosts(self, scope: Scope, kind: str, ident: int) -> list[Host]:
        inside = [host for host in self._hosts.values() if scope.ref in host.scopes]
        if f"{kind}:{ident}" == scope.ref:
            return inside
        return [host for host in inside if f"{kind}:{ident}" in host.nodes]
