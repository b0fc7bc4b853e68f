# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Requests of API v3 that send files (JOB API: fast_transfer_file, push_config_file).

Keys are in the order of the platform's own documents, for easy comparison.
"""

from __future__ import annotations

from ...models.launch import FileLaunch, FileSource
from ..calls import without_none
from ..shared_requests import file_contents, scope_pair
from .request_parts import rolling_config, target_server

# Kinds of file sources (JOB API: file_type).
_SERVER_FILES, _THIRD_PARTY_FILES = 1, 3


def transfer_file(launch: FileLaunch) -> dict[str, object]:
    """Return the parameters of C(fast_transfer_file), for files on hosts or in a file source."""
    return without_none(
        {
            **scope_pair(launch.scope),
            "task_name": launch.task_name,
            "file_source_list": [_source(source) for source in launch.sources],
            "file_target_path": launch.file_target_path,
            "file_target_name": launch.file_target_name,
            "transfer_mode": launch.transfer_mode,
            "account_alias": launch.account_alias,
            "account_id": launch.account_id,
            "target_server": target_server(launch.target),
            "timeout": launch.timeout,
            "upload_speed_limit": launch.upload_speed_limit,
            "download_speed_limit": launch.download_speed_limit,
            "callback_url": launch.callback_url,
            "rolling_config": rolling_config(launch.rolling_config),
        }
    )


def push_config_file(launch: FileLaunch) -> dict[str, object]:
    """Return the parameters of C(push_config_file), for files whose content is in the task."""
    return without_none(
        {
            **scope_pair(launch.scope),
            "task_name": launch.task_name,
            "file_list": file_contents(launch),
            "file_target_path": launch.file_target_path,
            "account_alias": launch.account_alias,
            "account_id": launch.account_id,
            "target_server": target_server(launch.target),
            "callback_url": launch.callback_url,
        }
    )


def _source(source: FileSource) -> dict[str, object]:
    if source.server is None:
        return without_none(
            {
                "file_list": list(source.files),
                "file_type": _THIRD_PARTY_FILES,
                "file_source_id": source.file_source_id,
                "file_source_code": source.file_source_code,
            }
        )
    return {
        "file_list": list(source.files),
        "file_type": _SERVER_FILES,
        "account": {"alias": source.account_alias},
        "server": target_server(source.server),
    }
