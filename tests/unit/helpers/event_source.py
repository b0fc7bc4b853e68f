# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that an event source needs at least."""

from __future__ import annotations

SOURCE_OPTIONS: dict[str, object] = {
    "api_url": "https://job.example.com",
    "bk_app_code": "a",
    "bk_app_secret": "b",
    "bk_token": "c",
    "bk_biz_id": 2,
}
