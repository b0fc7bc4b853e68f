# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table in docs/fields.md: nothing of the documents is missing, and requests carry what it lists."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from typing import TypeVar

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_apigw import ApiGateway
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_esb import EsbGateway
from ansible_collections.blueking.job.plugins.module_utils.api.protocols import Gateway, Schema
from ansible_collections.blueking.job.plugins.module_utils.api.v2.schema import SchemaV2
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Credentials, Scope
from ansible_collections.blueking.job.plugins.module_utils.models.launch import (
    FileContent,
    FileLaunch,
    FileSource,
    GlobalVariable,
    HostAddress,
    PlanLaunch,
    ScriptLaunch,
    TargetServer,
    TopoNode,
)
from ansible_collections.blueking.job.plugins.module_utils.models.rolling import RollingConfig
from ansible_collections.blueking.job.plugins.module_utils.options.argspec import FAST_FILE, FAST_SCRIPT, JOB_PLAN
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.tests.unit.helpers.fakes import CONNECTION, ROOT

# Transcribed from the parameter tables of JOB's documents of execute_job, execute_job_plan, fast_execute_script,
# fast_transfer_file, fast_push_file and push_config_file.
DOCUMENTED = """
bk_app_code bk_app_secret bk_token bk_username bk_biz_id bk_scope_type bk_scope_id
bk_job_id global_vars bk_callback_url
global_vars.id global_vars.name global_vars.value
global_vars.custom_query_id global_vars.ip_list global_vars.target_server
job_plan_id global_var_list callback_url global_var_list.server
ip_list dynamic_group_id_list topo_node_list ip_list.bk_cloud_id ip_list.ip topo_node_list.id topo_node_list.node_type
host_id_list dynamic_group_list dynamic_group_list.id
script_version_id script_id script_content task_name script_param timeout account_alias account_id is_param_sensitive
script_language target_server
file_source file_source.files file_source.account file_source.target_server file_source.ip_list
file_source.custom_query_id file_source_list file_source_list.file_list file_source_list.account file_source_list.server
file_source_list.file_source_id file_source_list.file_source_code file_target_path file_target_name transfer_mode
upload_speed_limit download_speed_limit
file_list file_list.file_name file_list.content
"""

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "fields.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|") and line.count("|") == 6 and not line.startswith(("|---", "| Document"))
]

ALL_HOSTS = TargetServer((), (HostAddress(0, "10.0.0.1"),), ("g",), (TopoNode(1, "set"),))
PAIR = TargetServer((), (HostAddress(0, "10.0.0.1"),), ("g",))
CREDENTIALS = Credentials("a", "b", "c", "d", "e", "f")


IDS = TargetServer((1,))
T = TypeVar("T")


def with_samples(kind: type[T], **given: object) -> T:
    """Return a launch with a value in every field of text, numbers or booleans, each text and number only once."""
    for number, each in enumerate(fields(kind)):  # type: ignore[arg-type]
        types = {name for name in ("str", "int", "bool") if name in re.findall(r"\w+", str(each.type))}
        if types and each.name not in given and each.name not in NOT_SENT:
            given[each.name] = {"str": f"<{each.name}>", "int": 1000 + number, "bool": True}[types.pop()]
    return kind(**given)


# Fields of launches that no request carries.
NOT_SENT = {"job_plan_name", "validate_variables", "unique_name", "unique_key"}
SCRIPT = with_samples(
    ScriptLaunch, scope=Scope("biz", "2"), target=ALL_HOSTS, rolling_config=RollingConfig(expression="5")
)
VARIABLES = (GlobalVariable(1, "n", "v"), *(GlobalVariable(2, server=hosts) for hosts in (ALL_HOSTS, PAIR, IDS)))
# Together they have every field of a launch.
PLANS = [with_samples(PlanLaunch, scope=Scope("biz", "2"), variables=VARIABLES)]
SCRIPTS = [SCRIPT, replace(SCRIPT, target=IDS)]
TRANSFER = with_samples(
    FileLaunch,
    scope=Scope("biz", "2"),
    target=ALL_HOSTS,
    sources=(FileSource(("/a",), ALL_HOSTS, "root"), FileSource(("a",), None, None, 3, "code")),
    contents=(),
    transfer_mode=1,
    rolling_config=RollingConfig(expression="5"),
)
FILES = [TRANSFER, replace(TRANSFER, sources=(), contents=(FileContent("a", "eA=="),))]


def names_on(gateway: Gateway, schema: Schema) -> set[str]:
    """Every key of requests with all fields, in one API, and those of the header."""
    found: set[str] = set()
    for launch in (*PLANS, *SCRIPTS, *FILES):
        request = gateway.request(schema.launch(launch), schema, CONNECTION._replace(credentials=CREDENTIALS))
        found |= keys_of(request.body) | set(json.loads(request.headers.get("X-Bkapi-Authorization", "{}")))
    return found


