# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection blueking.job: no stable interface for others.
"""Lines of progress output, and when the next one is due. No failure here ends a wait."""

from __future__ import annotations

from ..common.text import one_line
from .context import TaskContext

# Maximum time (seconds) between two lines.
_INTERVAL_SECONDS = 30.0
# A poll within this time (seconds) before a line is due emits it; otherwise another poll would follow at once.
_EARLY_SECONDS = 1.0


class ProgressLines:
    """Progress lines of one wait.

    Args:
        prefix: beginning of each line.
        context: receives the lines.
    """

    def __init__(self, prefix: str, context: TaskContext) -> None:
        self.prefix = prefix
        self._emit = context.emit_progress
        self._clock = context.clock
        self._began = self._last_line_at = context.clock.now()
        self.emitted = False

    @property
    def wanted(self) -> bool:
        """Return whether lines are printed."""
        return self._emit is not None

    def clip(self, pause: float) -> float:
        """Shorten a pause so that the next line is not late."""
        return min(pause, self._due_in()) if self.wanted else pause

    def is_due(self) -> bool:
        """Return whether it is time for a line, even if nothing has changed."""
        return self.wanted and self._due_in() < _EARLY_SECONDS

    def since_last_line(self) -> float:
        """Return the time since the last line, or since the wait began; seconds."""
        return self._clock.now() - self._last_line_at

    def line(self, label: str, *facts: str) -> None:
        """Emit a line with the facts that are not empty, and the time since the wait began."""
        now = self._clock.now()
        self._last_line_at, self.emitted = now, True
        line = f"{label} {', '.join(filter(None, [*facts, _format_duration(now - self._began)]))}"
        try:
            if self._emit is not None:
                self._emit(one_line(line))
        except Exception:
            # For example a closed terminal. The wait continues without progress output.
            self._emit = None

    def _due_in(self) -> float:
        return max(0.0, self._last_line_at + _INTERVAL_SECONDS - self._clock.now())


def _format_duration(seconds: float) -> str:
    """Format seconds: 7s, 1m20s, 2h05m."""
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
    return f"{minutes // 60}h{minutes % 60:02}m"
