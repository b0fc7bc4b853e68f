# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The templates and the workflow fit together, and the playbook that makes them in AWX hands them over as they are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.tests.support import awx
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.tools.awx_collection import copies
from ansible_collections.blueking.job.tests.unit.helpers import run_module_here
from ansible_collections.blueking.job.tests.unit.helpers.awx_estate import results
from ansible_collections.blueking.job.tests.unit.helpers.awx_server import TOKEN, AwxServer

TEMPLATES = awx.read("job_templates.yml")
WORKFLOW = awx.read("workflow.yml")
CREDENTIAL = {"api_url": "https://paas.example.com", "bk_app_secret": "planted-secret", "insecure": False}
JOB_FIELDS = {"bk_app_code": "demo_app", "bk_app_secret": "demo_secret", "bk_username": "admin", "bk_scope_id": "2"}
# Variables of load.yml and of plan_form.yml.
GIVEN: dict[str, Any] = {
    "job_credential": CREDENTIAL,
    "awx_execution_environment": "ee-job",
    "plan_id": 1001,
    "form_hosts": "10.0.0.1,10.0.0.2",
}
QUESTION = {"question_name", "question_description", "variable", "type", "required", "default"}
WAYS = ("success_nodes", "failure_nodes", "always_nodes")
KINDS = ("text", "textarea", "password", "integer", "float", "multiplechoice", "multiselect")


