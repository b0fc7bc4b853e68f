# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates and workflow of the kit, run with ansible-runner against the server, as AWX would run them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support import awx
from ansible_collections.blueking.job.tests.support.leaks import leaks
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.simulator_client import SCOPE, Client, eventually
from ansible_collections.blueking.job.tests.unit.helpers.tls_authority import Authority

SECRETS = {"app": "planted-app-secret-1", "token": "planted-token-2", "given": "planted value 'three'"}
HOSTS = 5000
WORKFLOW = awx.read("workflow.yml")
RUN, LAUNCH, WAIT = "JOB - run a script", "JOB - launch a plan", "JOB - wait for a run"
SEND = "JOB - send files"
WAIT_VARIABLES = ("wait_timeout", "wait_round", "wait_logs")
ADDRESSES = [{"bk_cloud_id": 0, "ip": "10.0.0.1"}, {"bk_cloud_id": 0, "ip": "10.0.0.2"}]
PLAN_STEP = {"name": "run", "account": "root", "target": {"variable": "targets"}}
SHORT = 'echo "version $version, ${#password} characters, on $(hostname)"'


def inventory(**more: Any) -> dict[str, Any]:
    variables = [
        {"id": 1, "name": "targets", "type": "host", "server": {"host_id_list": [1]}},
        {"id": 2, "name": "version", "type": "string", "value": "1.0"},
        {"id": 3, "name": "password", "type": "cipher", "value": "nobody-knows"},
    ]
    plans = {"short": SHORT, "long": "sleep 3600", "broken": "echo lost; exit 3"}
    return {
        "apps": [{"code": "shop", "secret": SECRETS["app"]}],
        "users": [{"name": "alice", "tokens": [SECRETS["token"]]}],
        "scopes": [{"type": "biz", "id": "2", "name": "demo"}],
        "hosts": [{"generate": {"count": 3, "scope": "2", "name": "node-{n}"}}],
        "accounts": [{"id": 1, "alias": "root", "scope": "2"}],
        "plans": [
            {
                "id": number,
                "name": name,
                "scope": "2",
                "variables": variables,
                "steps": [{**PLAN_STEP, "content": text}],
            }
            for number, (name, text) in enumerate(plans.items(), 1)
        ],
        **more,
    }


def credential(server: JobServer, **more: object) -> dict[str, object]:
    """The fields of a credential of which most were left blank."""
    return {
        **{"api_url": server.url, "gateway": "esb", "bk_app_code": "shop", "bk_app_secret": SECRETS["app"]},
        **{"bk_token": SECRETS["token"], "bk_scope_type": "biz", "bk_scope_id": "2", "proxy": "", "ca_certificate": ""},
        **more,
    }


