# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one lane of ansible-test on a copy of the working tree, and fail unless everything in it was run.

Lanes are independent of each other, so "make" runs several at a time, each on its own copy:

sanity      the sanity tests, of what users get and of the integration tests
in-process  integration targets that are roles, in in-process mode
modules     the same targets, in module mode, without groups of cases that do not depend on the mode
scripts     integration targets that are scripts, which choose the execution mode themselves
compare     no tests: compares the results that the lanes "in-process" and "modules" recorded

Roles run each group of cases over one API, which changes from group to group. With EVERY_API=1 the lane "in-process"
runs each group over every API, and the lane "modules" leaves out none.

ansible-test finds nothing to test, and exits with 0, if the collection is in another directory. So it runs outside
every git checkout, and the tests that it reports are counted.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrap_cache import fill
from compare_execution_modes import IN_PROCESS_ONLY, differences, recorded

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / ".cache" / "ansible-test"
# Minimum number of sanity tests for a collection of modules with the oldest supported ansible-core.
MIN_SANITY_TESTS = 22
SANITY_PATTERN = r"^Running sanity test [\"']([\w-]+)"
TARGET_PATTERN = r"^Running (\S+) integration test"
# Not in the artifact, and for other tools: ruff and mypy. They would take most of the time of the sanity tests.
NOT_FOR_SANITY = tuple(f"tests/{name}/" for name in ("benchmarks", "demo", "eda", "support", "tools", "unit"))
# File from which ansible-test reads settings of Ansible.
SETTINGS = """\
[defaults]
callback_plugins = {tree}/tests/tools/callbacks:{tree}/tests/tools/preload
[callback_record_results]
file = {results}
"""


def main() -> int:
    """Run the lane of the command line; the exit code states whether all of it ran and passed."""
    lane = sys.argv[1] if len(sys.argv) == 2 else ""
    if lane not in LANES:
        sys.exit(f"usage: {Path(__file__).name} {'|'.join(LANES)}")
    return report(LANES[lane]())


def report(errors: list[str]) -> int:
    """Print errors; return the exit code."""
    for error in errors:
        print(f"ERROR: {error}", file=sys.stderr)
    return 1 if errors else 0


def sanity() -> list[str]:
    """Run the sanity tests; return errors that ansible-test itself does not report."""
    with copied_tree(without=NOT_FOR_SANITY) as tree:
        ran = run_counted(tree, ["sanity"], SANITY_PATTERN)
    print(f"sanity: {len(ran)} passed")
    few = f"only {len(ran)} sanity tests ran, at least {MIN_SANITY_TESTS} were expected"
    return [few] if len(ran) < MIN_SANITY_TESTS else []


def in_process() -> list[str]:
    """Run the roles in in-process mode."""
    return roles(in_process=True)


def modules() -> list[str]:
    """Run the roles in module mode."""
    return roles(in_process=False)


def roles(*, in_process: bool) -> list[str]:
    """Run the roles in one execution mode and record all results."""
    results = results_file(in_process=in_process)
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text("", encoding="utf-8")
    with copied_tree() as tree:
        settings = tree / "tests" / "integration"
        (settings / "integration.cfg").write_text(SETTINGS.format(tree=tree, results=results), encoding="utf-8")
        everything = os.environ.get("EVERY_API") == "1"
        left_out = [] if in_process or everything else sorted(IN_PROCESS_ONLY)
        variables = {
            "bk_job_in_process": in_process,
            "setup_job_simulator_every_api": in_process and everything,
            "setup_job_simulator_left_out": left_out,
        }
        (settings / "integration_config.yml").write_text(json.dumps(variables), encoding="utf-8")
        errors = integration(tree, {name for name, is_role in targets(tree).items() if is_role} - {*left_out})
    print(f"{sum(map(len, recorded(results).values()))} results recorded")
    return errors


def scripts() -> list[str]:
    """Run the integration targets that are scripts."""
    with copied_tree() as tree:
        return integration(tree, {name for name, is_role in targets(tree).items() if not is_role})


