# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Requests of API v2 that send files (JOB API: fast_push_file, push_config_file)."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.launch import TRANSFER_MODES, FileLaunch, FileSource
from ..calls import without_none
from ..shared_requests import addresses, file_contents, other_fields, push_unsupported, scope_or_biz
from .request_parts import target_server

_USE_V3 = "use api_version v3 (fast_transfer_file), which supports it"
_LIST_ADDRESSES = f"{_USE_V3}; or list the hosts in ip_list"
# Fields of the launch that fast_push_file has, those with an advice of their own, and those that no request carries.
_PUSH_FILE_FIELDS = frozenset(
    ("scope", "target", "file_target_path", "sources", "timeout", "upload_speed_limit", "download_speed_limit")
    + ("account_alias", "task_name", "callback_url", "account_id", "transfer_mode", "unique_name", "unique_key")
)


def push_file(launch: FileLaunch) -> dict[str, object]:
    """Return the parameters of C(fast_push_file), for files on hosts."""
    return without_none(
        {
            **scope_or_biz(launch.scope),
            "task_name": launch.task_name,
            "file_target_path": launch.file_target_path,
            "file_source": [_source(source) for source in launch.sources],
            "account": launch.account_alias,
            "target_server": target_server(launch.target),
            "timeout": launch.timeout,
            "upload_speed_limit": launch.upload_speed_limit,
            "download_speed_limit": launch.download_speed_limit,
            "bk_callback_url": launch.callback_url,
        }
    )


def push_config_file(launch: FileLaunch) -> dict[str, object]:
    """Return the parameters of C(push_config_file); it ignores C(target_server), so the hosts are addresses."""
    return without_none(
        {
            **scope_or_biz(launch.scope),
            "task_name": launch.task_name,
            "file_target_path": launch.file_target_path,
            "file_list": file_contents(launch),
            "account": launch.account_alias,
            "ip_list": addresses(launch.target),
        }
    )


def files_unsupported(launch: FileLaunch) -> list[tuple[str, str]]:
    """Return the given options that v2 does not support: (option, advice)."""
    found = [("account_id", f"{_USE_V3}; or use account_alias")] if launch.account_id is not None else []
    if launch.target.host_ids:
        found.append(("target_server.host_id_list", _LIST_ADDRESSES))
    return found + (_push_config_unsupported(launch) if launch.contents else list(_push_file_unsupported(launch)))


def _source(source: FileSource) -> dict[str, object]:
    return without_none(
        {
            "files": list(source.files),
            "account": source.account_alias,
            "target_server": None if source.server is None else target_server(source.server),
        }
    )


def _push_config_unsupported(launch: FileLaunch) -> list[tuple[str, str]]:
    found = push_unsupported(launch)
    advice = "use api_version v3, whose push_config_file supports it"
    for name, given in (
        ("target_server.dynamic_group_list", launch.target.dynamic_groups),
        ("target_server.topo_node_list", launch.target.topo_nodes),
        ("callback_url", launch.callback_url),
    ):
        if given:
            found.append((name, advice if name == "callback_url" else f"{advice}; or list the hosts in ip_list"))
    return found


def _push_file_unsupported(launch: FileLaunch) -> Iterator[tuple[str, str]]:
    for name in other_fields(launch, _PUSH_FILE_FIELDS):
        yield name, _USE_V3
    if launch.transfer_mode == TRANSFER_MODES["strict"]:
        yield "transfer_mode", f"{_USE_V3}; v2 always creates a missing directory"
    first_account = next((source.account_alias for source in launch.sources if source.account_alias), None)
    for position, source in enumerate(launch.sources):
        yield from _source_unsupported(f"file_source_list[{position}]", source, first_account)


def _source_unsupported(path: str, source: FileSource, first_account: str | None) -> Iterator[tuple[str, str]]:
    for name in ("file_source_id", "file_source_code"):
        if getattr(source, name) is not None:
            yield f"{path}.{name}", _USE_V3
    if source.server is not None and source.server.host_ids:
        yield f"{path}.server.host_id_list", _LIST_ADDRESSES
    if source.account_alias not in (None, first_account):
        yield f"{path}.account_alias", "v2 reads all sources with the account of the first; use v3, or a task for each"
