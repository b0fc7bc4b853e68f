# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state file of an event source: old or new after a kill at any moment, and never that of another source."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.errors import InvalidTask
from ansible_collections.blueking.job.plugins.plugin_utils.event_source import checkpoint as checkpoint_module
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.checkpoint import Checkpoint
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.options import read_source_options
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.watch import KnownRun, Watch

ARGS: dict[str, object] = {
    "api_url": "https://job.example.com",
    "bk_app_code": "shop",
    "bk_app_secret": "planted-secret",
    "bk_username": "admin",
    "bk_scope_id": "2",
}
FIRST = KnownRun(20000000001, 1_700_000_000_000, 3, 1, ("3@2023-11-14T22:15:00Z",))
SECOND = KnownRun(20000000002, 1_700_000_060_000, 2, 1)


class Killed(BaseException):
    """The process ends here: nothing catches it."""


def checkpoint(path: Path, **changes: object) -> Checkpoint:
    return Checkpoint(path, read_source_options({**ARGS, **changes}, {}).options)


def watch(*runs: KnownRun) -> Watch:
    return Watch(
        frozenset({3, 4}), 86_400_000, 600_000, {run.job_instance_id: run for run in runs}, 1_700_000_100_000, 17
    )


def loaded(path: Path, **changes: object) -> Watch:
    found = watch()
    found.polled_ms, found.floor_ms = None, 0
    checkpoint(path, **changes).load(found)
    return found


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state file with one run."""
    path = tmp_path / "runs.state"
    checkpoint(path).save(watch(FIRST))
    return path


def test_what_is_saved_is_loaded_and_only_its_owner_may_read_it(state: Path) -> None:
    assert loaded(state) == watch(FIRST)
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert "planted-secret" not in state.read_text("ascii")
    assert [path.name for path in state.parent.iterdir()] == ["runs.state"]


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert loaded(tmp_path / "none").polled_ms is None


def kill(*_given: Any, **_options: Any) -> Any:
    raise Killed


class HalfWritten:
    """A file of which the first half gets written before the process ends."""

    def __init__(self, descriptor: int, *_given: object, **_options: object) -> None:
        self._descriptor = descriptor

    def __enter__(self) -> HalfWritten:
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._descriptor)

    def write(self, data: bytes) -> int:
        os.write(self._descriptor, data[: len(data) // 2])
        raise Killed


@pytest.mark.parametrize(
    ("step", "replacement"),
    [
        ("os.open", kill),
        ("os.fchmod", kill),
        ("os.fdopen", HalfWritten),
        ("os.fsync", kill),
        ("Path.replace", kill),
        ("_sync_directory", kill),
    ],
)
def test_a_kill_at_any_step_of_a_write_leaves_the_old_file_or_the_new_one(
    state: Path, monkeypatch: pytest.MonkeyPatch, step: str, replacement: Callable[..., Any]
) -> None:
    holder, _dot, name = step.rpartition(".")
    with monkeypatch.context() as patch:
        patch.setattr(getattr(checkpoint_module, holder) if holder else checkpoint_module, name, replacement)
        with pytest.raises(Killed):
            checkpoint(state).save(watch(FIRST, SECOND))
    expected = watch(FIRST, SECOND) if step == "_sync_directory" else watch(FIRST)
    assert loaded(state) == expected
    # What is left of that write does not disturb the next one.
    checkpoint(state).save(watch(SECOND))
    assert loaded(state) == watch(SECOND)
    assert [path.name for path in state.parent.iterdir()] == ["runs.state"]


def test_a_write_that_the_system_does_in_pieces_is_complete(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Pieces(HalfWritten):
        def write(self, data: bytes) -> int:
            return os.write(self._descriptor, data[:7])

    monkeypatch.setattr(checkpoint_module.os, "fdopen", Pieces)
    checkpoint(state).save(watch(FIRST, SECOND))
    monkeypatch.undo()
    assert loaded(state) == watch(FIRST, SECOND)


def _cut(text: str) -> str:
    return text[:-10]


def _without_last_run(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[:-1])


def _other_format(text: str) -> str:
    return text.replace('"format": 1', '"format": 2')


def _text_as_id(text: str) -> str:
    return text.replace("[20000000001,", '["20000000001",')


def _number_as_end(text: str) -> str:
    return text.replace('"3@2023-11-14T22:15:00Z"', "3")


@pytest.mark.parametrize(
    "damage",
    [
        _cut,
        _without_last_run,
        _other_format,
        _text_as_id,
        _number_as_end,
        lambda _text: "",
        lambda _text: "\n",
        lambda _text: "[]\n",
        lambda _text: "null\n",
        lambda _text: "[" * 100_000,
        lambda text: text.replace("1700000100000", "1e999"),
        lambda _text: "\ud800",
    ],
)
def test_a_damaged_file_is_rejected_and_left_as_it_is(state: Path, damage: Callable[[str], str]) -> None:
    text = damage(state.read_text("ascii"))
    data = text.encode("utf-8", "surrogatepass")
    state.write_bytes(data)
    with pytest.raises(InvalidTask) as raised:
        loaded(state)
    (error,) = raised.value.errors
    assert error.startswith(f"state_file: '{state}' ")
    assert "is damaged or not a state file of blueking.job.job_runs" in error
    assert state.read_bytes() == data


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"api_url": "https://other.example.com"}, "api_url"),
        ({"bk_scope_id": "3"}, "bk_scope_id"),
        ({"status": ["failed"]}, "status"),
        ({"name": "nightly", "name_match": "contains"}, "name, name_match"),
        ({"operator": "admin"}, "operator"),
        ({"type": "script"}, "type"),
        ({"launch_mode": "api"}, "launch_mode"),
    ],
)
def test_the_file_of_another_source_is_rejected(state: Path, changes: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidTask) as raised:
        loaded(state, **changes)
    assert f"belongs to a source with another {named}; name another file" in raised.value.errors[0]


def test_other_credentials_and_intervals_continue_with_the_file(state: Path) -> None:
    assert loaded(state, bk_username="other", interval=60, window=3600) == watch(FIRST)


def test_a_file_that_cannot_be_written_is_noticed_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "directory" / "runs.state"
    path.parent.mkdir()
    found = checkpoint(path)
    path.parent.rmdir()
    with pytest.raises(InvalidTask) as raised:
        found.check_writable(watch())
    assert raised.value.errors == [f"state_file: '{path}' cannot be written: No such file or directory"]


def test_a_link_in_place_of_the_temporary_file_is_not_followed(state: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious", encoding="utf-8")
    (tmp_path / ".runs.state.new").symlink_to(victim)
    with pytest.raises(InvalidTask, match="cannot be written"):
        checkpoint(state).check_writable(watch())
    assert victim.read_text("utf-8") == "precious"


def test_each_run_is_one_line(state: Path) -> None:
    checkpoint(state).save(watch(FIRST, SECOND))
    header, *runs = state.read_text("ascii").splitlines()
    assert json.loads(header)["runs"] == len(runs) == 2
