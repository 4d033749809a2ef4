"""How often chance struck against its odds: what a share over futures can be corrected by.

Whenever a draw may take orders off their first way (first attempt, promised for the day wanted,
nothing gone wrong yet), each of them notes whether it was struck, less how likely that was. Who is
promised what is known before the draw, so the mean of these notes over futures is 0, whatever the
design and the policy: a future whose notes add up to more had bad luck, and how much of the service
it lost by that can be estimated and taken back. (Control variates from martingale differences:
Henderson and Glynn, Mathematics of Operations Research 27 (2002) 253.)

Nothing that happens hangs on it.
"""

from __future__ import annotations

KINDS = (
    "slot not usable",
    "isotope not delivered",
    "isotope late",
    "batch failed",
    "package lost or days late",
    "package hours late",
    "package among the slowest",
)
SLOT, ISOTOPE, ISOTOPE_LATE, BATCH, DAYS_LATE, HOURS_LATE, SLOW = range(len(KINDS))

SLOWEST = 0.2
"""The share of packages, of those whose transit is drawn, that count among the slowest."""

WHOLE = 1_000_000_000
"""Notes are whole numbers, so that no order of adding them matters: billionths of a dose."""


def noted(struck: bool, chance: float) -> int:
    """Whether something struck, less its chance. [billionths]

    >>> noted(True, 0.25), noted(False, 0.25)
    (750000000, -250000000)
    """
    return (WHOLE if struck else 0) - round(min(1.0, max(0.0, chance)) * WHOLE)
