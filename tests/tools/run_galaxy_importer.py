# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Import the artifact as Galaxy does, and fail at any warning, and unless everything in it was found.

It needs the directory of the importer's virtual environment; artifact and result of the importer are put beside it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from fork_playbooks import forking, unchecked_playbooks

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = Path(__file__).with_name("galaxy-importer.cfg")
# The importer's names for the content of these directories.
KINDS = {"modules": "module", "action": "action", "doc_fragments": "doc_fragments", "module_utils": "module_utils"}


def main(importer: Path) -> int:
    """Build and import; the exit code states whether the importer found everything without warnings."""
    work = importer.parent / "import"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    # Ansible writes into the home directory.
    environment = {**os.environ, "HOME": str(work), "GALAXY_IMPORTER_CONFIG": str(CONFIGURATION)}
    environment["PATH"] = f"{importer / 'bin'}:/usr/bin:/bin"
    build = ["ansible-galaxy", "collection", "build", "--output-path", str(work), str(ROOT)]
    run(build, environment, work)
    (artifact,) = work.glob("*.tar.gz")
    python = importer / "bin" / "python"
    with forking(python, environment) as (environment_of_import, log):
        output = run([str(python), "-m", "galaxy_importer.main", artifact.name], environment_of_import, work)
        unchecked = unchecked_playbooks(log)
    faults = re.findall(r"^(?:WARNING|ERROR|CRITICAL).*", output, re.MULTILINE)
    faults += [f"syntax not checked: {name}" for name in unchecked]
    result = json.loads((work / "importer_result.json").read_text(encoding="utf-8"))
    seen = {(each["content_type"], each["content_name"]): each for each in result["docs_blob"]["contents"]}
    faults += [f"not seen: {kind} {name}" for kind, name in sorted(expected() - set(seen))]
    undocumented = [name for (kind, name), each in seen.items() if kind == "module" and not each["doc_strings"]]
    faults += [f"without documentation: {name}" for name in undocumented]
    for fault in faults:
        print(f"FAULT: {fault}", file=sys.stderr)
    print(f"galaxy-importer: {artifact.name} with {len(seen)} pieces of content, {len(faults)} faults")
    return 1 if faults else 0


def expected() -> set[tuple[str, str]]:
    """Return kind and name of the expected content."""
    plugins = ROOT / "plugins"
    found = set()
    for directory, kind in KINDS.items():
        for path in (plugins / directory).rglob("*.py"):
            found.add((kind, ".".join(path.relative_to(plugins / directory).with_suffix("").parts)))
    return found | {("playbook", path.name) for path in (ROOT / "playbooks").glob("*.yml")}


def run(command: list[str], environment: dict[str, str], directory: Path) -> str:
    """Run one command, print its output and return it; exit if it fails."""
    done = subprocess.run(
        command,
        cwd=directory,
        env=environment,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    # Omit the line for each file of the collection.
    print(re.sub(r"^Loading .*\n", "", done.stdout, flags=re.MULTILINE), end="", flush=True)
    if done.returncode:
        sys.exit(f"{Path(command[0]).name} failed with exit code {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute()))
