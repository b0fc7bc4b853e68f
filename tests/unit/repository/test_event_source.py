# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source documents its options, and imports the copy of the collection that it is part of."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible_collections.blueking.job.plugins.doc_fragments import connection, scope
from ansible_collections.blueking.job.plugins.module_utils.options.spec import Spec
from ansible_collections.blueking.job.plugins.plugin_utils.event_source.options import JOB_RUNS
from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

# Options of modules whose text is about tasks and waits, and reads differently here.
ADAPTED = {"api_version", "connect_timeout", "read_timeout", "web_url", "bk_scope_type"}
SOURCE = Path("extensions", "eda", "plugins", "event_source", "job_runs.py")


def constants() -> dict[str, Any]:
    """Return the YAML texts of the source, which importing it would need no less than a path."""
    tree = ast.parse((ROOT / SOURCE).read_text(encoding="utf-8"))
    assigned = [node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)]
    return {ast.unparse(node.targets[0]): yaml.safe_load(str(ast.literal_eval(node.value))) for node in assigned}


def test_the_documentation_has_every_option_with_type_default_and_choices() -> None:
    compare(JOB_RUNS, constants()["DOCUMENTATION"]["options"], "")


def compare(spec: Spec, documented: dict[str, Any], path: str) -> None:
    assert set(documented) == set(spec), path
    for name, option in spec.items():
        words = documented[name]
        for key in ("type", "elements", "default", "choices", "aliases"):
            assert words.get(key) == option.get(key), f"{path}{name}: {key}"
        description = words["description"]
        assert ("env" in option) == (f"E({option.get('env')})" in str(description)), f"{path}{name}: env"
        if "options" in option:
            compare(option["options"], words["suboptions"], f"{path}{name}.")


@pytest.mark.parametrize("fragment", [connection, scope])
def test_shared_options_are_described_as_in_the_modules(fragment: ModuleType) -> None:
    """Documentation of an event source cannot use fragments, so it repeats their text."""
    documented = constants()["DOCUMENTATION"]["options"]
    for name, option in yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"].items():
        if name not in ADAPTED:
            assert documented[name] == option, f"{SOURCE}: {name}: copy it from {fragment.__file__}"


def test_what_galaxy_wants_of_an_event_source_is_there() -> None:
    documentation = constants()["DOCUMENTATION"]
    assert documentation["module"] == SOURCE.stem
    assert documentation["author"]
    assert documentation["short_description"]
    extensions = yaml.safe_load((ROOT / "meta" / "extensions.yml").read_text(encoding="utf-8"))
    (folder,) = (each["args"]["ext_dir"] for each in extensions["extensions"])
    assert Path("extensions", folder) == SOURCE.parent
    (play,) = constants()["EXAMPLES"]
    assert set(play["sources"][0]["blueking.job.job_runs"]) <= set(JOB_RUNS)


@pytest.mark.parametrize("before", ["", "import ansible_collections.blueking.job.plugins", "regular package"])
def test_it_imports_the_copy_that_it_is_part_of(tmp_path: Path, before: str) -> None:
    """Another copy may be installed, or imported already by another source."""
    linked = tmp_path / "collections" / "ansible_collections" / "blueking"
    linked.mkdir(parents=True)
    (linked / "job").symlink_to(ROOT)
    elsewhere = tmp_path / "elsewhere" / "ansible_collections"
    (elsewhere / "blueking" / "other" / "plugins").mkdir(parents=True)
    if before == "regular package":
        (elsewhere / "__init__.py").touch()
        before = "import ansible_collections"
    program = f"""
import runpy, sys
{before.replace(".job.", ".other.")}
runpy.run_path({str(linked / "job" / SOURCE)!r})
print(sys.modules["ansible_collections.blueking.job.plugins.plugin_utils.event_source.source"].__file__)
"""
    environment = {**os.environ, "PYTHONPATH": str(elsewhere.parent)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd="/", capture_output=True, text=True, check=True
    )
    assert Path(done.stdout.strip()).is_relative_to(linked)
