# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of a script before it runs: `check_script` of v3.

JOB API: built-in findings come before those of the operators' high-risk rules; a blank script has no findings.
"""

from __future__ import annotations

from typing import Any

from .call_context import Context, Params
from .launch_checks import risks
from .script_lint import lint
from .type_conversion import decode_base64


def check_script(context: Context, params: Params) -> list[dict[str, Any]]:
    """Return JOB's findings in a script, which belongs to no scope."""
    language, content = params["script_language"], decode_base64(params["content"]).decode("utf-8", "replace")
    found = risks(context, language, content)
    own = [{name: value for name, value in finding.items() if name != "intercept"} for finding in found]
    return [finding.shown(context.language) for finding in lint(language, content)] + own
