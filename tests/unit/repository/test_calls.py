# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every call of the API is declared, made by something, and known to the simulator with every field that is sent."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

import pytest
from ansible_collections.blueking.job.plugins.module_utils.api import client, protocols
from ansible_collections.blueking.job.plugins.module_utils.api.calls import Call
from ansible_collections.blueking.job.plugins.module_utils.api.v2.schema import SchemaV2
from ansible_collections.blueking.job.plugins.module_utils.api.v3.schema import SchemaV3
from ansible_collections.blueking.job.plugins.module_utils.models.connection import Scope
from ansible_collections.blueking.job.plugins.module_utils.models.history import HistoryEntry, HistoryQuery
from ansible_collections.blueking.job.plugins.module_utils.models.plan import PlanStep, PlanSummary, PlanVariable
from ansible_collections.blueking.job.plugins.module_utils.models.run import (
    FileResult,
    HostResult,
    JobInstance,
    StepResult,
)
from ansible_collections.blueking.job.tests.support.simulator import calls as simulator_calls
from ansible_collections.blueking.job.tests.support.simulator.type_conversion import Field, Record
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT
from ansible_collections.blueking.job.tests.unit.repository.test_fields_table import FILES, PLANS, SCRIPTS

UTILS = ROOT / "plugins" / "module_utils"
API = UTILS / "api"
SCHEMAS = {"V2": SchemaV2(), "V3": SchemaV3()}


def sent_calls(schema: SchemaV2 | SchemaV3) -> Iterator[Call[object]]:
    """Every call of an API generation with every field that the collection can send."""
    scope, host = Scope("biz", "2"), (3, HostResult(1, 0, "10.0.0.1", 9))
    yield from (schema.launch(launch, start) for launch in (*PLANS, *SCRIPTS, *FILES) for start in (True, False))
    yield from (schema.operate(scope, 1, None, 2), schema.operate(scope, 1, 3, 2))
    yield from (schema.instances.status(scope, 1, with_hosts) for with_hosts in (True, False))
    yield from (batch.call for batch in schema.instances.log_batches(scope, 1, [host]))
    single = schema.instances.single_log(scope, 1, host)
    optional = [single and single.call, schema.plans.accounts(scope), schema.plans.script_check(SCRIPTS[0])]
    yield from (call for call in optional if call is not None)
    yield from (schema.variable_values(scope, 1), schema.plans.plan(scope, 1), schema.plans.plan_page(scope, "n", 0, 7))
    if schema.history is not None:
        query = HistoryQuery(scope, 1, 2, name_part="n", operator="o", launch_mode=2, type=0)
        yield schema.history.list_instances(query)


def record_of(kind: object) -> Record | None:
    """The table of fields of a kind: the kind itself, or that of the elements of a list."""
    if isinstance(kind, Record) or not inspect.isfunction(kind):
        return kind if isinstance(kind, Record) else None
    return record_of(inspect.getclosurevars(kind).nonlocals.get("kind"))


def unknown_fields(sent: Mapping[str, object], record: Record, path: str = "") -> Iterator[str]:
    for name, value in sent.items():
        field: Field | None = record.fields.get(name)
        if field is None:
            yield f"{path}{name}"
            continue
        inner = record_of(field.kind)
        for element in value if isinstance(value, list) else [value]:
            if inner is not None and isinstance(element, Mapping):
                yield from unknown_fields(element, inner, f"{path}{name}.")


def built_calls(generation: str) -> set[str]:
    """Names of the calls that the files of an API generation build."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (API / generation.lower()).glob("*.py")]
    return {
        node.args[0].value
        for node in chain.from_iterable(map(ast.walk, trees))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Call"
        if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
    }


def text_of(files: Iterable[Path]) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def unused_methods(kind: type, text: str) -> list[str]:
    """Methods of a class that a text does not use."""
    used = set(re.findall(r"\.(\w+)", text))
    return [f"{kind.__name__}.{name}" for name in vars(kind) if not name.startswith("_") and name not in used]


def test_every_declared_call_is_made() -> None:
    kinds = [
        kind for _name, kind in inspect.getmembers(protocols, inspect.isclass) if kind.__module__ == protocols.__name__
    ]
    text = text_of(path for path in UTILS.rglob("*.py") if path.parent.name not in ("v2", "v3"))
    unused = [method for kind in kinds for method in unused_methods(kind, text)]
    assert unused == [], f"nothing uses {unused} of api/protocols.py: call them in plugins/module_utils/api/client.py"


def test_every_method_of_the_client_is_used() -> None:
    own = re.findall(r"self\.\w+", inspect.getsource(client))
    text = text_of(path for path in (ROOT / "plugins").rglob("*.py") if API not in path.parents)
    unused = unused_methods(client.JobClient, "\n".join([text, *own]))
    assert unused == [], f"nothing uses {unused} of plugins/module_utils/api/client.py: call them in jobs/ or tasks/"


def test_every_field_of_a_response_is_read() -> None:
    """A field with a default that no file sets would always be null."""
    assigned = set(re.findall(r"\.(\w+) = ", text_of(UTILS.rglob("*.py"))))
    nodes = [node for path in API.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    calls = [
        (getattr(each.func, "id", getattr(each.func, "attr", "")), each) for each in nodes if isinstance(each, ast.Call)
    ]
    for model in (JobInstance, StepResult, HostResult, FileResult, HistoryEntry, PlanSummary, PlanVariable, PlanStep):
        names = [*inspect.signature(model).parameters]
        made = [call for name, call in calls if name in (model.__name__, "replace", "_replace")]
        given = {name for call in made for name in (*names[: len(call.args)], *(word.arg for word in call.keywords))}
        unset = [name for name in names if name not in given | assigned]
        assert unset == [], f"nothing sets {unset} of {model.__name__}: read them in api/v2/*.py and api/v3/*.py"


@pytest.mark.parametrize("generation", SCHEMAS)
def test_every_call_is_compared_with_the_simulator(generation: str) -> None:
    missing = sorted(built_calls(generation) - {call.name for call in sent_calls(SCHEMAS[generation])})
    assert missing == [], f"add {missing} with all their fields to sent_calls in tests/unit/repository/test_calls.py"


@pytest.mark.parametrize("generation", SCHEMAS)
def test_every_field_that_is_sent_is_in_the_tables_of_the_simulator(generation: str) -> None:
    known = getattr(simulator_calls, generation)
    unknown_calls = sorted(built_calls(generation) - set(known))
    assert unknown_calls == [], (
        f"add {unknown_calls} to {generation} in tests/support/simulator/calls.py: the function that responds, and the "
        "Record of the fields (request_fields.py, fields_*.py)"
    )
    for call in sent_calls(SCHEMAS[generation]):
        params = {name: value for name, value in call.params.items() if not name.startswith(("bk_scope_", "bk_biz_id"))}
        unknown = sorted(set(unknown_fields(params, known[call.name].request)))
        assert unknown == [], (
            f"the simulator would silently ignore {unknown} of {generation} {call.name}: add them to the Record that "
            "tests/support/simulator/calls.py names for this call (request_fields.py, fields_*.py), with type and rules"
        )
