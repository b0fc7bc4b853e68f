# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launch of a file task, the same for all calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .call_context import Context, Params
from .cmdb import Account, Host, Target
from .errors import JobError
from .file_sources import FileSource
from .instances import JobInstance
from .launch_checks import DEFAULT_TIMEOUT, begin_run, check_column, check_quota, create_run, reject_as_configured
from .rolling_batches import (
    ASK,
    GO_ON,
    OVER_SOURCES,
    STOP_AT_FAILURE,
    Rolling,
    check_waits,
    parallel,
    plan,
)
from .run_manager import StepSpec
from .source_batches import Batch, one_batch, source_batches
from .step_work import JOB_HOST, SERVER_FILE, THIRD_PARTY_FILE, Source, Transfer

MAX_FILE_TASKS = 100_000
"""JOB API: at most so many files, counted for each source host and each target."""


@dataclass(frozen=True)
class AccountName:
    """An account by its id, which overrides the alias."""

    id: int | None
    alias: str | None

    def __str__(self) -> str:
        """Return the text for messages and rejections."""
        return str(self.alias if self.id is None else self.id)


@dataclass(frozen=True)
class SourceRequest:
    """One validated source, before its hosts and account are looked up."""

    kind: int
    paths: tuple[str, ...]
    target: Target | None = None
    account: AccountName | None = None
    file_source_id: int | None = None
    file_source: FileSource | None = None
    content: bytes = b""


@dataclass(frozen=True)
class FileRequest:
    """A validated request, the same for all calls."""

    name: str
    sources: tuple[SourceRequest, ...]
    target: Target
    account: AccountName
    target_path: str
    timeout: int = DEFAULT_TIMEOUT
    target_name: str | None = None
    strict: bool = False
    upload_limit: int | None = None
    download_limit: int | None = None
    rolling: Params | None = None
    start: bool = True
    callback_url: str | None = None


def launch(context: Context, request: FileRequest) -> JobInstance:
    """Launch: from the accounts to the run."""
    with context.inventory.settings.quotas.turn():
        return _admitted(context, request)


def _admitted(context: Context, request: FileRequest) -> JobInstance:
    """JOB API: checks in this order: rolling, quotas, accounts, hosts, limit, permissions."""
    reject_as_configured(context, task_name=request.name, account=str(request.account))
    if request.rolling is not None:
        if parallel(request.rolling) and request.rolling["type"] == OVER_SOURCES:
            raise JobError(1241012, "rolling_config.execution_mode")
        check_waits(request.rolling)
    check_quota(context)
    account = _account(context, request.account)
    accounts = _source_accounts(context, request)
    hosts, *source_hosts = _hosts(context, request)
    tasks = sum(len(found) * len(one.paths) for one, found in zip(request.sources, source_hosts, strict=True))
    if tasks * len(hosts) > MAX_FILE_TASKS:
        raise JobError(1244021)
    context.require("quick_transfer_file")
    used = (found for one, found in zip(request.sources, accounts, strict=True) if one.account and found)
    for one in dict.fromkeys((account, *used)):
        context.require("use_account", (str(one.id), one.alias))
    for text in (request.target_path, request.target_name):
        check_column(text)
    return _created(context, request, hosts, _transfer(request, account, _sources(request, source_hosts, accounts)))


def _created(context: Context, request: FileRequest, hosts: tuple[Host, ...], transfer: Transfer) -> JobInstance:
    early = _rolling(request, len(hosts), 1) if request.rolling and parallel(request.rolling) else None
    spec = StepSpec(-1, request.name, hosts=hosts, transfer=transfer)
    job = create_run(context, request.name, [spec], callback_url=request.callback_url)
    # JOB API: a serial expression is parsed after the instance was created; an invalid one leaves it in state 1.
    job.steps[0].rolling = early or _rolling(request, len(hosts), len(transfer.batches))
    if request.start:
        begin_run(context, job)
    return job


def _transfer(request: FileRequest, account: Account, sources: tuple[Source, ...]) -> Transfer:
    return Transfer(
        sources,
        _batches(request, sources),
        request.target_path,
        request.timeout,
        account,
        request.target_name,
        request.strict,
        request.upload_limit,
        request.download_limit,
    )


def _account(context: Context, name: AccountName) -> Account:
    cmdb = context.inventory.cmdb
    found = cmdb.account(name.id) if name.id is not None else cmdb.account_named(context.scope, name.alias or "")
    if found is None:
        raise JobError(1244003, str(name))
    return found


def _root(context: Context) -> Account | None:
    """Return the account that JOB needs to send third-party files, whatever its alias."""
    accounts = context.inventory.cmdb.accounts(context.scope)
    return next((one for one in accounts if (one.account, one.category) == ("root", 1)), None)


def _source_accounts(context: Context, request: FileRequest) -> list[Account | None]:
    """Return the account of each source.

    JOB API: for a source whose account is an id, the id of the target's account is looked up in its place: without one
    the launch is refused. Accounts by id share one place in a cache, so all have the account of the first.
    """
    found: list[Account | None] = []
    first: Account | None = None
    for source in request.sources:
        if source.account is None:
            found.append(_root(context) if source.kind == THIRD_PARTY_FILE else None)
        elif source.account.id is None:
            found.append(_account(context, source.account))
        else:
            if request.account.id is None:
                raise JobError(1244003, "ID=null")
            first = first or context.inventory.cmdb.account(source.account.id)
            found.append(first)
    return found


def _hosts(context: Context, request: FileRequest) -> list[tuple[Host, ...]]:
    """Return the targets, and the hosts of each source. JOB API: unknown hosts of all of them are reported together."""
    wanted = [request.target, *(source.target or Target() for source in request.sources)]
    found = context.inventory.cmdb.resolve(context.scope, wanted, most=None)
    if not found[0]:
        raise JobError(1244028, request.name)
    for source, hosts in zip(request.sources, found[1:], strict=True):
        if source.kind == SERVER_FILE and not hosts:
            raise JobError(1244029)
    return [hosts or (JOB_HOST,) for hosts in found]


def _sources(
    request: FileRequest, hosts: Sequence[tuple[Host, ...]], accounts: Sequence[Account | None]
) -> tuple[Source, ...]:
    return tuple(
        Source(one.kind, one.paths, found, account, one.file_source_id, one.file_source, one.content)
        for one, found, account in zip(request.sources, hosts, accounts, strict=True)
    )


def _batches(request: FileRequest, sources: Sequence[Source]) -> tuple[Batch, ...]:
    if request.rolling is None or request.rolling["type"] != OVER_SOURCES:
        return one_batch(sources)
    return source_batches(sources, request.rolling["file_source"])


def _rolling(request: FileRequest, hosts: int, batches: int) -> Rolling | None:
    if request.rolling is None:
        return None
    if request.rolling["type"] != OVER_SOURCES:
        return plan(request.rolling, hosts)
    mode = request.rolling["mode"] if request.rolling["mode"] in (GO_ON, ASK) else STOP_AT_FAILURE
    return Rolling(mode, (hosts,) * batches, over_sources=True)
