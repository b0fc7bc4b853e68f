# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request examples of the API documents come out of the API generation byte by byte."""

from __future__ import annotations

import json

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_apigw import ApiGateway
from ansible_collections.blueking.job.plugins.module_utils.api.gateway_esb import EsbGateway
from ansible_collections.blueking.job.plugins.module_utils.api.protocols import Schema
from ansible_collections.blueking.job.plugins.module_utils.api.v2.schema import SchemaV2
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.launch import (
    GlobalVariable,
    HostAddress,
    PlanLaunch,
    ScriptLaunch,
    TargetServer,
    TopoNode,
)
from ansible_collections.blueking.job.plugins.module_utils.models.rolling import RollingConfig
from ansible_collections.blueking.job.plugins.module_utils.options.connection import read_scope
from ansible_collections.blueking.job.plugins.module_utils.options.plan import read_plan_launch
from ansible_collections.blueking.job.plugins.module_utils.options.script import read_script_launch
from ansible_collections.blueking.job.tests.unit.helpers.fakes import CONNECTION, document, plan_fields, script_fields

SCOPE = Scope("biz", "1")
IDENTITY = ("bk_app_code", "bk_app_secret", "bk_token")
EXAMPLE_SCRIPT = ScriptLaunch(
    scope=SCOPE,
    target=TargetServer((101, 102), (), ("blo8gojho0skft7pr5q0",), (TopoNode(1000, "module"),)),
    script_version_id=1,
    script_content="ZWNobyAkMQ==",
    script_param="aGVsbG8=",
    timeout=1000,
    account_id=1000,
    is_param_sensitive=False,
    script_language=1,
)


def plan_of(example: dict[str, object]) -> PlanLaunch:
    reader = plan_fields(example)
    launch = read_plan_launch(reader, read_scope(reader))
    assert reader.problems.errors == []
    return launch


@pytest.mark.parametrize(
    ("name", "schema", "path"),
    [
        ("execute_job_address_pair", SchemaV2(), "/api/c/compapi/v2/job/execute_job/"),
        ("execute_job_target_server", SchemaV2(), "/api/c/compapi/v2/job/execute_job/"),
        ("execute_job_plan", SchemaV3(), "/api/c/compapi/v2/jobv3/execute_job_plan/"),
    ],
)
def test_plan_examples_given_as_tasks(name: str, schema: Schema, path: str) -> None:
    example = document(name)
    request = EsbGateway().request(schema.launch(plan_of(example)), schema, CONNECTION)
    assert (request.method, request.path) == ("POST", path)
    assert json.dumps(request.body) == json.dumps(example)


def test_the_script_example() -> None:
    request = EsbGateway().request(SchemaV3().launch(EXAMPLE_SCRIPT), SchemaV3(), CONNECTION)
    assert request.path == "/api/c/compapi/v2/jobv3/fast_execute_script/"
    assert json.dumps(request.body) == json.dumps(document("fast_execute_script"))


def test_the_script_example_given_as_a_task_sends_the_winning_source_only() -> None:
    reader = script_fields({**document("fast_execute_script"), "base64_encoded": True})
    launch = read_script_launch(reader, read_scope(reader), "unique")
    body = SchemaV3().launch(launch).params
    expected = {key: value for key, value in document("fast_execute_script").items() if key not in IDENTITY}
    del expected["script_content"]
    assert body == {**expected, "task_name": "unique"}
    assert reader.problems.warnings == ["using script_version_id; ignoring script_content"]


def test_over_the_api_gateway_the_body_has_no_credentials() -> None:
    example = document("execute_job_plan")
    request = ApiGateway().request(SchemaV3().launch(plan_of(example)), SchemaV3(), CONNECTION)
    assert (request.method, request.path, request.query) == ("POST", "/api/v3/execute_job_plan", None)
    identity = {key: example.pop(key) for key in IDENTITY}
    assert json.loads(request.headers["X-Bkapi-Authorization"]) == identity
    assert json.dumps(request.body) == json.dumps(example)


@pytest.mark.parametrize("gateway", [EsbGateway(), ApiGateway()])
def test_every_request_has_the_tenant(gateway: EsbGateway | ApiGateway) -> None:
    for call in (SchemaV3().launch(EXAMPLE_SCRIPT), SchemaV3().instances.status(SCOPE, 17, with_hosts=True)):
        assert "X-Bk-Tenant-Id" not in gateway.request(call, SchemaV3(), CONNECTION).headers
        request = gateway.request(call, SchemaV3(), CONNECTION._replace(bk_tenant_id="tenant-1"))
        assert request.headers["X-Bk-Tenant-Id"] == "tenant-1"


