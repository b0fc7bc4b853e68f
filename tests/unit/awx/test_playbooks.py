# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbooks of the collection make of their variables: all of them in one job of the emulated AWX.

The server requires a certificate of the client, and the job's callback is blueking.job.readable.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.blueking.job.tests.support import awx
from ansible_collections.blueking.job.tests.support.simulator import JobServer
from ansible_collections.blueking.job.tests.unit.helpers.awx_estate import (
    SECRETS,
    assert_no_secret,
    credential,
    inventory,
    results,
)
from ansible_collections.blueking.job.tests.unit.helpers.awx_plays import Played, play_together
from ansible_collections.blueking.job.tests.unit.helpers.tls_authority import Authority

LAUNCH, WAIT, STOP = "launch_plan.yml", "wait_for_run.yml", "stop_run.yml"
RUN, SEND = "run_script.yml", "send_files.yml"
ADDRESSES = [{"bk_cloud_id": 0, "ip": "10.0.0.1"}, {"bk_cloud_id": 0, "ip": "10.0.0.2"}]
# As a survey without answers gives them.
EMPTY = ("plan_id", "plan_settings", "secret_setting", "job_hosts", "job_dynamic_groups", "hosts_variable")
WAIT_EMPTY = ("wait_timeout", "wait_round", "wait_logs")
LAUNCHED, BROKEN, LONG = (
    {"job_instance_id": f"{{{{ {name}.job_instance_id | string }}}}"} for name in ("launched", "broken", "long")
)
BEFORE = [
    {"blueking.job.bk_job_plan": {"job_plan_name": name, "wait": False}, "register": name}
    for name in ("broken", "long")
]
READABLE = {"ANSIBLE_STDOUT_CALLBACK": "blueking.job.readable", "BK_JOB_READABLE_MAX_LOG_LINES": "1"}
# It looks like a template.
TEXT = "port = {{ 8 * 10 }}\nname = x\n"


def sent(**given: str) -> dict[str, object]:
    """Return the variables that the survey of the template for files gives, with these answers."""
    (survey,) = [each["survey_spec"] for each in awx.read("job_templates.yml") if each["playbook"].endswith(SEND)]
    return awx.answers(survey, {"file_target_path": "/srv", "job_hosts": "2\n3", **given})