class Controllers:
    """Makes controllers with a credential."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.made: list[awx.Controller] = []

    def __call__(self, server: JobServer, **more: object) -> awx.Controller:
        self.made.append(awx.Controller(self._folder, credential(server, **more)))
        return self.made[-1]


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[Controllers]:
    controllers = Controllers(tmp_path)
    yield controllers
    for each in controllers.made:
        each.close()


@pytest.fixture
def server() -> Iterator[JobServer]:
    with JobServer(inventory()) as running:
        yield running


def calls(server: JobServer) -> list[str]:
    return [entry["call"] for entry in server.journal]


def acts(server: JobServer) -> list[str]:
    """What the server has done, beyond answering."""
    return [act["act"] for entry in server.journal for act in entry["did"]]


def result(job: awx.Job) -> dict[str, Any]:
    """The last result of a module of ours in the events of a job."""
    ends = ("runner_on_ok", "runner_on_failed", "runner_retry")
    found = [each["event_data"] for each in job.events if each["event"] in ends]
    ours = [each["res"] for each in found if each["resolved_action"].startswith("blueking.job.")]
    return dict(ours[-1])


def no_secret(job: awx.Job) -> None:
    """In all that ansible-runner keeps of a job, but for its own record of the environment."""
    for path in job.artifacts_folder.rglob("*"):
        if path.is_file() and path.name != "command":
            assert leaks(path.read_text(encoding="utf-8", errors="replace"), SECRETS.values()) == [], path


def test_answers_of_a_survey_are_text(server: JobServer, controller: Controllers) -> None:
    given = {
        "script_content": 'echo "$(hostname): $1; $2"',
        "script_param": "'{{ 7 * 7 }}' 2.10",
        "job_hosts": "10.0.0.1\n 0:10.0.0.2,\n",
        "script_timeout": "60",
        "wait_timeout": "100",
        "script_logs": "all",
    }
    job = controller(server).launch(RUN, given)
    assert job.wait() == "successful", job.output
    logs = {host["ip"]: host["log"] for host in result(job)["hosts"]}
    # AWX does not take an answer for a template.
    assert logs == {f"10.0.0.{n}": f"node-{n}: {{{{ 7 * 7 }}}}; 2.10\n" for n in (1, 2)}
    assert "success, 2 of 2 (hosts in all steps)" in job.output
    assert "(item=10.0.0.2: success, exit code 0) => {" in job.output
    assert '"node-2: {{ 7 * 7 }}; 2.10"' in job.output
    no_secret(job)


def test_files_and_a_text_are_sent(server: JobServer, controller: Controllers) -> None:
    server.host_directory(1).joinpath("data").mkdir()
    server.host_directory(1).joinpath("data", "a.txt").write_text("one\n", encoding="utf-8")
    targets = {"file_target_path": "/srv", "job_hosts": "2\n3"}
    awx_controller = controller(server)
    job = awx_controller.launch(SEND, {**targets, "source_files": "/data/a.txt\n", "source_hosts": "1"})
    assert job.wait() == "successful", job.output
    assert "success, 2 of 2 hosts have all files" in job.output
    text = {"file_name": "app.conf", "file_content": "port = {{ 8 * 10 }}\nname = x\n", "transfer_mode": "force"}
    job = awx_controller.launch(SEND, {**targets, **text})
    assert job.wait() == "successful", job.output
    for host in (2, 3):
        arrived = {path.name: path.read_text("utf-8") for path in server.host_directory(host).joinpath("srv").iterdir()}
        assert arrived == {"a.txt": "one\n", "app.conf": text["file_content"]}
    no_secret(job)


def test_an_answer_that_reads_like_a_number_never_arrives_as_another_one(
    server: JobServer, controller: Controllers
) -> None:
    """Ansible from 2.19 on makes a number of it before a playbook can see it; the versions before do not."""
    given = {"script_content": "echo got $1", "script_param": "2.10", "job_hosts": "1", "script_logs": "all"}
    job = controller(server).launch(RUN, given)
    if job.wait() == "successful":
        assert result(job)["hosts"][0]["log"] == "got 2.10\n"
    else:
        assert "came as a number" in job.output
        assert calls(server) == []


def test_a_workflow_launches_and_waits(server: JobServer, controller: Controllers) -> None:
    given = {
        "plan_name": "short",
        "plan_settings": "\r\nversion = 2.10\r\n",
        "secret_setting": f"password={SECRETS['given']}",
        "job_hosts": "1, 2",
        "wait_logs": "all",
    }
    workflow = controller(server).run_workflow(WORKFLOW, given)
    assert (workflow.statuses, workflow.status) == ({"launch": "successful", "wait": "successful"}, "successful")
    launch, wait = workflow.jobs["launch"], workflow.jobs["wait"]
    # Nothing else, and before version 2.19 Ansible makes text of it.
    assert {name: int(value) for name, value in launch.artifacts.items()} == {
        "job_instance_id": result(wait)["job_instance_id"]
    }
    logs = [host["log"] for host in result(wait)["hosts"]]
    assert logs == [f"version 2.10, {len(SECRETS['given'])} characters, on node-{n}\n" for n in (1, 2)]
    assert acts(server) == ["create", "start"]
    for job in workflow.jobs.values():
        no_secret(job)


def test_lists_of_hosts_that_name_none_never_run_on_the_hosts_of_the_plan(
    server: JobServer, controller: Controllers
) -> None:
    given = {"plan_name": "short", "job_hosts": " ,\n", "job_dynamic_groups": []}
    job = controller(server).launch(LAUNCH, given)
    assert job.wait() == "failed"
    output = " ".join(job.output.split())
    assert "job_hosts and job_dynamic_groups: no host is named, so nothing was launched" in output
    assert calls(server) == []


def test_a_list_of_hosts_that_is_not_given_leaves_the_hosts_of_the_plan(
    server: JobServer, controller: Controllers
) -> None:
    empty = ["plan_id", "plan_settings", "secret_setting", "job_hosts", "job_dynamic_groups", "hosts_variable"]
    given = {**dict.fromkeys(empty, ""), "job_dynamic_groups": None}
    control = controller(server)
    job = control.launch(LAUNCH, {"plan_name": "short", **given})
    assert job.wait() == "successful", job.output
    run = {"job_instance_id": str(result(job)["job_instance_id"])}
    wait = control.launch(WAIT, {**run, **dict.fromkeys(WAIT_VARIABLES, "")})
    assert wait.wait() == "successful", wait.output
    assert result(wait)["counts"]["total"] == 1
    stop = control.launch("JOB - stop a run", {**run, "end_failed": ""})
    assert stop.wait() == "successful", stop.output


def test_settings_and_hosts_come_as_lists(server: JobServer, controller: Controllers) -> None:
    given = {"plan_settings": [{"version": "v3"}, "password = x"], "job_hosts": ["10.0.0.1", ADDRESSES[1]]}
    expected = [{"name": "version", "value": "v3"}, {"name": "password", "value": "x"}]
    assert sent(server, controller, given) == [*expected, {"name": "targets", "server": {"ip_list": ADDRESSES}}]


def test_settings_and_hosts_come_as_json_text(server: JobServer, controller: Controllers) -> None:
    given = {"plan_settings": '{"version": "v3"}', "job_hosts": '[1, "2"]'}
    expected = [{"name": "version", "value": "v3"}]
    assert sent(server, controller, given) == [*expected, {"name": "targets", "server": {"host_id_list": [1, 2]}}]


def sent(server: JobServer, controller: Controllers, given: dict[str, object]) -> object:
    """Launch the short plan, and return the global variables of the request."""
    job = controller(server).launch(LAUNCH, {"plan_name": "short", **given})
    assert job.wait() == "successful", job.output
    (body,) = [entry["json"] for entry in server.journal if entry["call"] == "execute_job_plan"]
    return body["global_var_list"]


@pytest.mark.parametrize("template", [RUN, LAUNCH])
def test_ids_beside_addresses_are_refused(server: JobServer, controller: Controllers, template: str) -> None:
    more = {"script_content": "exit 0"} if template == RUN else {"plan_name": "short"}
    job = controller(server).launch(template, {**more, "job_hosts": "1\n10.0.0.2"})
    assert job.wait() == "failed"
    assert "Hosts are named by ids and by addresses" in job.output
    assert calls(server) == []


def test_what_is_shown_of_logs_is_limited(server: JobServer, tmp_path: Path) -> None:
    given = {"script_content": "seq 100; exit 3", "job_hosts": "1,2,3", "shown_hosts": 2, "shown_log_lines": 1}
    environment = awx.inject(credential(server), tmp_path)
    job = awx.Job(tmp_path / "job", "playbooks/run_script.yml", environment, given)
    assert job.wait() == "failed"
    assert job.output.count('=> {\n    "msg": [\n        "100"\n    ]\n}') == 2


def test_a_wait_that_is_canceled_stops_the_run(server: JobServer, controller: Controllers) -> None:
    def cancel(node: str, job: awx.Job) -> None:
        if node == "wait":
            before = calls(server).count("get_job_instance_status")
            job.until(lambda: calls(server).count("get_job_instance_status") > before)
            job.cancel()

    workflow = controller(server).run_workflow(WORKFLOW, {"plan_name": "long"}, cancel)
    assert workflow.statuses == {"launch": "successful", "wait": "canceled", "stop": "failed"}
    # The job of AWX is killed, and nothing of ours can act; the node that follows does.
    assert acts(server) == ["create", "start", "terminate"]
    assert result(workflow.jobs["stop"])["status"] == "terminated"
    # A failure path that succeeds would make the workflow a success.
    assert workflow.status == "failed"


def test_a_run_that_failed_is_not_stopped_but_reported(server: JobServer, controller: Controllers) -> None:
    workflow = controller(server).run_workflow(WORKFLOW, {"plan_name": "broken", "wait_timeout": "60"})
    assert workflow.statuses == {"launch": "successful", "wait": "failed", "stop": "failed"}
    assert acts(server) == ["create", "start"]
    assert result(workflow.jobs["wait"])["failed_hosts"][0]["exit_code"] == 3
    assert "(item=10.0.0.1: script_exit_code, exit code 3)" in workflow.jobs["wait"].output
    assert "did not succeed: failed" in workflow.jobs["stop"].output
    assert workflow.status == "failed"


def test_a_launch_that_is_refused_stops_nothing(server: JobServer, controller: Controllers) -> None:
    given = {"plan_name": "short", "plan_settings": "vresion=2"}
    workflow = controller(server).run_workflow(WORKFLOW, given)
    assert (workflow.statuses, workflow.status) == ({"launch": "failed"}, "failed")
    assert "version" in result(workflow.jobs["launch"])["msg"]
    assert acts(server) == []


def test_who_is_asked_to_end_stops_the_run(server: JobServer, controller: Controllers) -> None:
    job = controller(server).launch(RUN, {"script_content": "sleep 3600", "job_hosts": "1"})
    job.until(lambda: "get_job_instance_status" in calls(server))
    job.interrupt()
    assert job.wait() == "failed"
    eventually(lambda: not job.processes)
    assert acts(server) == ["create", "start", "terminate"]


def test_who_survives_a_cancel_stops_the_run(server: JobServer, controller: Controllers) -> None:
    """Without a container, and where ansible-playbook has its workers in process groups of their own."""
    job = controller(server).launch(RUN, {"script_content": "sleep 3600", "job_hosts": "1"})
    job.until(lambda: "get_job_instance_status" in calls(server))
    job.cancel(container=False)
    assert job.wait() == "canceled"
    eventually(lambda: not job.processes)
    # From then on workers have a session of their own, and are not killed along. Ansible is not imported here, as it
    # would take the whole process for a controller, and modules in other tests for a part of that.
    apart = tuple(map(int, version("ansible-core").split(".")[:2])) >= (2, 19)
    stops = ["terminate"] if apart else []
    assert acts(server) == ["create", "start", *stops]


def test_a_long_wait_shows_that_it_is_alive(controller: Controllers) -> None:
    # Time stands still, so the run never begins.
    with JobServer(inventory(executor="scripted", clock="manual")) as server:
        who = {"bk_app_code": "shop", "bk_app_secret": SECRETS["app"], "bk_token": SECRETS["token"]}
        launched = Client(server).gateway("execute_job_plan", {**SCOPE, "job_plan_id": 1}, who).json["data"]
        given = {"job_instance_id": str(launched["job_instance_id"]), "wait_timeout": "0.4", "wait_round": "0.2"}
        wait = controller(server).launch(WAIT, given)
        assert wait.wait() == "failed"
        assert [event["event"] for event in wait.events].count("runner_retry") == 1
        assert result(wait)["error"]["kind"] == "wait_timeout"
        assert acts(server) == ["create", "start"]


def test_no_event_is_too_large_however_many_hosts_there_are(controller: Controllers) -> None:
    many = inventory(
        hosts=[{"generate": {"count": HOSTS, "scope": "2", "name": "node-{n}"}}],
        dynamic_groups=[{"id": "all", "scope": "2", "hosts": list(range(1, HOSTS + 1))}],
        executor="scripted",
        outcomes=[{"exit_code": 1, "log": "{name} gives up\n", "log_bytes": 4096}],
    )
    with JobServer(many) as server:
        job = controller(server).launch(RUN, {"script_content": "run", "job_dynamic_groups": "all"})
        assert job.wait() == "failed"
    # ansible-runner empties results of more than 700 000 characters. The text of the event repeats the result.
    kept = result(job)
    assert 100_000 < len(str(kept)) < 700_000
    assert kept["counts"]["failed"] == HOSTS
    assert len(job.output) < 700_000


def test_certificates_come_as_files(controller: Controllers, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tls")
    certificate, key, _both = authority.client()
    with JobServer(inventory(), tls=authority.serving("127.0.0.1", clients=authority)) as server:
        files = {"ca_certificate": authority.path, "client_certificate": certificate, "client_key": key}
        fields = {name: Path(path).read_text(encoding="utf-8") for name, path in files.items()}
        job = controller(server, **fields).launch(RUN, {"script_content": "exit 0", "job_hosts": "1"})
        assert job.wait() == "successful", job.output
    assert "PRIVATE KEY" not in job.output


def test_the_placeholder_of_awx_is_no_secret(server: JobServer, controller: Controllers) -> None:
    broken = controller(server, bk_app_secret="$encrypted$")
    job = broken.launch(RUN, {"script_content": "exit 0", "job_hosts": "1"})
    assert job.wait() == "failed"
    assert "bk_app_secret: is the placeholder that AWX shows" in result(job)["msg"]
    assert calls(server) == []


def test_a_relaunch_continues_the_run(server: JobServer, controller: Controllers) -> None:
    """AWX repeats the answers of a job that it launches again. A key may read like a number."""
    control = controller(server)
    found = []
    for _launch in range(2):
        job = control.launch(RUN, {"script_content": "exit 0", "job_hosts": "1", "unique_key": "4711"})
        assert job.wait() == "successful", job.output
        found.append(result(job)["job_instance_id"])
    assert found[0] == found[1]
    assert acts(server) == ["create", "start"]