def test_legacy_examples_over_the_current_api() -> None:
    body = SchemaV3().launch(plan_of(document("execute_job_address_pair"))).params
    addresses = [{"bk_cloud_id": 0, "ip": "10.0.0.1"}, {"bk_cloud_id": 0, "ip": "10.0.0.2"}]
    assert body == {
        "bk_scope_type": "biz",
        "bk_scope_id": "1",
        "job_plan_id": 100,
        "global_var_list": [
            {
                "id": 436,
                "server": {"dynamic_group_list": [{"id": "3"}, {"id": "5"}, {"id": "7"}], "ip_list": addresses},
            },
            {"id": 437, "value": "new String value"},
        ],
    }


def test_reading_calls_are_gets_at_the_api_gateway_and_posts_at_the_esb() -> None:
    status = SchemaV3().instances.status(SCOPE, 17, True)
    request = ApiGateway().request(status, SchemaV3(), CONNECTION)
    assert (request.method, request.path, request.body) == ("GET", "/api/v3/get_job_instance_status", None)
    assert request.query == {
        "bk_scope_type": "biz",
        "bk_scope_id": "1",
        "job_instance_id": "17",
        "return_ip_result": "true",
    }
    request = EsbGateway().request(status, SchemaV3(), CONNECTION)
    assert (request.method, request.query) == ("POST", None)
    assert request.body is not None
    assert request.body["return_ip_result"] is True


@pytest.mark.parametrize(
    ("scope", "v2"),
    [
        (Scope("biz", "2"), {"bk_biz_id": 2}),
        (Scope("biz_set", "8000001"), {"bk_biz_id": 8000001}),
        (Scope("biz_set", "5"), {"bk_scope_type": "biz_set", "bk_scope_id": "5"}),
        (Scope("biz", "8000001"), {"bk_scope_type": "biz", "bk_scope_id": "8000001"}),
        (Scope("tenant_set", "1"), {"bk_scope_type": "tenant_set", "bk_scope_id": "1"}),
    ],
)
def test_a_scope_never_becomes_another_one_on_v2(scope: Scope, v2: dict[str, object]) -> None:
    assert SchemaV2().launch(PlanLaunch(scope, 1)).params == {**v2, "bk_job_id": 1}
    assert SchemaV3().launch(PlanLaunch(scope, 1)).params == {
        "bk_scope_type": scope.type,
        "bk_scope_id": scope.id,
        "job_plan_id": 1,
    }


def test_what_v2_cannot_carry_is_named() -> None:
    launch = ScriptLaunch(
        scope=SCOPE,
        target=TargetServer((1,)),
        script_id="x",
        account_id=5,
        windows_interpreter="a.exe",
        rolling_config=RollingConfig(expression="5"),
    )
    assert [option for option, _advice in SchemaV2().unsupported(launch)] == [
        "script_id",
        "account_id",
        "windows_interpreter",
        "rolling_config",
        "target_server.host_id_list",
    ]
    plan = PlanLaunch(SCOPE, 1, (GlobalVariable(1, value="a"), GlobalVariable(2, server=TargetServer((1,)))))
    assert [option for option, _advice in SchemaV2().unsupported(plan)] == ["global_var_list[1].server.host_id_list"]
    assert SchemaV3().unsupported(launch) == SchemaV3().unsupported(plan) == []


def test_v2_script_with_its_own_names() -> None:
    launch = ScriptLaunch(
        scope=SCOPE,
        target=TargetServer((), (HostAddress(0, "10.0.0.1"),), ("g",)),
        script_version_id=7,
        script_param="aGVsbG8=",
        is_param_sensitive=True,
        timeout=5,
        account_alias="root",
        script_language=4,
        task_name="t",
        callback_url="https://a.example",
    )
    assert SchemaV2().launch(launch).params == {
        "bk_biz_id": 1,
        "script_id": 7,
        "script_param": "aGVsbG8=",
        "is_param_sensitive": 1,
        "script_timeout": 5,
        "account": "root",
        "script_type": 4,
        "task_name": "t",
        "target_server": {"ip_list": [{"bk_cloud_id": 0, "ip": "10.0.0.1"}], "dynamic_group_id_list": ["g"]},
        "bk_callback_url": "https://a.example",
    }


def test_rolling_config_carries_only_what_was_given() -> None:
    body = (
        SchemaV3()
        .launch(ScriptLaunch(scope=SCOPE, target=TargetServer((1,)), rolling_config=RollingConfig(expression="5")))
        .params
    )
    assert body["rolling_config"] == {"expression": "5"}
