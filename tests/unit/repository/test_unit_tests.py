# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every file of the plugins has a test: one of its name, one that imports it, or one that this file names."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.blueking.job.tests.unit.helpers.fakes import ROOT

PLUGINS = "ansible_collections.blueking.job.plugins"
FILES = sorted(
    path
    for package in ("callback", "filter", "module_utils", "plugin_utils")
    for path in (ROOT / "plugins" / package).rglob("*.py")
)
IMPORT = re.compile(rf"^from ({PLUGINS}[\w.]*) import (\(.*?\)|.*?$)", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"\w+")
# Parts of another file, or code that needs a whole task or process: the test that covers it, under tests/.
TESTED_BY = {
    "module_utils/api/connection_hints.py": "unit/plugins/module_utils/api/test_transport.py",
    "module_utils/api/error_meaning.py": "unit/plugins/module_utils/api/test_error_response.py",
    "module_utils/api/factory.py": "unit/tasks/test_launch.py",
    "module_utils/api/session.py": "unit/plugins/module_utils/api/test_client.py",
    "module_utils/api/shared_requests.py": "unit/plugins/module_utils/api/test_launch_requests.py",
    "module_utils/api/shared_variables.py": "unit/plugins/module_utils/api/test_launch_requests.py",
    "module_utils/api/v2/files.py": "unit/plugins/module_utils/api/test_file_requests.py",
    "module_utils/api/v2/instances.py": "unit/plugins/module_utils/api/test_read_responses.py",
    "module_utils/api/v2/request_parts.py": "unit/plugins/module_utils/api/test_launch_requests.py",
    "module_utils/api/v3/files.py": "unit/plugins/module_utils/api/test_file_requests.py",
    "module_utils/api/v3/history.py": "unit/plugins/module_utils/api/test_read_calls.py",
    "module_utils/api/v3/request_parts.py": "unit/plugins/module_utils/api/test_launch_requests.py",
    "module_utils/common/retry.py": "unit/plugins/module_utils/jobs/test_launcher.py",
    "module_utils/jobs/history_statuses.py": "unit/plugins/module_utils/jobs/test_group_monitor.py",
    "module_utils/jobs/lasting_rejection.py": "unit/plugins/module_utils/jobs/test_poller.py",
    "module_utils/jobs/launch_errors.py": "unit/plugins/module_utils/jobs/test_launcher.py",
    "module_utils/jobs/launch_recovery.py": "unit/plugins/module_utils/jobs/test_launcher.py",
    "module_utils/jobs/logs_by_host.py": "unit/plugins/module_utils/jobs/test_log_collector.py",
    "module_utils/jobs/operation_errors.py": "unit/tasks/test_operate.py",
    "module_utils/jobs/operation_runner.py": "unit/tasks/test_operate.py",
    "module_utils/jobs/plan_preflight.py": "unit/plugins/module_utils/jobs/test_preflight.py",
    "module_utils/jobs/progress_lines.py": "unit/plugins/module_utils/jobs/test_progress.py",
    "module_utils/jobs/retry_policies.py": "unit/plugins/module_utils/jobs/test_launcher.py",
    "module_utils/jobs/waited_run.py": "unit/plugins/module_utils/jobs/test_group_monitor.py",
    "module_utils/models/job_error_codes.py": "unit/plugins/module_utils/jobs/test_launcher.py",
    "module_utils/models/operation_rules.py": "unit/tasks/test_operate_every_state.py",
    "module_utils/options/fast_launch.py": "unit/plugins/module_utils/options/test_script.py",
    "module_utils/options/instance_ids.py": "unit/tasks/test_wait_for_several.py",
    "module_utils/options/launch.py": "unit/tasks/test_launch.py",
    "module_utils/options/local_files.py": "unit/plugins/module_utils/options/test_script.py",
    "module_utils/options/operate.py": "unit/tasks/test_operate.py",
    "module_utils/options/secrets.py": "unit/robustness/test_secrets.py",
    "module_utils/options/targets.py": "unit/plugins/module_utils/options/test_plan.py",
    "module_utils/results/group_result.py": "unit/tasks/test_wait_for_several.py",
    "module_utils/results/history_entry.py": "unit/plugins/module_utils/tasks/test_instance_info.py",
    "module_utils/results/operation_result.py": "unit/tasks/test_operate.py",
    "module_utils/tasks/null_instance.py": "unit/tasks/test_null_instance.py",
    "module_utils/tasks/read_only.py": "unit/plugins/module_utils/tasks/test_instance_info.py",
    "module_utils/tasks/wait_for_several.py": "unit/tasks/test_wait_for_several.py",
    "module_utils/tasks/wait_in_check_mode.py": "unit/tasks/test_wait.py",
    "module_utils/tasks/white_space.py": "unit/plugins/module_utils/options/test_convert.py",
    "plugin_utils/event_source/checkpoint.py": "eda/test_rulebooks.py",
    "plugin_utils/event_source/event_sender.py": "eda/test_rulebooks.py",
    "plugin_utils/event_source/history.py": "eda/test_rulebooks.py",
    "plugin_utils/event_source/poller.py": "eda/test_rulebooks.py",
    "plugin_utils/event_source/source.py": "eda/test_rulebooks.py",
    "plugin_utils/event_source/threads.py": "eda/test_rulebooks.py",
    "plugin_utils/module_signals.py": "integration/targets/interrupts/interrupts.py",
    "plugin_utils/parent_process.py": "integration/targets/interrupts/interrupts.py",
    "callback/readable.py": "integration/targets/callback_readable/runme.sh",
}


def imports_of(path: Path) -> set[str]:
    """Full names of the modules of plugins/ that a file imports, and of everything that it imports from them."""
    found = IMPORT.findall(path.read_text(encoding="utf-8"))
    return {name for module, names in found for name in (module, *(f"{module}.{each}" for each in NAME.findall(names)))}


def place_of(path: Path) -> tuple[str, str]:
    """The name of a file under plugins/, and the path of its test; v2 and v3 share the tests of api."""
    name = path.relative_to(ROOT / "plugins")
    package = name.parent.parent if name.parent.name in ("v2", "v3") else name.parent
    return name.as_posix(), (Path("tests/unit/plugins") / package / f"test_{path.name}").as_posix()


def test_every_file_has_a_unit_test() -> None:
    tests = (ROOT / "tests" / "unit").rglob("test_*.py")
    imported = {name for path in tests if path.parent.name != "repository" for name in imports_of(path)}
    for path in FILES:
        name, mirror = place_of(path)
        module = ".".join([PLUGINS, *Path(name).with_suffix("").parts])
        assert (ROOT / mirror).is_file() or module in imported or name in TESTED_BY, (
            f"plugins/{name} has no unit test: add {mirror}; if the test of another file covers it, name that test in "
            "TESTED_BY in tests/unit/repository/test_unit_tests.py"
        )


def test_the_named_tests_exist() -> None:
    gone = [
        f'"{name}": "{test}"'
        for name, test in TESTED_BY.items()
        if not ((ROOT / "plugins" / name).is_file() and (ROOT / "tests" / test).is_file())
    ]
    assert not gone, f"correct in TESTED_BY in tests/unit/repository/test_unit_tests.py, files have moved: {gone}"
