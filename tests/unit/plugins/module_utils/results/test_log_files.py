# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs in files: their names, their modes, and what does not end up half written or somewhere else."""

from __future__ import annotations

import os
import resource
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.blueking.job.plugins.module_utils.common.paths import directory_problem
from ansible_collections.blueking.job.plugins.module_utils.models.run import HostKey
from ansible_collections.blueking.job.plugins.module_utils.results.log_files import LogDirectory
from ansible_collections.blueking.job.tests.unit.fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

HOST = HostKey(101, 0, "10.0.0.1")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_file_for_each_step_and_host_for_its_owner_alone(tmp_path: Path) -> None:
    place = tmp_path / "new" / "logs"
    folder = LogDirectory(str(place))
    path = folder.write(21, HOST, b"one\0\xff")
    assert path == str(place / "21-0-10.0.0.1.log")
    folder.write(22, HOST, b"two")
    folder.close()
    assert written(place) == {"21-0-10.0.0.1.log": b"one\0\xff", "22-0-10.0.0.1.log": b"two"}
    assert [mode(each) for each in (place.parent, place, *place.iterdir())] == [0o700, 0o700, 0o600, 0o600]


def test_what_the_system_takes_in_pieces_is_written_completely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    folder = LogDirectory(str(tmp_path))
    for number, text in enumerate((b"", b"abc", b"abcdefgh")):
        folder.write(number, HOST, text)
    folder.close()
    assert sorted(written(tmp_path).values()) == [b"", b"abc", b"abcdefgh"]


def test_nothing_is_made_before_the_first_log(tmp_path: Path) -> None:
    LogDirectory(str(tmp_path / "logs")).close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("host", "name"),
    [
        (HostKey(None, 0, "10.0.0.1"), "21-0-10.0.0.1.log"),
        (HostKey(101, 3, "10.0.0.1"), "21-3-10.0.0.1.log"),
        (HostKey(101, None, "10.0.0.1"), "21-10.0.0.1.log"),
        (HostKey(101, 0, None), "21-host-101.log"),
        (HostKey(None, None, None), "21-host.log"),
        (HostKey(101, 0, "fe80::1%eth0"), "21-0-fe80__1_eth0.log"),
        (HostKey(101, 0, "../../etc/passwd"), "21-0-.._.._etc_passwd.log"),
        (HostKey(101, 0, "/etc/passwd\0\n"), "21-0-_etc_passwd__.log"),
        (HostKey(101, 0, "x" * 5000), f"21-0-{'x' * 95}.log"),
        (HostKey(101, 0, "主机 \ud800"), "21-0-____.log"),
    ],
)
def test_names(host: HostKey, name: str, tmp_path: Path) -> None:
    assert LogDirectory(str(tmp_path)).write(21, host, b"") == str(tmp_path / name)


def test_no_host_gets_the_file_of_another(tmp_path: Path) -> None:
    folder = LogDirectory(str(tmp_path))
    hosts = [HostKey(n, 0, ip) for n, ip in enumerate(["a:b", "a_b", "A_B", "a_b", "a_b-2"])]
    paths = [Path(folder.write(21, host, str(host.bk_host_id).encode())) for host in hosts]
    assert [path.name for path in paths] == [
        f"21-0-{name}.log" for name in ("a_b", "a_b-2", "A_B-3", "a_b-4", "a_b-2-2")
    ]
    assert [path.read_bytes() for path in paths] == [b"0", b"1", b"2", b"3", b"4"]


def test_any_number_of_hosts_may_have_one_name(tmp_path: Path) -> None:
    """Comparing all the names before would take hours."""
    folder = LogDirectory(str(tmp_path))
    paths = {folder._name(21, HOST) for _number in range(50_000)}
    assert len(paths) == 50_000


@fuzz(60)
@given(st.lists(st.builds(HostKey, st.none() | st.integers(), st.none() | st.integers(), st.none() | st.text())))
def test_files_stay_in_their_directory_for_every_name_of_a_host(hosts: list[HostKey]) -> None:
    with tempfile.TemporaryDirectory() as above:
        place = Path(above, "logs")
        folder = LogDirectory(str(place))
        paths = [Path(folder.write(21, host, str(number).encode())) for number, host in enumerate(hosts)]
        folder.close()
        assert [path.read_text(encoding="ascii") for path in paths] == [str(number) for number in range(len(hosts))]
        assert [path.resolve().parent for path in paths] == [place.resolve()] * len(hosts)
        assert sum(len(files) for _folder, _folders, files in os.walk(above)) == len(hosts)