CASES: dict[str, tuple[str, dict[str, object]]] = {
    "files of a host": (SEND, sent(source_files="/data/a.txt\n", source_hosts="1")),
    "a text": (
        SEND,
        sent(file_name="app.conf", file_content="{% raw %}" + TEXT + "{% endraw %}", transfer_mode="force"),
    ),
    "lists that name no host": (LAUNCH, {"plan_name": "short", "job_hosts": " ,\n", "job_dynamic_groups": []}),
    "ids and addresses for a script": (RUN, {"script_content": "exit 0", "job_hosts": "1\n10.0.0.2"}),
    "ids and addresses for a plan": (LAUNCH, {"plan_name": "short", "job_hosts": "1\n10.0.0.2"}),
    "ids and addresses for files": (
        SEND,
        {"file_target_path": "/srv", "file_name": "a", "file_content": "a", "job_hosts": "1\n10.0.0.2"},
    ),
    "ids and addresses for sources": (SEND, sent(source_files="/data/a.txt", source_hosts="1, 10.0.0.2")),
    "files to hosts in JSON text": (
        SEND,
        {
            "file_target_path": "/from_json",
            "file_name": "a",
            "file_content": "a",
            "job_hosts": '["0:10.0.0.1", {"bk_cloud_id": 0, "ip": "10.0.0.2"}]',
        },
    ),
    "many lines": (
        RUN,
        {"script_content": "seq 100; exit 3", "job_hosts": "1,2,3", "shown_hosts": 2, "shown_log_lines": 1},
    ),
    "a number as key": (RUN, {"script_content": "exit 0", "job_hosts": "1", "unique_key": 4711}),
    "the same key as text": (RUN, {"script_content": "exit 0", "job_hosts": "1", "unique_key": "4711"}),
    "lists": (
        LAUNCH,
        {
            "plan_name": "short",
            "plan_settings": [{"version": "v3"}, "password = x"],
            "job_hosts": ["10.0.0.1", ADDRESSES[1]],
        },
    ),
    "text": (
        LAUNCH,
        {
            "plan_name": "short",
            "plan_settings": "\r\nversion = 2.10\r\n",
            "secret_setting": f"password={SECRETS['given']}",
            "job_hosts": "1, 2",
        },
    ),
    "text, waited for": (WAIT, {**LAUNCHED, "wait_logs": "all"}),
    "JSON text": (LAUNCH, {"plan_name": "short", "plan_settings": '{"version": "v3"}', "job_hosts": '[1, "2"]'}),
    "all empty": (LAUNCH, {"plan_name": "short", **dict.fromkeys(EMPTY, ""), "job_dynamic_groups": None}),
    "all empty, waited for": (WAIT, {**LAUNCHED, **dict.fromkeys(WAIT_EMPTY, "")}),
    "all empty, stopped": (STOP, {**LAUNCHED, "end_failed": ""}),
    "broken, waited for": (WAIT, {**BROKEN, "wait_timeout": "60"}),
    "broken, stopped": (STOP, {**BROKEN, "end_failed": True}),
    "long, waited for": (WAIT, {**LONG, "wait_timeout": "0.4", "wait_round": "0.2"}),
    "long, stopped": (STOP, {**LONG, "end_failed": True}),
    "wrong setting": (LAUNCH, {"plan_name": "short", "plan_settings": "vresion=2"}),
}
Plays = dict[str, Played]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[JobServer, awx.Job, Plays]]:
    """The server, with its directories, the job, and its plays by name."""
    folder = tmp_path_factory.mktemp("plays")
    authority = Authority(folder / "tls")
    certificate, key, _both = authority.client()
    with JobServer(inventory(), tls=authority.serving("127.0.0.1", clients=authority)) as server:
        server.host_directory(1).joinpath("data").mkdir()
        server.host_directory(1).joinpath("data", "a.txt").write_text("one\n", encoding="utf-8")
        files = {"ca_certificate": authority.path, "client_certificate": certificate, "client_key": key}
        fields = {name: Path(path).read_text(encoding="utf-8") for name, path in files.items()}
        environment = {**awx.inject(credential(server, **fields), folder), **READABLE}
        job, plays = play_together(folder / "job", environment, BEFORE, CASES)
        yield server, job, plays


@pytest.fixture
def server(ran: tuple[JobServer, awx.Job, Plays]) -> JobServer:
    return ran[0]


@pytest.fixture
def plays(ran: tuple[JobServer, awx.Job, Plays]) -> Plays:
    return ran[2]


def launched(server: JobServer, play: Played) -> Any:
    """Return the body of the request that launched the run of a play."""
    number = results(play)[-1]["job_instance_id"]
    (body,) = [entry["json"] for entry in server.journal if entry["answer"].get("started") == number]
    return body


def test_certificates_come_as_files(ran: tuple[JobServer, awx.Job, Plays]) -> None:
    server, job, _plays = ran
    assert server.url.startswith("https:")
    assert {entry["caller"]["user"] for entry in server.journal} == {"alice"}
    assert "PRIVATE KEY" not in job.output
    assert_no_secret(job)


def test_files_of_a_host_and_a_text_are_sent(server: JobServer, plays: Plays) -> None:
    assert "success, 2 of 2 hosts have all files" in plays["files of a host"].output
    assert plays["a text"].wait() == "successful"
    for host in (2, 3):
        arrived = {path.name: path.read_text("utf-8") for path in server.host_directory(host).joinpath("srv").iterdir()}
        assert arrived == {"a.txt": "one\n", "app.conf": TEXT}


def test_lists_of_hosts_that_name_none_never_run_on_the_hosts_of_the_plan(plays: Plays) -> None:
    play = plays["lists that name no host"]
    assert play.wait() == "failed"
    output = " ".join(play.output.split())
    assert "job_hosts and job_dynamic_groups: no host is named, so nothing was launched" in output
    assert results(play) == []


def test_hosts_of_files_come_as_json_text(server: JobServer, plays: Plays) -> None:
    assert launched(server, plays["files to hosts in JSON text"])["target_server"] == {"ip_list": ADDRESSES}


@pytest.mark.parametrize("what", ["a script", "a plan", "files", "sources"])
def test_ids_beside_addresses_are_rejected(plays: Plays, what: str) -> None:
    play = plays[f"ids and addresses for {what}"]
    assert play.wait() == "failed"
    assert "Hosts are named by ids and by addresses" in play.output
    assert results(play) == []


