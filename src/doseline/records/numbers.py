"""Numbers as people wrote them, held against limits exactly."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from doseline.records.guards.refusing import refuse

__all__ = ["decimal", "inside"]


def decimal(text: str, what: str) -> Decimal:
    """The number that was written. Raises NotPermitted where it is none.

    >>> decimal("98.60", "purity")
    Decimal('98.60')
    """
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        refuse(f'{what}: found "{text}", expected a number such as 98.6.', "21 CFR 211.194(a)")
    return found


def inside(value: str, low: str, high: str, what: str) -> bool:
    """Whether a number lies within its limits, the limits included; an empty limit is none.

    >>> inside("95.0", "95", "", "purity"), inside("94.99", "95", "", "purity")
    (True, False)
    """
    found = decimal(value, what)
    if low and found < decimal(low, what):
        return False
    return not (high and found > decimal(high, what))
