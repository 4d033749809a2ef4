"""The solver's library, opened when it is first asked for: a plan is verified without it."""

from __future__ import annotations

from typing import Any


class _Door:
    """Gives out what HiGHS offers; nothing of it is loaded before."""

    def __getattr__(self, name: str) -> Any:
        import highspy

        return getattr(highspy, name)


highspy: Any = _Door()
