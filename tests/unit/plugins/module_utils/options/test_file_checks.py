# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Warnings about files: paths that JOB may reject, files that overwrite each other, and too many transfers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.launch import (
    FileContent,
    FileLaunch,
    FileSource,
    HostAddress,
    TargetServer,
)
from ansible_collections.blueking.job.plugins.module_utils.options.file_checks import path_problem, warn_about_files
from ansible_collections.blueking.job.plugins.module_utils.options.problems import Problems

TARGET = TargetServer((), (HostAddress(0, "10.0.0.1"),))
SENDER = TargetServer((), (HostAddress(0, "10.0.0.9"),))
LAUNCH = FileLaunch(Scope("biz", "2"), TARGET, "/srv", sources=(FileSource(("/data/a",), SENDER, "root"),))
PUSH = replace(LAUNCH, sources=(), contents=(FileContent("a.conf", "eA=="),))


def warnings_of(launch: FileLaunch) -> list[str]:
    problems = Problems()
    warn_about_files(launch, problems)
    assert problems.errors == []
    return problems.warnings


def sending(*sources: FileSource, path: str = "/srv") -> list[str]:
    return warnings_of(replace(LAUNCH, sources=sources, file_target_path=path))


@pytest.mark.parametrize(
    "path",
    ["/", "//a", "/../", "/a/..", "/.hidden", "/a b", "/a'\"?*", "/数据", "/a\tb", "/a\nb", "/a/REGEX:.*"]
    + ["C:\\", "C:/", "c:/a\\b", "C:\\..\\x", "C:\\a\\\\b", "C:\\a*.log", "C:\\d\\REGEX:a|b"]
    + ["C:\\a\\[DATE:HH:mm:ss]\\", "/srv/[FILESRCIP]", "rel/${x}", "/a/${name}/b"],
)
def test_paths_that_job_accepts(path: str) -> None:
    assert path_problem(path) is None


@pytest.mark.parametrize(
    "path",
    ["/.", "/..", "/..data", "/.../x", "C:\\REGEX:x", "C:\\a?", 'C:\\a"b', "C:\\a<b", "C:\\a>b", "C:\\a|b"]
    + ["C:", "C:a", "C:\\\\a", "\\\\server\\share", "a", "~/x", "[FILESRCIP]", "C:\\a\\[DATEFMT:%Y]\\"]
    + ["C:\\a\\[DATE:yyyy MM]\\"],
)
def test_paths_that_job_refuses(path: str) -> None:
    assert path_problem(path) is not None


def test_a_good_launch_has_no_warning() -> None:
    assert warnings_of(LAUNCH) == warnings_of(PUSH) == []


def test_both_paths_are_checked() -> None:
    (text,) = warnings_of(replace(LAUNCH, file_target_path="srv"))
    assert text.startswith("file_target_path: JOB may reject 'srv': it is not absolute")
    (text,) = sending(FileSource(("/a",), SENDER, "root"), FileSource(("data/b",), SENDER, "root"))
    assert text.startswith("file_source_list[1].file_list: JOB may reject 'data/b'")
    # Paths in a file source begin with the name of a bucket.
    assert sending(FileSource(("bucket/a",), file_source_id=3)) == []


def test_the_path_of_contents_must_only_be_absolute() -> None:
    assert warnings_of(replace(PUSH, file_target_path="/..data")) == []
    assert len(warnings_of(replace(PUSH, file_target_path="etc/app"))) == 1


def test_the_target_path_is_a_directory() -> None:
    expected = ["file_target_path is always a directory: the file will be /srv/a.conf/a.conf"]
    assert warnings_of(replace(PUSH, file_target_path="/srv/a.conf")) == expected
    assert sending(FileSource(("/etc/a.conf",), SENDER, "root"), path="/srv/a.conf") == expected
    renamed = replace(LAUNCH, file_target_path="/srv/a.conf/", file_target_name="a.conf")
    assert warnings_of(renamed) == expected


def test_files_that_overwrite_each_other() -> None:
    (text,) = sending(FileSource(("/data/a", "/more/a"), SENDER, "root"))
    assert text.startswith("several source files have the name a;")
    assert len(sending(FileSource(("/data/a/", "/more/a/"), SENDER, "root"))) == 1
    two = TargetServer((7, 8))
    (text,) = sending(FileSource(("/data/a",), two, "root"))
    assert "Add [FILESRCIP] to file_target_path" in text
    assert sending(FileSource(("/data/a",), two, "root"), path="/srv/[FILESRCIP]") == []
    assert len(sending(FileSource(("/data/a",), TargetServer(dynamic_groups=("g",)), "root"))) == 1


def test_one_new_name_for_a_pattern() -> None:
    pattern = FileSource(("/data/*.log",), SENDER, "root")
    (text,) = warnings_of(replace(LAUNCH, sources=(pattern,), file_target_name="n"))
    assert text.startswith("file_target_name: all files that match")


def test_a_directory_sent_to_its_own_host() -> None:
    assert len(sending(FileSource(("/data/",), TARGET, "root"))) == 1
    assert sending(FileSource(("/data/a",), TARGET, "root")) == []


def test_the_product_is_computed_before_sending() -> None:
    hosts = TargetServer(tuple(range(1, 50_002)))
    (text,) = warnings_of(replace(LAUNCH, target=hosts, sources=(FileSource(("/a", "/b"), SENDER, "root"),)))
    assert text.startswith("the launch has 100002 transfers")
    assert warnings_of(replace(LAUNCH, target=hosts._replace(host_ids=hosts.host_ids[:50_000]))) == []
    contents = tuple(FileContent(name, "eA==") for name in "abc")
    (text,) = warnings_of(replace(PUSH, target=hosts, contents=contents))
    assert text.startswith("the launch has 150003 transfers")
    third_party = (FileSource(("b/a", "b/b", "b/c"), file_source_id=1),)
    assert len(warnings_of(replace(LAUNCH, target=hosts, sources=third_party))) == 1
