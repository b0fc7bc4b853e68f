# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Confirmers: users who may confirm a step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Confirmers:
    """Users and roles of a step."""

    users: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    def admits(self, user: str, roles: Iterable[str]) -> bool:
        """Return whether a user with these roles may confirm.

        JOB API: a step without roles may be confirmed by every user, whichever users it names.
        """
        return not self.roles or user in self.users or any(role in self.roles for role in roles)
