# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The custom credential type: AWX would take it, and it gives modules all that they take from the environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_SCRIPT
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Option
from ansible_collections.blueking.job.tests.support import awx
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

INPUTS = awx.read("credential_inputs.yml")
INJECTORS = awx.read("credential_injectors.yml")
FIELDS = {field["id"]: field for field in INPUTS["fields"]}
TEXTS = [name for name, field in FIELDS.items() if field["type"] == "string"]
OPTIONS = {option["env"]: option for option in FAST_SCRIPT.values() if "env" in option}


def test_the_inputs_are_what_awx_takes() -> None:
    assert set(INPUTS) == {"fields", "required"}
    assert len(FIELDS) == len(INPUTS["fields"])
    assert set(INPUTS["required"]) <= set(FIELDS)
    for name, field in FIELDS.items():
        assert set(field) <= {"id", "label", "type", "help_text", "choices", "default", "secret", "multiline"}, name
        assert re.fullmatch(r"[a-z_]+", name) and name != "tower"
        assert field["label"]
        assert field["type"] in ("string", "boolean")
        assert not (field["type"] == "boolean" and {"secret", "multiline", "choices"} & set(field)), name
        assert not ("choices" in field and "secret" in field), name


def test_the_injectors_are_what_awx_takes() -> None:
    """AWX renders them with an example in every field before it keeps them, and refuses names that it does not know."""
    assert set(INJECTORS) == {"env", "file"}
    names: dict[str, Any] = {name: "EXAMPLE" if name in TEXTS else True for name in FIELDS}
    files = {label.removeprefix("template."): "FILE" for label in INJECTORS["file"]}
    assert all(re.fullmatch(r"[a-z_]+", name) for name in files)
    sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for template in INJECTORS["file"].values():
        assert sandbox.from_string(template).render(names)
    names["tower"] = SimpleNamespace(filename=SimpleNamespace(**files))
    for name, template in INJECTORS["env"].items():
        assert re.fullmatch(r"BK_[A-Z_]+", name)
        assert sandbox.from_string(template).render(names)


def test_it_gives_all_that_modules_take_from_the_environment() -> None:
    # The legacy name of a scope adds nothing to the pair, and progress does not depend on user or address.
    assert set(INJECTORS["env"]) == set(OPTIONS) - {"BK_BIZ_ID", "BK_JOB_PROGRESS"}


@pytest.mark.parametrize("field", [name for name, field in FIELDS.items() if "choices" in field])
def test_choices_and_defaults_are_those_of_the_option(field: str, tmp_path: Path) -> None:
    (option,) = options_of(field, tmp_path)
    assert sorted(FIELDS[field]["choices"]) == sorted(option["choices"])
    # Without a scope, its type means nothing.
    assert FIELDS[field]["default"] == option.get("default", "biz")


@pytest.mark.parametrize("field", TEXTS)
def test_secrets_are_secret_here_as_well(field: str, tmp_path: Path) -> None:
    (option,) = options_of(field, tmp_path)
    # A key is secret, its place is not; the address of a proxy may contain a password.
    secret = option.get("no_log", False) or field in ("client_key", "proxy")
    assert FIELDS[field].get("secret", False) is secret


def test_blank_fields_set_nothing(tmp_path: Path) -> None:
    environment = awx.inject(
        {"api_url": "https://paas.example.com", **dict.fromkeys(set(TEXTS) - {"api_url"}, "")}, tmp_path
    )
    assert {name: value for name, value in environment.items() if value} == {
        "BK_JOB_API_URL": "https://paas.example.com"
    }


def test_certificates_are_checked_unless_disabled(tmp_path: Path) -> None:
    for said, expected in ({}, ""), ({"insecure": False}, ""), ({"insecure": True}, "false"):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        assert awx.inject(said, folder)["BK_JOB_VALIDATE_CERTS"] == expected


def test_what_comes_as_a_file_is_there_for_its_owner_only(tmp_path: Path) -> None:
    path = Path(awx.inject({"client_key": "the key\n"}, tmp_path)["BK_JOB_CLIENT_KEY"])
    assert path.read_text(encoding="utf-8") == "the key\n"
    assert path.stat().st_mode & 0o777 == 0o600


def options_of(field: str, folder: Path) -> Iterator[Option]:
    """The options that get their value from a field."""
    value = "FILLED-IN"
    given = {field: value, "bk_scope_id": "2"} if field == "bk_scope_type" else {field: value}
    for name, text in awx.inject(given, folder).items():
        if value in text or (text and Path(text).is_file() and Path(text).read_text(encoding="utf-8") == value):
            yield OPTIONS[name]