def test_an_older_file_is_replaced_and_a_link_is_not_followed(tmp_path: Path) -> None:
    place, victim = tmp_path / "logs", tmp_path / "victim"
    place.mkdir()
    victim.write_bytes(b"precious")
    (place / "21-0-10.0.0.1.log").symlink_to(victim)
    older = place / "22-0-10.0.0.1.log"
    older.write_bytes(b"older")
    older.chmod(0o644)
    folder = LogDirectory(str(place))
    for step in (21, 22):
        path = Path(folder.write(step, HOST, b"new"))
        assert not path.is_symlink()
        assert (path.read_bytes(), mode(path)) == (b"new", 0o600)
    assert victim.read_bytes() == b"precious"


def test_files_are_written_to_the_opened_directory(tmp_path: Path) -> None:
    """Also if its path points elsewhere meanwhile."""
    place, other = tmp_path / "logs", tmp_path / "other"
    other.mkdir()
    folder = LogDirectory(str(place))
    folder.write(21, HOST, b"1")
    place.rename(tmp_path / "moved")
    place.symlink_to(other)
    folder.write(22, HOST, b"2")
    assert len(written(tmp_path / "moved")) == 2
    assert written(other) == {}


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """The system lets a process write at most C(size) bytes into a file, as on a disk that is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    LogDirectory(str(tmp_path)).write(21, HOST, b"older")
    folder = LogDirectory(str(tmp_path))
    with file_size_limit(3), pytest.raises(OSError, match="too large"):
        folder.write(21, HOST, b"newer")
    assert written(tmp_path) == {"21-0-10.0.0.1.log": b"older"}


def test_a_folder_in_the_place_of_a_file_is_an_error_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "21-0-10.0.0.1.log").mkdir()
    with pytest.raises(OSError, match="irectory"):
        LogDirectory(str(tmp_path)).write(21, HOST, b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["21-0-10.0.0.1.log"]


def test_what_a_killed_task_left_is_not_an_obstacle(tmp_path: Path) -> None:
    (tmp_path / f".21-0-10.0.0.1.log.{os.getpid()}").write_bytes(b"half")
    LogDirectory(str(tmp_path)).write(21, HOST, b"whole")
    assert written(tmp_path) == {"21-0-10.0.0.1.log": b"whole"}


def test_what_is_wrong_with_a_folder_is_seen_without_touching_anything(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    (tmp_path / "nameless").symlink_to("x" * 300)
    found = {
        name: directory_problem(str(tmp_path / name))
        for name in ("file", "file/logs", "dangling", "folder", "link", "nameless", "folder/a/b", "\0")
    }
    assert found == {
        "file": "is not a directory",
        "file/logs": f"cannot be created because {tmp_path}/file is not a directory",
        "dangling": "is not a directory",
        "folder": None,
        "link": None,
        "nameless": "is not a directory",
        "folder/a/b": None,
        "\0": "is not a path",
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "file", "folder", "link", "nameless"]
    assert list((tmp_path / "folder").iterdir()) == []


@pytest.fixture
def unwritable_directory() -> Iterator[Path]:
    """A directory that is not writable, and a user who is not root, because root may write everywhere."""
    with tempfile.TemporaryDirectory() as above:
        Path(above).chmod(0o755)
        closed = Path(above, "closed")
        closed.mkdir(mode=0o555)
        if os.getuid() != 0:
            yield closed
            return
        os.setresuid(65534, 65534, 0)
        try:
            yield closed
        finally:
            os.setresuid(0, 0, 0)


def test_a_folder_that_must_not_be_written_to_is_seen(unwritable_directory: Path) -> None:
    assert directory_problem(str(unwritable_directory)) == "is not writable"
    assert (
        directory_problem(str(unwritable_directory / "logs"))
        == f"cannot be created because {unwritable_directory} is not writable"
    )
