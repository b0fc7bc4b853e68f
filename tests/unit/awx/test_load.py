# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The templates and the workflow fit together, and the playbook that makes them in AWX hands them over as they are."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.tests.support import awx
from ansible_collections.blueking.job.tests.unit.helpers.awx_stubs import StandIns

TEMPLATES = awx.read("job_templates.yml")
WORKFLOW = awx.read("workflow.yml")
CREDENTIAL = {"api_url": "https://paas.example.com", "bk_app_secret": "planted-secret", "insecure": False}
QUESTION = {"question_name", "question_description", "variable", "type", "required", "default"}
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


def test_the_nodes_of_the_workflow_lead_to_each_other() -> None:
    nodes = {node["identifier"]: node for node in WORKFLOW["schema"]}
    assert len(nodes) == len(WORKFLOW["schema"])
    for node in nodes.values():
        assert node["unified_job_template"]["type"] == "job_template"
        assert node["unified_job_template"]["name"] in [template["name"] for template in TEMPLATES]
        assert set(node["related"]) == {"success_nodes", "failure_nodes", "always_nodes", "credentials"}
        for kind in ("success_nodes", "failure_nodes", "always_nodes"):
            assert all(set(each) == {"identifier"} and each["identifier"] in nodes for each in node["related"][kind])


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> StandIns:
    """What awx.awx is told when somebody plays extensions/awx/load.yml."""
    folder = tmp_path_factory.mktemp("load")
    stand_ins = StandIns(folder / "collections")
    variables = {"job_credential": CREDENTIAL, "awx_organization": "Shop", "awx_execution_environment": "ee-job"}
    run = subprocess.run(
        [str(awx.SCRIPTS / "ansible-playbook"), str(awx.KIT / "load.yml"), "-v", "-e", json.dumps(variables)],
        env={
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(stand_ins.path),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "planted-secret" not in run.stdout + run.stderr
    return stand_ins


def test_the_credential_type_arrives_as_it_is(loaded: StandIns) -> None:
    (options,) = loaded.given("credential_type")
    assert options["inputs"] == awx.read("credential_inputs.yml")
    assert options["injectors"] == awx.read("credential_injectors.yml")
    (credential,) = loaded.given("credential")
    assert (credential["credential_type"], credential["inputs"]) == (options["name"], CREDENTIAL)


def test_the_templates_arrive_as_they_are(loaded: StandIns) -> None:
    (project,) = loaded.given("project")
    (inventory,) = loaded.given("inventory")
    (credential,) = loaded.given("credential")
    around = {
        "organization": "Shop",
        "project": project["name"],
        "inventory": inventory["name"],
        "credentials": [credential["name"]],
        "state": "present",
    }
    silent = {"survey_enabled": False, "ask_variables_on_launch": False}
    assert loaded.given("job_template") == [{**silent, **template, **around} for template in TEMPLATES]
    assert project["default_environment"] == "ee-job"


def test_the_workflow_arrives_as_it_is(loaded: StandIns) -> None:
    (workflow,) = loaded.given("workflow_job_template")
    around = {"organization": "Shop", "state": "present", "destroy_current_schema": True}
    # AnsibleModule also shows options under the names of their aliases.
    assert {name: workflow[name] for name in (*WORKFLOW, *around)} == {**WORKFLOW, **around}
