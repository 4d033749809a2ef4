"""Which permission covers a package on the day of receipt, and which testing it asks for."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from doseline.programme import Programme
from doseline.programme.lane import Permission

Way = tuple[str, str, str]
"""A plant, a market and a protocol."""


class Permits:
    """The permissions of one programme, looked up by plant, market and protocol.

    It remembers what it is asked, so make one and keep it.
    """

    def __init__(self, programme: Programme) -> None:
        self._of: dict[Way, list[Permission]] = defaultdict(list)
        self._number: dict[int, int] = {}
        self._on: dict[tuple[Way, int], Permission | None] = {}
        self.priced = any(p.testing_cents for p in programme.permissions)
        for n, p in enumerate(programme.permissions):
            self._number[id(p)] = n
            for market in p.markets:
                for protocol in p.protocols:
                    self._of[p.manufacturer, market, protocol].append(p)

    def on(self, way: Way, day: date) -> Permission | None:
        """The permission that covers a day of receipt; of several the one with the least testing.

        Among those the cheapest counts, then the first of the file. [conventions 4.4]
        """
        key = (way, day.toordinal())
        if key not in self._on:
            covering = (
                p
                for p in self._of.get(way, ())
                if p.from_on <= day and (p.until_on is None or day <= p.until_on)
            )
            self._on[key] = min(
                covering, key=lambda p: (p.testing_min, p.testing_cents), default=None
            )
        return self._on[key]

    def all(self, way: Way) -> tuple[Permission, ...]:
        """Every permission for a way, on whatever day, in the order of the file."""
        return tuple(self._of.get(way, ()))

    def testing_min(self, way: Way) -> tuple[int, ...]:
        """What import testing may add to a transit, by any permission there is: the least first.

        Testing moves the receipt, and the day of receipt says which testing is asked for: who
        plans tries each and keeps those that hold. [min]
        """
        return tuple(sorted({p.testing_min for p in self._of.get(way, ())})) or (0,)

    def number(self, permission: Permission) -> int:
        """The position of a permission in the programme."""
        return self._number[id(permission)]
