# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Files to send: options, with current or legacy names, to a launch."""

from __future__ import annotations

from collections.abc import Iterator

from ..models.connection import Scope
from ..models.launch import TRANSFER_MODES, FileLaunch, FileSource
from ..models.rolling import RollingConfig
from .connection import read_callback_url
from .fast_launch import (
    BY_SOURCES,
    read_account,
    read_required_target,
    read_rolling,
    read_task_name,
    read_timeout,
)
from .file_checks import warn_about_files
from .file_contents import read_contents
from .reader import OptionReader
from .unique_key import read_unique_key

# Length (characters) of JOB's column; JOB reports a longer text as an internal error.
MAX_PATH_LENGTH = 512

_KINDS = ("file_source_list", "content_list")
_THIRD_PARTY = ("file_source_id", "file_source_code")


def read_file_launch(reader: OptionReader, scope: Scope, made_up_name: str) -> FileLaunch:
    """Return the launch; add problems to C(reader). C(made_up_name) is used if the task has neither name nor key."""
    _check_kinds(reader)
    account_alias, account_id = read_account(reader, "that writes the files")
    unique_key = read_unique_key(reader)
    mode = reader.choice("transfer_mode")
    launch = FileLaunch(
        scope=scope,
        target=read_required_target(reader, "target_server", "the hosts to send the files to"),
        file_target_path=(reader.text("file_target_path", required=True, maximum=MAX_PATH_LENGTH) or "").strip(),
        sources=tuple(_sources(reader)),
        contents=tuple(read_contents(reader)),
        file_target_name=reader.text("file_target_name", maximum=MAX_PATH_LENGTH),
        transfer_mode=None if mode is None else TRANSFER_MODES[mode],
        timeout=read_timeout(reader),
        upload_speed_limit=reader.integer("upload_speed_limit", minimum=1),
        download_speed_limit=reader.integer("download_speed_limit", minimum=1),
        account_alias=account_alias,
        account_id=account_id,
        task_name=read_task_name(reader, unique_key, FileLaunch.module) or made_up_name,
        unique_name=unique_key is None and not reader.present("task_name"),
        unique_key=unique_key,
        rolling_config=read_rolling(reader, by_sources=True),
        callback_url=read_callback_url(reader),
    )
    _check_sources(reader, launch.sources, launch.rolling_config)
    if launch.file_target_name is not None and sum(len(source.files) for source in launch.sources) > 1:
        reader.add_error(
            "file_target_name",
            "is for one file, but file_source_list has several: they would get one name; omit it, or send one file",
        )
    warn_about_files(launch, reader.problems)
    return launch


def _check_kinds(reader: OptionReader) -> None:
    """Check that exactly one option names files."""
    present = reader.present(*_KINDS)
    if not present:
        reader.add_error("file_source_list", "is required (or content_list): the files to send")
    elif len(present) > 1:
        reader.add_error("content_list", "is mutually exclusive with file_source_list")
    elif not reader.items(present[0]) and not reader.problems.has_error(present[0]):
        reader.add_error(present[0], "contains no file")


def _sources(reader: OptionReader) -> Iterator[FileSource]:
    for source in reader.groups("file_source_list"):
        files = _files(source)
        third_party = source.present(*_THIRD_PARTY)
        if third_party:
            _reject_host_options(source, third_party[0])
            if len(third_party) > 1:
                reader.problems.warn(
                    f"{source.path('file_source_id')}: using file_source_id; ignoring file_source_code"
                )
            yield FileSource(
                files,
                file_source_id=source.integer("file_source_id", minimum=1),
                file_source_code=source.text("file_source_code") if third_party == ["file_source_code"] else None,
            )
        else:
            yield FileSource(
                files,
                server=read_required_target(source, "server", "the hosts that have the files, or set file_source_id"),
                account_alias=source.text("account_alias", required=True),
            )


def _files(source: OptionReader) -> tuple[str, ...]:
    """Return the paths of one source, each once. API v2 does not trim them as v3 does."""
    paths = []
    for path, value in source.items("file_list") or ():
        if not isinstance(value, str) or not value.strip():
            source.problems.add_error(path, "must be the path of a file")
        else:
            paths.append(value.strip())
    if not source.items("file_list") and not source.problems.has_error(source.path("file_list")):
        source.add_error("file_list", "is required: the paths of the files")
    return tuple(dict.fromkeys(paths))


def _reject_host_options(source: OptionReader, third_party: str) -> None:
    for name in source.present("server", "ip_list", "custom_query_id", "account_alias"):
        source.add_error(name, f"is mutually exclusive with {third_party}: JOB itself reads a file source")


def _check_sources(reader: OptionReader, sources: tuple[FileSource, ...], rolling: RollingConfig | None) -> None:
    if rolling is not None and rolling.type == BY_SOURCES and any(source.is_third_party for source in sources):
        reader.add_error("rolling_config.type", "sources requires files on hosts in all of file_source_list")
