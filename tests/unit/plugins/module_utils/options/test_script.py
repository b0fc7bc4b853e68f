# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts: sources, encoding, limits, accounts, targets."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.launch import HostAddress, ScriptLaunch, TargetServer
from ansible_collections.blueking.job.plugins.module_utils.models.rolling import RollingConfig
from ansible_collections.blueking.job.plugins.module_utils.options.script import read_script_launch
from ansible_collections.blueking.job.tests.unit.helpers.fakes import script_fields

SCOPE = Scope("biz", "2")
GOOD = {"script_content": "uptime", "account_alias": "root", "target_server": {"host_id_list": [101]}}


def read(**changes: object) -> tuple[ScriptLaunch, list[str], list[str]]:
    reader = script_fields({key: value for key, value in {**GOOD, **changes}.items() if value is not None})
    launch = read_script_launch(reader, SCOPE, "unique")
    return launch, reader.problems.errors, reader.problems.warnings


def good(**changes: object) -> ScriptLaunch:
    launch, errors, _warnings = read(**changes)
    assert errors == []
    return launch


def options_with_errors(**changes: object) -> list[str]:
    return [error.split(":")[0] for error in read(**changes)[1]]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_the_least_task() -> None:
    assert good() == ScriptLaunch(
        scope=SCOPE,
        target=TargetServer((101,)),
        script_content=encoded("uptime"),
        script_language=1,
        account_alias="root",
        task_name="unique",
        unique_name=True,
    )


def test_every_missing_option_is_reported() -> None:
    reader = script_fields({})
    read_script_launch(reader, SCOPE, "unique")
    assert sorted(error.split(":")[0] for error in reader.problems.errors) == [
        "account_alias",
        "script_content",
        "target_server",
    ]


def test_the_first_source_wins_and_the_rest_is_named(tmp_path: Path) -> None:
    script = tmp_path / "a.py"
    script.write_text("print(1)")
    launch, errors, warnings = read(script_version_id=5, script_id="x", script_path=str(script))
    assert errors == []
    assert (launch.script_version_id, launch.script_id, launch.script_content) == (5, None, None)
    assert launch.script_language is None
    assert warnings == ["using script_version_id; ignoring script_id, script_content, script_path"]
    assert good(script_id="x", script_content=None).script_id == "x"


@pytest.mark.parametrize(
    ("ending", "number"), [(".sh", 1), (".bat", 2), (".CMD", 2), (".pl", 3), (".py", 4), (".ps1", 5), ("", 1)]
)
def test_the_ending_of_a_file_sets_its_language(tmp_path: Path, ending: str, number: int) -> None:
    script = tmp_path / f"script{ending}"
    script.write_bytes("echo 部署完成\n".encode())
    launch = good(script_content=None, script_path=str(script), base64_encoded=True)
    assert launch.script_language == number
    assert base64.b64decode(launch.script_content or "") == "echo 部署完成\n".encode()


@pytest.mark.parametrize(
    ("given", "number"), [("shell", 1), ("powershell", 5), ("4", 4), (4, 4), ("python", 4), ("bat", 2), ("perl", 3)]
)
def test_languages_by_name_or_code(given: object, number: int) -> None:
    assert good(script_type=given).script_language == number


def test_a_file_that_is_not_there_or_empty(tmp_path: Path) -> None:
    empty = tmp_path / "empty.sh"
    empty.write_text("\n")
    for path in (str(tmp_path / "none.sh"), str(empty), str(tmp_path)):
        assert options_with_errors(script_content=None, script_path=path) == ["script_path"]


def test_a_file_that_ansible_has_encrypted(tmp_path: Path) -> None:
    script = tmp_path / "secret.sh"
    script.write_text("$ANSIBLE_VAULT;1.1;AES256\n6231\n")
    (error,) = read(script_content=None, script_path=str(script))[1]
    assert error.startswith(f"script_path: '{script}' is encrypted with Ansible Vault; use script_content")


