# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure which lines of plugins/ the unit and integration tests run, and fail unless every other line has a reason.

The reasons are in uncovered.yml. Every Python of the virtual environment measures itself while the tests run: the
tests, and the processes they start, such as ansible-playbook, its workers, and modules, which run from a zip
file. With the argument "report" the last measurement is evaluated again.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import coverage
import yaml
from run_ansible_test import compare, in_process, modules, report, scripts
from run_eda import ENVIRONMENT, installation_error, missing_java

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
REASONS = Path(__file__).with_name("uncovered.yml")
LEAST_PERCENT = 95
DIRECTORY = ROOT / ".cache" / "coverage"
DATA = DIRECTORY / "data"
SETTINGS = DIRECTORY / "settings.ini"
# Workers of Ansible end by os._exit(), and many processes touch no file; do not warn about these.
SETTINGS_TEXT = f"""\
[run]
data_file = {DATA}
parallel = true
patch = _exit
include =
    {PLUGINS}/*
    */ansible_collections/blueking/job/plugins/*
disable_warnings =
    no-data-collected
[paths]
plugins =
    {PLUGINS}
    */ansible_collections/blueking/job/plugins
"""
# Python runs this when it starts, in some environments more than once. Tests start processes with a clean environment,
# so no variable can enable it. A worker needs time for its data before ansible-playbook ends it.
START = Path(sysconfig.get_path("purelib"), "measure_blueking_job.pth")
START_TEXT = f"""\
import os
if os.path.exists({str(SETTINGS)!r}):
    import coverage
    if coverage.Coverage.current() is None:
        os.environ.setdefault("ANSIBLE_WORKER_SHUTDOWN_POLL_COUNT", "50")
        coverage.Coverage(config_file={str(SETTINGS)!r}, auto_data=True).start()
"""


def main() -> int:
    """Run the tests and evaluate the coverage; return the exit code."""
    # As after Ctrl-C, no Python may continue to measure itself.
    signal.signal(signal.SIGTERM, lambda *_received: sys.exit("terminated"))
    errors = [] if sys.argv[1:] == ["report"] else measure()
    return report([*errors, *judge()])


def measure() -> list[str]:
    """Run all tests, measured; return errors that are not test failures."""
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    DIRECTORY.mkdir(parents=True)
    SETTINGS.write_text(SETTINGS_TEXT, encoding="utf-8")
    os.environ["EVERY_API"] = "1"
    with every_python_measured():
        unit = [sys.executable, "-m", "pytest", "--numprocesses=auto"]
        code = subprocess.run(unit, cwd=ROOT, check=False).returncode
        if code:
            sys.exit(f"pytest failed with exit code {code}")
        errors = [*event_source(), *in_process(), *modules(), *scripts(), *compare()]
    result = coverage.Coverage(config_file=str(SETTINGS))
    result.combine()
    result.save()
    return errors


def event_source() -> list[str]:
    """Run the tests with a real ansible-rulebook, measured in its own virtual environment; return errors."""
    obstacle = missing_java() or installation_error()
    if obstacle is not None:
        return [f"the event source was not measured, as {obstacle}"]
    python = str(ENVIRONMENT / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", f"coverage=={coverage.__version__}"], check=True)
    find = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'), end='')"]
    packages = subprocess.run(find, check=True, capture_output=True, text=True).stdout
    with every_python_measured(Path(packages, START.name)):
        run = subprocess.run([sys.executable, str(Path(__file__).with_name("run_eda.py")), "test"], check=False)
    return [] if run.returncode == 0 else [f"tests of the event source failed with exit code {run.returncode}"]


@contextmanager
def every_python_measured(start: Path = START) -> Iterator[None]:
    """Have each Python of a virtual environment measure itself."""
    start.write_text(f"import sys; exec({START_TEXT!r})\n", encoding="utf-8")
    try:
        yield
    finally:
        start.unlink()


def judge() -> list[str]:
    """Print the coverage; return the problems."""
    result = coverage.Coverage(data_file=str(DATA), config_file=False)
    result.load()
    files = sorted(PLUGINS.rglob("*.py"))
    percent = result.report(list(map(str, files)), show_missing=True, skip_covered=True)
    few = f"{percent:.1f} % of the lines of plugins/ were run, at least {LEAST_PERCENT} % should be"
    faults = [few] if percent < LEAST_PERCENT else []
    missed, reasons = Counter(lines_missed(result, files)), yaml.safe_load(REASONS.read_text(encoding="utf-8"))
    listed, never = lines_listed(reasons), lines_listed(each for each in reasons if not each.get("sometimes"))
    faults += [f"{file}: {line!r} is not run, and without a reason in {REASONS.name}" for file, line in missed - listed]
    faults += [f"{file}: {line!r} stands in {REASONS.name}, but is run or gone" for file, line in never - missed]
    print(f"{percent:.1f} % of the lines of plugins/ were run, {listed.total()} lines have a reason not to be")
    return faults


def lines_missed(result: coverage.Coverage, files: list[Path]) -> Iterator[tuple[str, str]]:
    """Yield file and text of each line that was not run."""
    for path in files:
        text = path.read_text(encoding="utf-8").splitlines()
        missing = result.analysis2(str(path))[3]
        yield from ((str(path.relative_to(ROOT)), text[number - 1].strip()) for number in missing)


def lines_listed(reasons: Iterable[Mapping[str, str]]) -> Counter[tuple[str, str]]:
    """Count file and text of each line that has a reason.

    Raises:
        KeyError: an entry lacks file, lines or why.
    """
    return Counter((each["file"], line) for each in reasons if each["why"] for line in each["lines"].splitlines())


if __name__ == "__main__":
    sys.exit(main())
