# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform's own library for clients of API gateways, C(bkapi-client-core) from PyPI, unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import ADMIN, SCOPE, b64, eventually
from bkapi_client_core.apigateway import APIGatewayClient, Operation, OperationGroup, bind_property
from bkapi_client_core.exceptions import APIGatewayResponseError


class Calls(OperationGroup):
    """Some calls, declared as generated clients declare them."""

    fast_execute_script = bind_property(Operation, method="POST", path="/api/v3/fast_execute_script")
    get_job_instance_status = bind_property(Operation, method="GET", path="/api/v4/get_job_instance_status")
    get_job_template_list = bind_property(Operation, method="GET", path="/api/v3/get_job_template_list")
    get_step_instance_status = bind_property(Operation, method="GET", path="/api/v3/get_step_instance_status")
    get_file_source_detail = bind_property(Operation, method="GET", path="/api/v3/get_file_source_detail")
    nothing = bind_property(Operation, method="GET", path="/api/v3/nothing")


class Job(APIGatewayClient):
    """The gateway of JOB."""

    _api_name = "bk-job"
    api = bind_property(Calls, name="api")


SOURCE = {"id": 3, "scope": "2", "code": "artifacts", "public": True, "credential_id": "c-1"}


@pytest.fixture
def job(estate: Any) -> Iterator[Job]:
    estate["file_sources"] = [SOURCE, {"id": 4, "scope": "3", "code": "elsewhere"}]
    with JobServer(estate) as server:
        client = Job(stage="prod", endpoint=f"{server.url}/api/bk-job")
        client.update_bkapi_authorization(**ADMIN)
        with client.session:
            yield client


def test_a_script_from_launch_to_its_hosts(job: Job) -> None:
    script = {"script_content": b64("true"), "script_language": 1, "account_alias": "root"}
    target = {"host_id_list": [101, 102]}
    launched = job.api.fast_execute_script({**SCOPE, **script, "target_server": target})["data"]
    ids = {name: launched[name] for name in ("job_instance_id", "step_instance_id")}

    def over() -> Any:
        fields = {**SCOPE, "job_instance_id": ids["job_instance_id"], "return_execute_object_result": True}
        found = job.api.get_job_instance_status(params=fields)["data"]
        return found if found["finished"] else None

    (step,) = eventually(over)["step_instance_list"]
    assert [entry["status"] for entry in step["step_execute_object_result_list"]] == [9, 9]
    (group,) = job.api.get_step_instance_status(params={**SCOPE, **ids})["data"]["step_result_group_list"]
    assert (group["result_type"], group["host_size"]) == (9, 2)


def test_templates_and_file_sources(job: Job) -> None:
    found = job.api.get_job_template_list(params={**SCOPE, "name": "template-7"})["data"]
    (template,) = found["data"]
    assert (found["total"], template["id"], template["name"], template["creator"]) == (1, 7, "template-7", "admin")
    source = job.api.get_file_source_detail(params={**SCOPE, "code": "artifacts"})["data"]
    assert {name: source[name] for name in ("id", "code", "alias", "is_public", "credential_id", "enable")} == {
        "id": 3,
        "code": "artifacts",
        "alias": "artifacts",
        "is_public": True,
        "credential_id": "c-1",
        "enable": True,
    }
    elsewhere = job.api.get_file_source_detail(params={**SCOPE, "code": "elsewhere"})
    assert (elsewhere["result"], elsewhere["code"]) == (False, 1260012)


def test_errors_of_the_gateway_are_distinguished(job: Job) -> None:
    with pytest.raises(APIGatewayResponseError, match="1640401"):
        job.api.nothing(params=SCOPE)
