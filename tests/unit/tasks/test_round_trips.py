# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both vocabularies and both API generations say the same: what is read from one and written in another comes back."""

from __future__ import annotations

import base64
from dataclasses import replace

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
from ansible_collections.blueking.job.plugins.module_utils.options.connection import read_scope
from ansible_collections.blueking.job.plugins.module_utils.options.plan import read_plan_launch
from ansible_collections.blueking.job.plugins.module_utils.options.script import read_script_launch
from ansible_collections.blueking.job.tests.unit.fuzzing import fuzz
from ansible_collections.blueking.job.tests.unit.helpers.fakes import plan_fields, script_fields
from hypothesis import given
from hypothesis import strategies as st

ids = st.integers(1, 10**12)
words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12).filter(str.strip)
scopes = st.builds(Scope, st.sampled_from(["biz", "biz_set", "tenant_set"]), st.integers(1, 2 * 10**7).map(str))
addresses = st.builds(HostAddress, st.integers(0, 99), st.ip_addresses(v=4).map(str))
# JOB takes scripts as UTF-8; line ends and a byte order mark are normalized on the way.
SCRIPTS = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\ufeff"), min_size=1)
group_ids = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=1, max_size=12)


def lists(elements: st.SearchStrategy) -> st.SearchStrategy:  # type: ignore[type-arg]
    return st.lists(elements, max_size=3, unique=True).map(tuple)


# The kind of a node is read without the white space around it.
nodes = st.builds(TopoNode, ids, words.map(str.strip))
without_ids = st.builds(
    TargetServer,
    host_ids=st.just(()),
    addresses=lists(addresses),
    dynamic_groups=lists(group_ids),
    topo_nodes=lists(nodes),
).filter(lambda target: target != TargetServer())
with_ids = st.builds(TargetServer, lists(ids), st.just(()), lists(group_ids), lists(nodes)).filter(
    lambda target: target != TargetServer()
)


def variables(targets: st.SearchStrategy[TargetServer]) -> st.SearchStrategy[tuple[GlobalVariable, ...]]:
    texts = st.builds(GlobalVariable, id=st.none() | ids, name=words, value=st.text(max_size=9).map(_no_surrogates))
    hosts = st.builds(GlobalVariable, id=st.none() | ids, name=words, server=targets)
    return st.lists(
        texts | hosts, max_size=4, unique_by=(lambda each: each.name, lambda each: each.id or each.name)
    ).map(tuple)


def _no_surrogates(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def plans(targets: st.SearchStrategy[TargetServer]) -> st.SearchStrategy[PlanLaunch]:
    return st.builds(
        PlanLaunch, scopes, ids, st.none() | variables(targets), st.none() | st.just("https://a.example/b")
    )


def scripts(targets: st.SearchStrategy[TargetServer]) -> st.SearchStrategy[ScriptLaunch]:
    encoded = SCRIPTS.map(lambda text: base64.b64encode(text.encode()).decode())
    return st.builds(
        ScriptLaunch,
        scope=scopes,
        target=targets,
        script_content=SCRIPTS.map(lambda text: base64.b64encode(text.encode()).decode()),
        script_language=st.integers(1, 5),
        script_param=st.none() | encoded,
        is_param_sensitive=st.none() | st.booleans(),
        timeout=st.none() | st.integers(1, 259_200),
        account_alias=words,
        task_name=words,
        callback_url=st.none() | st.just("https://a.example/b"),
    )


def read_plan(body: dict[str, object]) -> PlanLaunch:
    reader = plan_fields(body)
    launch = read_plan_launch(reader, read_scope(reader))
    assert reader.problems.errors == []
    return launch


def read_script(body: dict[str, object]) -> ScriptLaunch:
    reader = script_fields({**body, "base64_encoded": True})
    launch = read_script_launch(reader, read_scope(reader), "unique")
    assert reader.problems.errors == []
    return launch


@fuzz(50)
@given(plans(with_ids | without_ids))
def test_a_current_plan_request_is_a_task_that_gives_the_same_request(launch: PlanLaunch) -> None:
    assert read_plan(SchemaV3().launch(launch).params) == launch


@fuzz(50)
@given(plans(without_ids))
def test_a_legacy_plan_request_is_a_task_that_gives_the_same_request(launch: PlanLaunch) -> None:
    legacy = SchemaV2().launch(launch)
    again = read_plan(legacy.params)
    assert again == launch
    assert SchemaV3().launch(again) == SchemaV3().launch(launch)


@fuzz(50)
@given(scripts(with_ids | without_ids))
def test_a_current_script_request_is_a_task_that_gives_the_same_request(launch: ScriptLaunch) -> None:
    body = SchemaV3().launch(launch).params
    if "is_param_sensitive" in body:
        body["is_param_sensitive"] = bool(body["is_param_sensitive"])
    assert read_script(body) == launch


@fuzz(50)
@given(scripts(without_ids), st.none() | ids)
def test_a_legacy_script_request_is_a_task_that_gives_the_same_request(
    launch: ScriptLaunch, version: int | None
) -> None:
    if version is not None:
        launch = replace(launch, script_version_id=version, script_content=None)
    body = SchemaV2().launch(launch).params
    # The one word that means different things: v2's script_id is the id of a version.
    if "script_id" in body:
        body["script_version_id"] = body.pop("script_id")
    if "is_param_sensitive" in body:
        body["is_param_sensitive"] = bool(body["is_param_sensitive"])
    again = read_script(body)
    assert again == launch
    assert SchemaV3().launch(again) == SchemaV3().launch(launch)
