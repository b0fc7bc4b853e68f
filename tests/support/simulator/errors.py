# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of calls: an error code with the names for its message."""

from __future__ import annotations

from typing import Any

from .messages import BAD_REQUEST, MESSAGES, OTHER_REFUSAL, Language, Text, pick


class JobError(Exception):
    """An error response of the platform itself.

    JOB API: business errors have HTTP 200; the code in the body distinguishes them.
    """

    def __init__(
        self, code: int, detail: str | Text = "", permission: dict[str, Any] | None = None, kind: str | None = None
    ) -> None:
        super().__init__(f"{code} {detail}")
        self.code = code
        self.detail = detail
        self.permission = permission
        self.kind = kind
        """The name of this error in v4, if it is not the usual one of the code."""

    def message(self, language: Language) -> str:
        """Return the message in the caller's language."""
        detail = self.detail if isinstance(self.detail, str) else pick(self.detail, language)
        return pick(MESSAGES.get(self.code, OTHER_REFUSAL), language).format(detail)


class BadFieldError(JobError):
    """Invalid fields of a request. v4 distinguishes a wrong type, a rule and a missing parameter.

    JOB API: v2 and v3 have one code for all of them.
    """

    def __init__(self, detail: Text, nature: str = "type") -> None:
        super().__init__(BAD_REQUEST, detail)
        self.nature = nature
        self.path: list[str] = []


class InventoryError(Exception):
    """An invalid inventory file; the text contains the file, the path and what was expected there."""
