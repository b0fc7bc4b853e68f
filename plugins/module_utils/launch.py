# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting a job, once.

Private to the collection blueking.job: no stable interface for others.

JOB has no request key that would make a repeated launch harmless, so a launch whose outcome is not known is reported
as such and never sent again.
"""

from __future__ import annotations

from .client import JobClient
from .errors import Delivery, JobError
from .models import Launched, PlanLaunch, ScriptLaunch

# How the outcome of a failed launch is called in the result.
OUTCOMES = {Delivery.NOT_SENT: "not_sent", Delivery.REFUSED: "rejected", Delivery.UNKNOWN: "unknown"}


def launch(client: JobClient, what: PlanLaunch | ScriptLaunch) -> Launched:
    """Start a plan or a script.

    Raises:
        JobError: not started (kinds of the server), or C(unknown_outcome) where it may have been started.
    """
    try:
        return client.launch(what)
    except JobError as error:
        if error.delivery is not Delivery.UNKNOWN:
            raise
        raise error.rephrased(
            f"The launch got no clear answer, the job may be running: {error.summary}",
            kind="unknown_outcome",
            hint="Look into JOB's execution history before you launch again: the job may have been started.",
        ) from error
