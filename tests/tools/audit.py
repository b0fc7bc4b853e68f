# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the collection's runtime dependencies, and theirs, against a database of vulnerabilities.

It needs the directory of a virtual environment with pip-audit. The exit code is 0 only if every library was found and
has no known vulnerability: pip-audit itself succeeds if its database does not know a library.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

NEEDED = Path(__file__).resolve().parents[2] / "meta" / "ee-requirements.txt"
CLEAN, VULNERABLE, NOT_AUDITED = 0, 1, 2


def main(environment: Path) -> int:
    """Audit, and print the verdict."""
    command = [str(environment / "bin" / "pip-audit"), "--requirement", str(NEEDED), "--format", "json"]
    run = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    try:
        libraries = json.loads(run.stdout)["dependencies"]
    except (KeyError, TypeError, ValueError):
        libraries = []
        print(run.stderr, file=sys.stderr)
    lines, code = verdict(libraries)
    print("\n".join(lines), file=sys.stderr if code else sys.stdout)
    return code


def verdict(libraries: Iterable[Mapping[str, Any]]) -> tuple[list[str], int]:
    """Return a line for each library and one for all, and the exit code. Without libraries the audit failed."""
    lines, missing, known = [], 0, 0
    for each in libraries:
        vulnerabilities = each.get("vulns")
        if vulnerabilities is None:
            missing += 1
            lines.append(f"{each.get('name')}: NOT AUDITED: {each.get('skip_reason') or 'no reason given'}")
            continue
        known += len(vulnerabilities)
        lines.append(f"{each.get('name')} {each.get('version')}: {_told(vulnerabilities)}")
    if known:
        return [*lines, f"make audit: {known} known vulnerabilities"], VULNERABLE
    if missing or not lines:
        # Must not look like a success.
        return [*lines, "make audit: NOT AUDITED. The database of vulnerabilities could not be reached."], NOT_AUDITED
    return [*lines, f"make audit: {len(lines)} libraries, no known vulnerability"], CLEAN


def _told(vulnerabilities: Iterable[Mapping[str, Any]]) -> str:
    described = [
        f"{each.get('id')} (mended in {', '.join(each.get('fix_versions') or ['none'])})" for each in vulnerabilities
    ]
    return "; ".join(described) or "nothing known"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
