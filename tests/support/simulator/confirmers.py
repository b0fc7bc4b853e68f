# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may confirm a step that waits for a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Confirmers:
    """Users and roles that a step names."""

    users: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    def admits(self, user: str, roles: Iterable[str]) -> bool:
        """Whether a user with these roles may confirm.

        JOB API: a step that names no role may be confirmed by anybody, whichever users it names.
        """
        return not self.roles or user in self.users or any(role in self.roles for role in roles)
