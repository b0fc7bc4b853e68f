# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which values a plan's variables get, and how they reach the scripts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import Client, hosts_of


def first_log(client: Client, *variables: dict[str, Any]) -> str:
    job_id = client.plan(10, *variables)
    assert client.finished(job_id)["job_instance"]["status"] == 3
    return client.logs(job_id)[101]


def test_defaults_reach_shell_scripts_and_parameters(client: Client) -> None:
    assert first_log(client) == "g=hello s=s3cr3t p=start w=two a=7 args=hello s3cr3t ${nobody}\n"


@pytest.mark.parametrize(
    ("sent", "greeting"),
    [
        ([{"name": "greeting", "value": "hi"}], "hi"),
        ([{"id": 2, "value": "hi"}], "hi"),
        ([{"id": 99, "name": "greeting", "value": "hi"}], "hello"),
        ([{"name": "Greeting", "value": "hi"}], "hello"),
        ([{"id": 2, "value": "by id"}, {"name": "greeting", "value": "by name"}], "by id"),
        ([{"name": "greeting", "value": "1"}, {"name": "greeting", "value": "2"}], "2"),
        ([{"id": 2, "value": "1"}, {"id": 2, "value": "2"}], "2"),
        ([{"name": "greeting", "value": ""}], ""),
        ([{"name": "greeting"}], ""),
        ([{"name": "greeting", "server": {"host_id_list": [101]}}], ""),
        ([{"name": "greeting", "value": "$(echo no) 'quote'"}], "$(echo no) 'quote'"),
        ([{"name": "greeting", "value": True}], "true"),
    ],
)
def test_matching_and_merging(client: Client, sent: list[dict[str, Any]], greeting: str) -> None:
    assert first_log(client, *sent).startswith(f"g={greeting} s=")


def test_other_types_can_be_sent(client: Client) -> None:
    log = first_log(
        client,
        {"name": "secret", "value": "******"},
        {"name": "words", "value": "(a 'b c')"},
        {"name": "ages", "value": "([ann]=8)"},
        {"name": "place", "value": "here"},
    )
    assert log == "g=hello s=****** p=here w=b c a=8 args=hello ****** ${nobody}\n"


def test_a_parameter_is_made_of_shell_words(client: Client) -> None:
    log = first_log(client, {"name": "greeting", "value": "a 'b c'"})
    assert "args=a b c s3cr3t" in log


def test_a_namespace_differs_by_host_and_files_stay(client: Client) -> None:
    job_id = client.plan(10, {"name": "targets", "server": {"host_id_list": [101, 102]}})
    client.finished(job_id)
    assert client.logs(job_id, step=1) == {101: "p=left by web-1 f=kept\n", 102: "p=left by web-2 f=kept\n"}


def test_host_variables_are_targets(client: Client) -> None:
    job_id = client.plan(10, {"id": 1, "server": {"dynamic_group_list": [{"id": "web"}]}})
    assert list(hosts_of(client.finished(job_id))) == [101, 102]


@pytest.mark.parametrize(
    "sent",
    [
        {"name": "targets", "value": "10.0.0.1", "server": {"host_id_list": [101]}},
        {"name": "targets", "server": {}},
        {"name": "targets"},
        {"name": "targets", "server": {"dynamic_group_list": [{"id": "empty"}]}},
        {"name": "targets", "server": {"host_id_list": [None]}},
    ],
)
def test_host_variables_that_end_up_empty(client: Client, sent: dict[str, Any]) -> None:
    assert client.call("execute_job_plan", job_plan_id=10, global_var_list=[sent])["code"] == 1244028


def test_hosts_of_unused_variables_are_checked_too(client: Client) -> None:
    sent = [{"name": "spare", "server": {"host_id_list": [999]}}]
    assert client.call("execute_job_plan", job_plan_id=10, global_var_list=sent)["code"] == 1244030
    assert (
        client.call("execute_job_plan", job_plan_id=10, global_var_list=[{"name": "spare", "server": {}}])["code"] == 0
    )


def test_the_older_names(client: Client) -> None:
    def targets(**variable: Any) -> list[int]:
        launched = client.v2("execute_job", bk_job_id=10, global_vars=[{"id": 1, **variable}])["data"]
        return list(hosts_of(client.finished(launched["job_instance_id"])))

    addresses = [{"bk_cloud_id": 0, "ip": "10.0.0.3"}]
    assert targets(ip_list=addresses, custom_query_id=["web"]) == [103, 101, 102]
    assert targets(target_server={"ip_list": addresses}, custom_query_id=["web"]) == [103]
