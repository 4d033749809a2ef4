"""Questions asked of several workshops at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doseline.studies.comparison import compare
    from doseline.studies.ranges.sensitivity import sensitivity
    from doseline.studies.sizing.size import size
    from doseline.studies.sufficiency import assess
    from doseline.studies.suppliers.second_supplier import second_supplier

__all__ = ["assess", "compare", "second_supplier", "sensitivity", "size"]

_HOME = {
    "assess": "doseline.studies.sufficiency",
    "compare": "doseline.studies.comparison",
    "second_supplier": "doseline.studies.suppliers.second_supplier",
    "sensitivity": "doseline.studies.ranges.sensitivity",
    "size": "doseline.studies.sizing.size",
}


def __getattr__(name: str) -> object:
    """Fetch a study when it is first asked for: checking a file needs no solver."""
    if name not in _HOME:
        raise AttributeError(f"module 'doseline.studies' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