def test_what_is_shown_of_logs_is_limited(plays: Plays) -> None:
    play = plays["many lines"]
    assert play.wait() == "failed"
    assert play.output.count('=> {\n    "msg": [\n        "100"\n    ]\n}') == 2


def test_the_output_is_readable_and_events_keep_the_whole_result(plays: Plays) -> None:
    """The callback extends the one that ansible-runner sets."""
    play = plays["many lines"]
    assert "    FAIL 10.0.0.1  exit code 3\n         | ... (99 earlier lines)\n         | 100" in play.output
    whole = "".join(f"{number}\n" for number in range(1, 101))
    assert [host["log"] for host in results(play)[-1]["failed_hosts"]] == [whole] * 3


def test_a_key_may_read_like_a_number(plays: Plays) -> None:
    first, again = (results(plays[name])[-1] for name in ("a number as key", "the same key as text"))
    assert first["job_instance_id"] == again["job_instance_id"]
    assert (first["changed"], again["changed"]) == (True, False)


def test_settings_and_hosts_come_as_lists(server: JobServer, plays: Plays) -> None:
    expected = [{"name": "version", "value": "v3"}, {"name": "password", "value": "x"}]
    targets = {"name": "targets", "server": {"ip_list": ADDRESSES}}
    assert launched(server, plays["lists"])["global_var_list"] == [*expected, targets]


def test_settings_and_hosts_come_as_text(plays: Plays) -> None:
    launch, wait = results(plays["text"])[-1], results(plays["text, waited for"])[-1]
    assert launch["job_instance_id"] == wait["job_instance_id"]
    logs = [host["log"] for host in wait["hosts"]]
    assert logs == [f"version 2.10, {len(SECRETS['given'])} characters, on node-{n}\n" for n in (1, 2)]


def test_settings_and_hosts_come_as_json_text(server: JobServer, plays: Plays) -> None:
    targets = {"name": "targets", "server": {"host_id_list": [1, 2]}}
    assert launched(server, plays["JSON text"])["global_var_list"] == [{"name": "version", "value": "v3"}, targets]


def test_a_list_of_hosts_that_is_not_given_leaves_the_hosts_of_the_plan(plays: Plays) -> None:
    names = ("all empty", "all empty, waited for", "all empty, stopped")
    assert [plays[name].wait() for name in names] == ["successful"] * 3
    assert results(plays["all empty, waited for"])[-1]["counts"]["total"] == 1
    assert results(plays["all empty, stopped"])[-1]["changed"] is False


def test_a_run_that_failed_is_not_stopped_but_reported(server: JobServer, plays: Plays) -> None:
    wait, stop = plays["broken, waited for"], plays["broken, stopped"]
    assert (wait.wait(), stop.wait()) == ("failed", "failed")
    assert results(wait)[-1]["failed_hosts"][0]["exit_code"] == 3
    assert "(item=10.0.0.1: script_exit_code, exit code 3)" in wait.output
    assert terminated(server, results(wait)[-1]["job_instance_id"]) == 0
    assert "did not succeed: failed" in stop.output


def test_a_long_wait_shows_that_it_is_alive_and_stops_nothing(server: JobServer, plays: Plays) -> None:
    wait, stop = plays["long, waited for"], plays["long, stopped"]
    assert (wait.wait(), stop.wait()) == ("failed", "failed")
    assert [event["event"] for event in wait.events].count("runner_retry") == 1
    assert results(wait)[-1]["error"]["kind"] == "wait_timeout"
    # By the play after it.
    assert results(stop)[-1]["status"] == "terminated"
    assert terminated(server, results(wait)[-1]["job_instance_id"]) == 1


def terminated(server: JobServer, number: int) -> int:
    """Count how often a run was asked to end."""
    acts = [act for entry in server.journal for act in entry["did"]]
    return [(act["act"], act["job_instance_id"]) for act in acts].count(("terminate", number))


def test_a_rejected_launch_publishes_no_run(plays: Plays) -> None:
    play = plays["wrong setting"]
    assert play.wait() == "failed"
    assert "version" in results(play)[-1]["msg"]
    (publish,) = [each for each in play.events if each["event_data"].get("task_action") == "ansible.builtin.set_stats"][
        -1:
    ]
    assert publish["event"] == "runner_on_skipped"
