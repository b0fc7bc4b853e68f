# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Meaning of an error response: error kind, delivery and hint, and hints that several tables share."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import Delivery

IDENTITY_HINT = (
    "Check bk_app_code and bk_app_secret, and the user's bk_token, bk_ticket or bk_access_token (it may have expired); "
    "bk_username works only for applications that are exempt from user authentication."
)
APP_PERMISSION_HINT = "The application may not call this API: apply for it in the developer center of BlueKing."
TOO_LARGE_HINT = "The request is too large for the gateway: shorten the script or the list of hosts."
TOO_MANY_REQUESTS_HINT = "Too many requests: try again later, raise poll_interval, or have the rate limit raised."


@dataclass(frozen=True)
class ErrorMeaning:
    """Meaning of an error response.

    C(delivery) is the effect on a launch, C(transient) whether the same request may succeed a moment later.
    """

    kind: str
    delivery: Delivery
    hint: str | None = None
    transient: bool = False
