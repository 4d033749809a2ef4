"""Where the replications of a run are kept: as parts in its folder, if that can be had."""

from __future__ import annotations

from pathlib import Path

from doseline.simulate import Keeping
from doseline.stores.extra import NEEDS_TABLES, has_tables

PARTS = "parts"
"""The folder of the parts, inside that of the result."""

NOT_KEPT = f"single futures are not kept, so the run cannot be resumed: that {NEEDS_TABLES}"


def keeping(out: Path | None) -> Keeping | None:
    """What keeps replications under a folder; None without a folder or the extra `tables`."""
    if out is None or not has_tables():
        return None
    from doseline.stores.parts import Parts

    return Parts(out / PARTS)
