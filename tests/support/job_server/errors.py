# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way in which a call refuses: an error code with what its message names."""

from __future__ import annotations

from typing import Any

from .messages import MESSAGES, Language, Text, pick


class JobError(Exception):
    """A refusal of the platform itself.

    JOB API: business refusals travel with HTTP 200; the number in the body tells them apart.
    """

    def __init__(self, code: int, detail: str | Text = "", permission: dict[str, Any] | None = None) -> None:
        super().__init__(f"{code} {detail}")
        self.code = code
        self.detail = detail
        self.permission = permission

    def message(self, language: Language) -> str:
        """The text of the refusal in the caller's language."""
        detail = self.detail if isinstance(self.detail, str) else pick(self.detail, language)
        return pick(MESSAGES[self.code], language).format(detail)


class InventoryError(Exception):
    """An inventory file that cannot be used; the text names the file, the place and what was expected there."""