def compare() -> list[str]:
    """Compare the results of both execution modes, key by key."""
    files = results_file(in_process=True), results_file(in_process=False)
    compared = sum(map(len, recorded(files[1]).values()))
    print(f"execution modes: {compared} results compared")
    errors = [f"results differ: {each}" for each in differences(*files)]
    return errors if compared else [*errors, "no results were recorded; run the lanes in-process and modules first"]


LANES = {"sanity": sanity, "in-process": in_process, "modules": modules, "scripts": scripts, "compare": compare}


def results_file(*, in_process: bool) -> Path:
    """Return the path of the results that one execution mode recorded."""
    return RESULTS / f"results-{'in-process' if in_process else 'modules'}.jsonl"


def targets(tree: Path) -> dict[str, bool]:
    """Return the names of all integration targets, and whether each is a role."""
    folders = [path.parent for path in tree.glob("tests/integration/targets/*/aliases")]
    return {path.name: (path / "tasks").is_dir() for path in folders}


def integration(tree: Path, wanted: set[str]) -> list[str]:
    """Run integration targets; return errors that ansible-test itself does not report."""
    ran = run_counted(tree, ["integration", "--continue-on-error", *sorted(wanted)], TARGET_PATTERN)
    print(f"integration targets: {len(ran & wanted)} passed")
    missing = ", ".join(sorted(wanted - ran))
    return [f"integration targets that did not run: {missing or 'all'}"] if missing or not wanted else []


@contextmanager
def copied_tree(without: tuple[str, ...] = ()) -> Iterator[Path]:
    """Copy the working tree, without some directories, to where ansible-test works; remove the copy at the end."""
    fill()
    with tempfile.TemporaryDirectory(prefix="blueking-job-") as directory:
        tree = Path(directory, "ansible_collections", "blueking", "job")
        copy_tree(tree, without)
        yield tree


def copy_tree(target: Path, without: tuple[str, ...] = ()) -> None:
    """Copy what git tracks or would track, without some directories, to a directory outside every checkout."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in names:
        if not name or name.startswith(without):
            continue
        source, copy = ROOT / name, target / name
        if source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)


def run_counted(tree: Path, arguments: list[str], pattern: str) -> set[str]:
    """Run one ansible-test command, show its output and the seconds of each test.

    Returns:
        The names that the pattern finds in the output.
    """
    scripts_directory = Path(sys.executable).parent
    command, *rest = arguments
    # Real interpreters come first: ansible-test runs every python3.x in PATH.
    environment = {**os.environ, "PATH": f"{scripts_directory}:{real_interpreter_directory()}:/usr/bin:/bin"}
    if command == "integration":
        # Lanes that start at the same time would both create ansible-test's SSH key. Sanity tests keep the user's home
        # directory, which contains their virtual environments.
        environment["HOME"] = str(tree.parents[2])
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    line_up = [str(scripts_directory / "ansible-test"), command, "--python", version, "--color", "no", *rest]
    began: dict[str, float] = {}
    with subprocess.Popen(
        line_up,
        cwd=tree,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            match = re.search(pattern, line)
            if match:
                began[match[1]] = time.monotonic()
    show_seconds(began)
    if process.returncode:
        sys.exit(f"ansible-test {command} failed with exit code {process.returncode}")
    return set(began)


def show_seconds(began: dict[str, float]) -> None:
    """Print how long each test took, slowest first."""
    ends = [*list(began.values())[1:], time.monotonic()]
    took = {name: end - start for (name, start), end in zip(began.items(), ends, strict=False)}
    slowest = sorted(took.items(), key=lambda each: -each[1])
    print("seconds: " + ", ".join(f"{name} {seconds:.0f}" for name, seconds in slowest))


def real_interpreter_directory() -> str:
    """Return the directory of the interpreter behind the virtual environment."""
    return str(Path(sys.executable).resolve().parent)


if __name__ == "__main__":
    sys.exit(main())
