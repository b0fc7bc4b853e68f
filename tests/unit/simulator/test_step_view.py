# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `get_step_instance_status` shows of retried and of rolling steps."""

from __future__ import annotations

from typing import Any

from ansible_collections.blueking.job.tests.unit.helpers.scripted_simulator import SCRIPT, Run, bench


def shown(run: Run, **filters: int) -> dict[int, int]:
    """State by host, as the step's own call returns it."""
    ids = {"job_instance_id": run.id, "step_instance_id": run.step()["step_instance_id"]}
    data: Any = run.client.data("get_step_instance_status", **ids, **filters)
    return {
        host["bk_host_id"]: group["result_type"]
        for group in data["step_result_group_list"]
        for host in group["host_result_list"]
    }


def test_executions_of_a_retried_step() -> None:
    with bench([{"hosts": [2], "exit_code": 1}], [{"name": "first", **SCRIPT}]) as b:
        run = b.plan()
        run.done()
        run.operate(2)
        run.done()
        assert shown(run) == {1: 9, 2: 104, 3: 9, 4: 9}
        assert shown(run, execute_count=0) == {1: 9, 2: 104, 3: 9, 4: 9}
        assert shown(run, execute_count=1) == {2: 104}
        assert shown(run, execute_count=5) == {}


def test_batches_of_a_rolling_step() -> None:
    with bench([{"seconds": 10}]) as b:
        run = b.roll("1 +1")
        while shown(run, batch=1).get(1) != 9:
            assert b.clock.step()
        b.clock.advance(0)
        assert set(shown(run, batch=0)) == {1, 2, 3, 4}
        assert shown(run, batch=1) == {1: 9}
        assert set(shown(run, batch=2)) == {2, 3}
        latest = set(shown(run))
        assert latest in ({1}, {2, 3})
        run.done()
        assert shown(run) == {4: 9}