def surveys() -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Each survey, with the playbooks that get its answers."""
    for template in TEMPLATES:
        if template.get("survey_enabled"):
            yield template["survey_spec"], [template["playbook"]]
    names = [node["unified_job_template"]["name"] for node in WORKFLOW["schema"]]
    yield WORKFLOW["survey_spec"], [each["playbook"] for each in TEMPLATES if each["name"] in names]


def test_surveys_are_what_awx_takes() -> None:
    for survey, _playbooks in surveys():
        assert set(survey) == {"name", "description", "spec"}
        for question in survey["spec"]:
            assert QUESTION <= set(question) <= QUESTION | {"choices", "min", "max"}
            assert question["type"] in KINDS
            assert ("choices" in question) == question["type"].startswith("multi")
            assert question["default"] in question.get("choices", [question["default"]])


def test_what_is_asked_is_what_the_playbooks_want() -> None:
    for survey, playbooks in surveys():
        known: set[str] = set()
        for playbook in playbooks:
            text = (awx.ROOT / playbook).read_text(encoding="utf-8")
            known |= {name for play in yaml.safe_load(text) for name in play["vars"]}
            known |= {"script_content"} if "script_content" in text else set()
        assert {question["variable"] for question in survey["spec"]} <= known


def test_the_nodes_of_the_workflow_are_linked() -> None:
    nodes = {node["identifier"]: node for node in WORKFLOW["schema"]}
    assert len(nodes) == len(WORKFLOW["schema"])
    for node in nodes.values():
        assert node["unified_job_template"]["type"] == "job_template"
        assert node["unified_job_template"]["name"] in [template["name"] for template in TEMPLATES]
        assert set(node["related"]) == {"success_nodes", "failure_nodes", "always_nodes", "credentials"}
        for kind in ("success_nodes", "failure_nodes", "always_nodes"):
            assert all(set(each) == {"identifier"} and each["identifier"] in nodes for each in node["related"][kind])
    # A launch that is refused has no run to stop.
    assert nodes["launch"]["related"]["failure_nodes"] == nodes["launch"]["related"]["always_nodes"] == []


class Loads:
    """Runs playbooks of extensions/awx with the real modules of a collection, against a stand-in for AWX."""

    def __init__(self, folder: Path, awx_server: AwxServer, job_server: JobServer) -> None:
        self.server = awx_server
        self.job_server = job_server
        self.fields = {**JOB_FIELDS, "api_url": job_server.url}
        self._environment = {
            **awx.inject(self.fields, folder),
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            # Ansible reads all certificates of the system for each request, also one without TLS.
            "SSL_CERT_FILE": os.devnull,
            "ANSIBLE_COLLECTIONS_PATH": str(copies(folder / "collections", Path(run_module_here.__file__))),
            "CONTROLLER_HOST": awx_server.url,
            "CONTROLLER_OAUTH_TOKEN": TOKEN,
        }

    def __call__(
        self,
        *names: str,
        collection: str = "awx.awx",
        kit: Path = awx.KIT,
        **variables: object,
    ) -> list[str]:
        """Run playbooks; return the requests that changed something."""
        before = len(self.server.writes)
        given = json.dumps({"awx_organization": "Shop", "awx_collection": collection, **variables})
        run = subprocess.run(
            [str(awx.SCRIPTS / "ansible-playbook"), *(str(kit / name) for name in names), "-v", "-e", given],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        assert "planted-secret" not in run.stdout + run.stderr
        writes = self.server.writes[before:]
        assert ("changed=0" in run.stdout) == (writes == []), run.stdout
        return writes


@pytest.fixture(scope="module")
def loads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loads]:
    """An AWX into which load.yml was played, and then the form of a plan.

    Another organization has objects of the same names.
    """
    with AwxServer() as server, JobServer(awx.ROOT / "tests" / "demo" / "inventory.yml") as job_server:
        other = server.objects["organizations"][0]["id"]
        for kind, name in (("inventories", "BlueKing JOB"), *(("job_templates", each["name"]) for each in TEMPLATES)):
            server.create(kind, {"name": name, "organization": other})
        played = Loads(tmp_path_factory.mktemp("load"), server, job_server)
        assert played("load.yml", "plan_form.yml", **GIVEN)
        yield played


def of_shop(server: AwxServer, kind: str) -> list[dict[str, Any]]:
    shop = server.objects["organizations"][1]["id"]
    return [each for each in server.objects[kind] if each["organization"] == shop]


def test_a_second_run_changes_nothing_even_with_the_modules_of_automation_platform(loads: Loads) -> None:
    assert loads("load.yml", "plan_form.yml", collection="ansible.controller", **GIVEN) == []


def test_the_credential_type_arrives_as_it_is(loads: Loads) -> None:
    (of_type,) = loads.server.objects["credential_types"]
    assert of_type["inputs"] == awx.read("credential_inputs.yml")
    assert of_type["injectors"] == awx.read("credential_injectors.yml")
    (credential,) = of_shop(loads.server, "credentials")
    assert (credential["credential_type"], credential["inputs"]) == (of_type["id"], CREDENTIAL)


def test_the_templates_arrive_as_they_are(loads: Loads) -> None:
    server = loads.server
    (project,), (inventory,) = of_shop(server, "projects"), of_shop(server, "inventories")
    (credential,) = of_shop(server, "credentials")
    assert project["default_environment"] == server.named("execution_environments", "ee-job")["id"]
    made = of_shop(server, "job_templates")
    for template, found in zip(TEMPLATES, made, strict=True):
        survey = template.get("survey_spec", {})
        own = {name: value for name, value in template.items() if name not in ("survey_spec", "extra_vars")}
        assert {**found, **own, "project": project["id"], "inventory": inventory["id"]} == found
        assert json.loads(found["extra_vars"] or "{}") == template.get("extra_vars", {})
        assert server.surveys.get(found["related"]["survey_spec"], {}) == survey
        assert server.links[f"{found['url']}credentials/"] == [credential["id"]]


def test_the_workflow_arrives_as_it_is(loads: Loads) -> None:
    server = loads.server
    workflow = server.named("workflow_job_templates", WORKFLOW["name"])
    assert [each["name"] for each in of_shop(server, "workflow_job_templates")][:1] == [WORKFLOW["name"]]
    assert server.surveys[workflow["related"]["survey_spec"]] == WORKFLOW["survey_spec"]
    assert nodes_of(server, workflow) == {
        each["identifier"]: (
            each["unified_job_template"]["name"],
            {kind: [to["identifier"] for to in each["related"][kind]] for kind in WAYS},
        )
        for each in WORKFLOW["schema"]
    }


def nodes_of(server: AwxServer, workflow: Mapping[str, Any]) -> dict[str, Any]:
    """The nodes of a workflow, each with the name of its template in the organization and its links."""
    templates = {each["id"]: each["name"] for each in of_shop(server, "job_templates")}
    nodes = [
        each
        for each in server.objects["workflow_job_template_nodes"]
        if each["workflow_job_template"] == workflow["id"]
    ]
    names = {each["id"]: each["identifier"] for each in nodes}
    return {
        each["identifier"]: (
            templates[each["unified_job_template"]],
            {kind: [names[to] for to in server.links.get(f"{each['url']}{kind}/", [])] for kind in WAYS},
        )
        for each in nodes
    }


def test_one_command_makes_a_form_for_a_plan_and_the_form_launches_it(loads: Loads, tmp_path: Path) -> None:
    server = loads.server
    made = server.named("workflow_job_templates", "JOB - deploy-web")
    survey = server.surveys[made["related"]["survey_spec"]]
    kinds = {each["question_name"]: each["type"] for each in survey["spec"]}
    assert [*kinds.items()][:3] == [("targets", "multiselect"), ("version", "text"), ("db_password", "password")]
    assert [each["variable"] for each in survey["spec"]][3:] == ["wait_timeout", "wait_logs"]
    assert len(nodes_of(server, made)) == len(WORKFLOW["schema"])
    # And an operator fills it in.
    form = {**WORKFLOW, "survey_spec": survey, "extra_vars": json.loads(made["extra_vars"])}
    ids = {each["question_name"]: each["variable"] for each in survey["spec"]}
    given = {ids["targets"]: ["10.0.0.2"], ids["version"]: "'2.10'", ids["db_password"]: "planted-secret"}
    controller = awx.Controller(tmp_path, loads.fields)
    outcome = controller.run_workflow(form, given)
    controller.close()
    assert outcome.status == "successful", [job.output for job in outcome.jobs.values()]
    assert outcome.statuses == {"launch": "successful", "wait": "successful"}
    (launched,) = [entry for entry in loads.job_server.journal if entry["call"] == "execute_job_plan"]
    # Nothing else, and before version 2.19 Ansible makes text of it.
    artifacts = outcome.jobs["launch"].artifacts
    assert {name: int(value) for name, value in artifacts.items()} == {"job_instance_id": launched["answer"]["started"]}
    assert results(outcome.jobs["wait"])[-1]["job_instance_id"] == launched["answer"]["started"]
    assert launched["json"]["global_var_list"] == [
        {"name": "targets", "server": {"ip_list": [{"bk_cloud_id": 0, "ip": "10.0.0.2"}]}},
        {"name": "version", "value": "2.10"},
        {"name": "db_password", "value": "planted-secret"},
    ]
    assert all("planted-secret" not in job.output for job in outcome.jobs.values())


def test_secrets_and_nodes_are_stored_again_on_demand(loads: Loads, tmp_path: Path) -> None:
    server = loads.server
    # The templates are there already, and each costs seconds.
    kit = Path(shutil.copytree(awx.KIT, tmp_path / "kit"))
    (kit / "job_templates.yml").write_text("[]", encoding="utf-8")
    workflow = server.named("workflow_job_templates", WORKFLOW["name"])
    before, ids = nodes_of(server, workflow), {each["id"] for each in server.objects["workflow_job_template_nodes"]}
    given = {**CREDENTIAL, "bk_app_secret": "planted-secret-2"}
    again = {**GIVEN, "job_credential": given, "awx_update_secrets": True, "awx_rebuild_workflow": True}
    writes = loads("load.yml", kit=kit, **again)
    assert of_shop(server, "credentials")[0]["inputs"] == given
    assert nodes_of(server, workflow) == before
    assert len([each for each in writes if each.startswith("DELETE")]) == len(WORKFLOW["schema"])
    assert {each["id"] for each in server.objects["workflow_job_template_nodes"]} != ids