def values_of(value: object) -> set[object]:
    if isinstance(value, dict):
        return set().union(*[values_of(inner) for inner in value.values()])
    return set().union(*[values_of(inner) for inner in value]) if isinstance(value, list) else {value}


def keys_of(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*[keys_of(inner) for inner in value.values()])
    return set().union(*[keys_of(inner) for inner in value]) if isinstance(value, list) else set()


@pytest.mark.parametrize("launches", [PLANS, SCRIPTS, FILES], ids=["PLANS", "SCRIPTS", "FILES"])
def test_the_launches_of_this_file_have_every_field(launches: list[PlanLaunch | ScriptLaunch | FileLaunch]) -> None:
    """A field that they lack would be checked neither against docs/fields.md nor against the simulator."""
    missing = [
        each.name
        for each in fields(launches[0])
        if each.name not in NOT_SENT and all(getattr(launch, each.name) in (None, ()) for launch in launches)
    ]
    assert not missing, (
        f"tests/unit/repository/test_fields_table.py: set {missing} in SCRIPT, TRANSFER or PLANS, then add its row to "
        "docs/fields.md; if no request carries it, add it to NOT_SENT"
    )


@pytest.mark.parametrize("schema", [SchemaV2(), SchemaV3()], ids=["v2", "v3"])
@pytest.mark.parametrize("launch", [*PLANS, *SCRIPTS, *FILES], ids=lambda launch: launch.module)
def test_each_value_is_sent_or_rejected(launch: PlanLaunch | ScriptLaunch | FileLaunch, schema: Schema) -> None:
    sent = values_of(schema.launch(launch).params)
    rejected = {name for name, _advice in schema.unsupported(launch)}
    lost = [
        each.name
        for each in fields(launch)
        if isinstance(value := getattr(launch, each.name), (str, int))
        and each.name not in rejected | NOT_SENT
        and value not in sent
    ]
    assert not lost, (
        f"api/{schema.generation}/: send the value of {lost}, "
        "or remove it from the fields that schema.py or files.py lists as supported"
    )


def option_of(path: str) -> bool:
    for spec in (JOB_PLAN, FAST_SCRIPT, FAST_FILE):
        level: Spec = spec
        *parents, last = path.split(".")
        for parent in parents:
            level = level.get(parent, {}).get("options", {})
        if last in level:
            return True
    return False


def test_every_documented_field_has_a_row() -> None:
    listed = {name for row in ROWS for name in re.findall(r"`([\w.]+)`", row[0])}
    missing = sorted(set(DOCUMENTED.split()) - listed)
    assert not missing, f"docs/fields.md: add a row for {missing}, with the name of the document in the first column"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1].strip("`"))
def test_every_option_of_the_table_exists(row: list[str]) -> None:
    (name,) = re.findall(r"`([\w.]+)`", row[1])
    assert option_of(name), f"docs/fields.md names the option {name}, which options/argspec.py does not declare"


@pytest.mark.parametrize(
    ("column", "gateway", "schema"),
    [(2, EsbGateway(), SchemaV2()), (3, EsbGateway(), SchemaV3()), (4, ApiGateway(), SchemaV3())],
)
def test_every_name_of_the_table_is_sent(column: int, gateway: Gateway, schema: Schema) -> None:
    sent = names_on(gateway, schema)
    listed = {part for row in ROWS for name in re.findall(r"`([\w.]+)`", row[column]) for part in name.split(".")}
    gone, missing = sorted(listed - sent), sorted(sent - listed - {"expression"})
    assert not gone, (
        f"docs/fields.md, column {column + 1}: no request carries {gone}; remove them, or send them in api/"
    )
    assert not missing, f"docs/fields.md, column {column + 1}: add rows for {missing}, which requests carry"


@pytest.mark.parametrize("row", [row for row in ROWS if "—" in row], ids=lambda row: row[1].strip("`"))
def test_a_dash_means_an_error_that_names_the_option(row: list[str]) -> None:
    (option,) = re.findall(r"`([\w.]+)`", row[1])
    assert all(cell.startswith(f"`{option.split('.')[-1]}`") for cell in row[3:])
    third_party = (TRANSFER.sources[1], FileSource(("a",), file_source_code="code"))
    files = replace(TRANSFER, sources=third_party)
    found = [*SchemaV2().unsupported(SCRIPTS[1]), *SchemaV2().unsupported(files)]
    advice = {re.sub(r"\[\d+\]", "", name): text for name, text in found}
    assert "v3" in advice.get(option, ""), (
        f"docs/fields.md has a dash for {option} and v2: reject it in SchemaV2.unsupported (api/v2/schema.py, "
        "api/v2/files.py)"
    )