def test_names_that_no_file_system_takes() -> None:
    for path in ("~no-such-user-here/x", "a\0b", "\ud800"):
        assert options_with_errors(script_content=None, script_path=path) == ["script_path"]


def test_text_that_is_none() -> None:
    assert options_with_errors(script_content="\ud800", script_param="\udfff") == ["script_content", "script_param"]


def test_parameters_that_are_no_text() -> None:
    reader = script_fields({**GOOD, "script_param": ["-n", "2"]})
    launch = read_script_launch(reader, SCOPE, "unique")
    assert launch.script_param is None
    (error,) = reader.problems.errors
    assert error.startswith("script_param: must be text, not a list; to send JSON text")


def test_the_placeholder_of_awx_is_not_a_secret_parameter() -> None:
    assert options_with_errors(script_param="$encrypted$", is_param_sensitive=True) == ["script_param"]
    assert options_with_errors(script_param="$encrypted$") == []


def test_parameters_are_encoded_once_as_a_whole() -> None:
    assert good(script_param="a 'b c'").script_param == encoded("a 'b c'")
    assert good(script_param="").script_param == ""
    assert good().script_param is None


def test_ready_base64_is_checked_and_sent_as_it_is() -> None:
    launch = good(script_content="ZWNobyAkMQ==", script_param="aGVsbG8=", base64_encoded=True)
    assert (launch.script_content, launch.script_param) == ("ZWNobyAkMQ==", "aGVsbG8=")
    assert options_with_errors(script_content="echo $1", script_param="a$b", base64_encoded=True) == [
        "script_content",
        "script_param",
    ]


