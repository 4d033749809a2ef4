"""Doseline plans, proves and runs the supply of radiopharmaceuticals.

The names here are those of the ground and the first floor. Each workshop has its own front door:
`doseline.formats`, `doseline.demand`, `doseline.plan`, `doseline.simulate`, `doseline.studies`,
`doseline.report`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doseline.nuclides import nuclide
    from doseline.operations.check import breaches
    from doseline.operations.orders import DoseOrder
    from doseline.operations.schedule import Schedule
    from doseline.programme import Programme
    from doseline.quantities import Activity, Calibrated, Money

__version__ = "0.1.0"

__all__ = [
    "Activity",
    "Calibrated",
    "DoseOrder",
    "Money",
    "Programme",
    "Schedule",
    "__version__",
    "breaches",
    "nuclide",
]

_HOME = {
    "Activity": "doseline.quantities",
    "Calibrated": "doseline.quantities",
    "DoseOrder": "doseline.operations.orders",
    "Money": "doseline.quantities",
    "Programme": "doseline.programme",
    "Schedule": "doseline.operations.schedule",
    "breaches": "doseline.operations.check",
    "nuclide": "doseline.nuclides",
}


def __getattr__(name: str) -> object:
    """Fetch a name from its room when it is first asked for, so that `--help` stays quick."""
    if name not in _HOME:
        raise AttributeError(f"module 'doseline' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
