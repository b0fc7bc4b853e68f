# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way in which a call refuses: an error code with what its message names."""

from __future__ import annotations

from typing import Any

from .messages import BAD_REQUEST, MESSAGES, OTHER_REFUSAL, Language, Text, pick


class JobError(Exception):
    """A refusal of the platform itself.

    JOB API: business refusals travel with HTTP 200; the number in the body tells them apart.
    """

    def __init__(
        self, code: int, detail: str | Text = "", permission: dict[str, Any] | None = None, kind: str | None = None
    ) -> None:
        super().__init__(f"{code} {detail}")
        self.code = code
        self.detail = detail
        self.permission = permission
        self.kind = kind
        """The name that v4 has for this refusal, where it is not the usual one of the code."""

    def message(self, language: Language) -> str:
        """The text of the refusal in the caller's language."""
        detail = self.detail if isinstance(self.detail, str) else pick(self.detail, language)
        return pick(MESSAGES.get(self.code, OTHER_REFUSAL), language).format(detail)


class BadFieldError(JobError):
    """A request whose fields do not pass. The platform tells a wrong type, a rule and a missing parameter apart in v4.

    JOB API: v2 and v3 have one code for them all.
    """

    def __init__(self, detail: Text, nature: str = "type") -> None:
        super().__init__(BAD_REQUEST, detail)
        self.nature = nature
        self.path: list[str] = []


class InventoryError(Exception):
    """An inventory file that cannot be used; the text names the file, the place and what was expected there."""
