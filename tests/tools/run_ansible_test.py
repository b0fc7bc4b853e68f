# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test on a copy of the working tree, and fail unless everything really ran.

ansible-test finds nothing to test, and says so with exit code 0, where its idea of the collection's place is wrong.
So it runs on a copy outside every git checkout, and what it says it ran is counted.

Integration targets that are roles run twice, with their tasks inside the controller's process and as modules; all
results are compared.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrap_cache import fill
from both_faces import differences, recorded

ROOT = Path(__file__).resolve().parents[2]
# So many sanity tests apply to a collection of modules on one Python version with the oldest supported ansible-core.
LEAST_SANITY_TESTS = 22
# The command, how it tells which target it runs, and that it shall go on to the next one whatever comes of it.
INTEGRATION = ("integration", r"^Running (\S+) integration test", "--continue-on-error")
# Where ansible-test looks for settings of Ansible and for extra variables.
SETTINGS = """\
[defaults]
callback_plugins = {tree}/tests/tools/callbacks
[callback_record_results]
file = {results}
"""


def main() -> int:
    """Copy, then sanity, then integration; the exit code says whether all of it ran and passed."""
    with copied_tree() as tree:
        return told([*sanity(tree), *integration(tree)])


def told(faults: list[str]) -> int:
    """Show what is wrong; the exit code."""
    for fault in faults:
        print(f"FAULT: {fault}", file=sys.stderr)
    return 1 if faults else 0


@contextmanager
def copied_tree() -> Iterator[Path]:
    """A copy of the working tree where ansible-test works, for as long as it is needed."""
    fill()
    with tempfile.TemporaryDirectory(prefix="blueking-job-") as folder:
        tree = Path(folder, "ansible_collections", "blueking", "job")
        copy_tree(tree)
        yield tree


def sanity(tree: Path) -> list[str]:
    """Run the sanity tests; what is wrong although none of them failed."""
    ran = run_counted(tree, "sanity", r"^Running sanity test [\"']([\w-]+)")
    print(f"ansible-test: {len(ran)} sanity tests ran")
    few = f"only {len(ran)} sanity tests ran, at least {LEAST_SANITY_TESTS} should have"
    return [few] if len(ran) < LEAST_SANITY_TESTS else []


def integration(tree: Path) -> list[str]:
    """Run the integration targets with both faces; what is wrong although none of them failed."""
    targets = {path.parent for path in tree.glob("tests/integration/targets/*/aliases")}
    wanted = {path.name for path in targets}
    roles = {path.name for path in targets if (path / "tasks").is_dir()}
    ran, inside = run_integration(tree, in_process=True, targets=roles)
    modules, outside = run_integration(tree, in_process=False, targets=roles)
    faults, compared = [f"results differ: {each}" for each in differences(inside, outside)], len(recorded(inside))
    # The others are scripts, which see to both faces themselves. What they record goes to the results of modules.
    ran |= run_counted(tree, *INTEGRATION, *sorted(wanted - roles))
    missing = (wanted - ran) | (roles - modules)
    if not wanted or not compared or missing:
        faults.append(f"integration targets that did not run: {', '.join(sorted(missing)) or 'all'}")
    print(f"ansible-test: {len(ran)} integration targets ran;")
    print(f"{compared} results inside the controller's process were compared with those of modules")
    return faults


def copy_tree(target: Path) -> None:
    """Copy what git tracks or would track to a place outside every checkout."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        source, copy = ROOT / name, target / name
        if source.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)


def run_integration(tree: Path, *, in_process: bool, targets: set[str]) -> tuple[set[str], Path]:
    """Run integration targets with one of the two faces; which of them ran, and where results were written."""
    results = tree.parents[2] / f"results-{in_process}.jsonl"
    results.touch()
    folder = tree / "tests" / "integration"
    (folder / "integration.cfg").write_text(SETTINGS.format(tree=tree, results=results), encoding="utf-8")
    (folder / "integration_config.yml").write_text(f"bk_job_in_process: {in_process}\n", encoding="utf-8")
    return run_counted(tree, *INTEGRATION, *sorted(targets)), results


def run_counted(tree: Path, command: str, pattern: str, *more: str) -> set[str]:
    """Run one ansible-test command, show its output as it comes, and return the names that the pattern finds in it."""
    scripts = Path(sys.executable).parent
    # Real interpreters come first: ansible-test looks at every python3.x in PATH.
    environment = {**os.environ, "PATH": f"{scripts}:{real_interpreter_folder()}:/usr/bin:/bin"}
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    arguments = [str(scripts / "ansible-test"), command, "--python", version, "--color", "no", *more]
    found = set()
    with subprocess.Popen(
        arguments,
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
                found.add(match[1])
    if process.returncode:
        sys.exit(f"ansible-test {command} failed with exit code {process.returncode}")
    return found


def real_interpreter_folder() -> str:
    """Where the interpreter behind the virtual environment lives."""
    return str(Path(sys.executable).resolve().parent)


if __name__ == "__main__":
    sys.exit(main())