@pytest.mark.parametrize(
    ("option", "limit", "beside"),
    [
        ("script_content", 16_777_215, {}),
        ("script_param", 65_535, {}),
        ("script_param", 65_535, {"is_param_sensitive": False}),
        ("script_param", 48_128, {"is_param_sensitive": True}),
    ],
)
def test_limits_of_size_in_bytes(option: str, limit: int, beside: dict[str, object]) -> None:
    assert options_with_errors(**{option: "x" * limit, **beside}) == []
    assert options_with_errors(**{option: "x" * (limit + 1), **beside}) == [option]
    assert options_with_errors(**{option: "é" * (limit // 2 + 1), **beside}) == [option]


def test_several_lines_of_parameters_warn() -> None:
    assert len(read(script_param="a\nb")[2]) == 1
    assert read(script_param="a b\n")[2] == []


@pytest.mark.parametrize("value", [0, -1, "soon"])
def test_timeout_out_of_range(value: object) -> None:
    assert options_with_errors(timeout=value) == ["timeout"]


def test_timeout_by_either_name_and_not_sent_if_not_given() -> None:
    assert good(script_timeout="60").timeout == 60
    assert good(timeout=259_200).timeout == 259_200
    assert good().timeout is None


@pytest.mark.parametrize("value", [259_201, 604_800, "604800"])
def test_the_maximum_of_the_timeout_is_fixed_on_v2_only(value: object) -> None:
    assert good(timeout=value).timeout == int(str(value))
    assert options_with_errors(timeout=value, api_version="v2") == ["timeout"]
    assert options_with_errors(timeout=259_200, api_version="v2") == []


def test_sensitive_is_sent_only_if_given() -> None:
    assert [good(is_param_sensitive=flag).is_param_sensitive for flag in (None, True, False)] == [None, True, False]


def test_the_account_id_wins_with_a_warning() -> None:
    launch, errors, warnings = read(account_id="7")
    assert (launch.account_id, launch.account_alias, errors) == (7, None, [])
    assert len(warnings) == 1


def test_legacy_pair_is_united_with_the_target() -> None:
    launch = good(
        target_server={"ip_list": ["10.0.0.1"]}, ip_list="10.0.0.2,10.0.0.1", custom_query_id=["g"], account="root"
    )
    assert launch.target == TargetServer((), (HostAddress(0, "10.0.0.1"), HostAddress(0, "10.0.0.2")), ("g",))
    assert good(target_server=None, ip_list=["10.0.0.2"]).target.addresses == (HostAddress(0, "10.0.0.2"),)


@pytest.mark.parametrize("target", [{}, {"ip_list": []}, {"ip_list": ""}])
def test_a_target_without_hosts_is_an_error(target: dict[str, object]) -> None:
    assert options_with_errors(target_server=target) == ["target_server"]


def test_names() -> None:
    assert good(task_name="x" * 512).task_name == "x" * 512
    assert options_with_errors(task_name="x" * 513) == ["task_name"]
    assert good(windows_interpreter=r"C:\py.EXE").windows_interpreter == r"C:\py.EXE"
    assert options_with_errors(windows_interpreter="/bin/sh") == ["windows_interpreter"]
    assert options_with_errors(windows_interpreter="x" * 300 + ".exe") == ["windows_interpreter"]


TOO_MUCH = ["101%", "0101%", "10% 150%", "1000%", "+10%", "*10%"]


@pytest.mark.parametrize("expression", ["10%", "5", "1 10% 50%", "+5", "*2", "1 *2", "01", "+05", "007%", "100%"])
def test_rolling_expressions(expression: str) -> None:
    assert good(rolling_config={"expression": expression}).rolling_config == RollingConfig(expression=expression)


@pytest.mark.parametrize("expression", ["", "10 %", "a", "5  6", "-1", "5,6", "0", "0%", "+0", "\u0965", *TOO_MUCH])
def test_bad_rolling_expressions(expression: str) -> None:
    assert options_with_errors(rolling_config={"expression": expression}) == ["rolling_config.expression"]


def test_a_bad_batch_is_named_and_blanks_at_the_ends_mean_nothing() -> None:
    assert read(rolling_config={"expression": "10% 150% 50%"})[1][0].endswith("one blank between them, not '150%'")
    assert good(rolling_config={"expression": " 10% 5\n"}).rolling_config == RollingConfig(expression="10% 5")


@pytest.mark.parametrize(
    ("option", "word", "number"),
    [
        ("type", "hosts", 1),
        ("mode", "stop_on_failure", 1),
        ("mode", "ignore_failure", 2),
        ("mode", "confirm", 3),
        ("execution_mode", "serial", 1),
    ],
)
def test_rolling_takes_names_and_codes(option: str, word: str, number: int) -> None:
    expected = RollingConfig(expression="5", **{option: number})  # type: ignore[arg-type]
    for given in (word, number, str(number)):
        assert good(rolling_config={"expression": "5", option: given}).rolling_config == expected
    for given in ("sometimes", 9, 0):
        assert options_with_errors(rolling_config={"expression": "5", option: given}) == [f"rolling_config.{option}"]


def test_scripts_do_not_roll_over_sources() -> None:
    assert options_with_errors(rolling_config={"expression": "5", "type": "sources"}) == ["rolling_config.type"]


def test_staggered_batches_need_their_waits() -> None:
    waits = {"batch_start_wait_random_min_ms": 5, "batch_start_wait_random_max_ms": 9, "batch_start_wait_fixed_ms": 0}
    config = {"expression": "5", "execution_mode": "parallel"}
    assert good(rolling_config={**config, **waits}).rolling_config == RollingConfig(
        expression="5",
        execution_mode=2,
        batch_start_wait_fixed_ms=0,
        batch_start_wait_random_min_ms=5,
        batch_start_wait_random_max_ms=9,
    )
    assert len(options_with_errors(rolling_config=config)) == 3
    worse = {**config, **waits, "batch_start_wait_random_max_ms": 4}
    assert options_with_errors(rolling_config=worse) == ["rolling_config.batch_start_wait_random_max_ms"]
