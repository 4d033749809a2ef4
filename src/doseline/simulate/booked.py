"""What many replications counted, as columns; the plain form of each where somebody looks.

A table of whole numbers takes a fraction of the room and of the time that dictionaries take, and
the total of one name over the months of a period is found for all replications at once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np

Months = dict[int, int]
_NONE: dict[str, Months] = {}


class Booked:
    """What some replications counted and spent, by name and month: a table, and what it lacks.

    `table` holds a row a replication, a column a name and a month, from the month `first` on.
    `always` is the same in all of them; `more` is what a single one has besides.
    """

    def __init__(
        self,
        names: Sequence[str],
        first: int,
        table: np.ndarray[Any, Any],
        always: Mapping[str, Months],
        more: Sequence[Mapping[str, Months]] = (),
    ) -> None:
        self.names, self.first, self.table = tuple(names), first, table
        self.always, self.more = always, more
        self._columns = {name: n for n, name in enumerate(self.names)}
        self._totals: dict[tuple[str, int, int], list[int]] = {}
        self._named: list[tuple[str, ...]] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_totals": {}, "_named": None}

    def named(self, place: int) -> tuple[str, ...]:
        """What the replication at a place counted anything of, in order."""
        if self._named is None:
            here: np.ndarray[Any, Any] = np.asarray(self.table.any(axis=2))
            seen: dict[bytes, tuple[str, ...]] = {}
            self._named = []
            for n, row in enumerate(here):
                key = row.tobytes()
                if key not in seen:
                    mine = [
                        name for name, is_there in zip(self.names, row, strict=True) if is_there
                    ]
                    seen[key] = tuple(sorted({*mine, *self.always}))
                more = self._more(n)
                self._named.append(tuple(sorted({*seen[key], *more})) if more else seen[key])
        return self._named[place]

    def months(self, place: int, name: str) -> Months:
        """What the replication at a place counted under a name, by month; empty for nothing."""
        for known in (self._more(place), self.always):
            if name in known:
                return dict(known[name])
        column = self._columns.get(name)
        if column is None:
            return {}
        amounts = self.table[place, column].tolist()
        return {self.first + n: amount for n, amount in enumerate(amounts) if amount}

    def total(self, place: int, name: str, first: int, last: int) -> int:
        """The sum of what is counted under a name in some months."""
        key = (name, first, last)
        if key not in self._totals:
            self._totals[key] = self._summed(*key)
        return self._totals[key][place]

    def _summed(self, name: str, first: int, last: int) -> list[int]:
        """The sum of each replication."""
        column = self._columns.get(name)
        if column is None:
            found = [0] * len(self.table)
        else:
            low, high = max(0, first - self.first), max(0, last + 1 - self.first)
            found = self.table[:, column, low:high].sum(axis=1).tolist()
        if name in self.always:
            found = [_sum(self.always[name], first, last)] * len(self.table)
        if self.more:
            mine = [m.get(name) for m in self.more]
            found = [
                sums if m is None else _sum(m, first, last)
                for sums, m in zip(found, mine, strict=True)
            ]
        return found

    def _more(self, place: int) -> Mapping[str, Months]:
        return self.more[place] if self.more else _NONE


def _sum(months: Months, first: int, last: int) -> int:
    return sum(amount for month, amount in months.items() if first <= month <= last)


class Book(Mapping[str, Mapping[int, int]]):
    """What one replication counted and spent, by name and month."""

    __slots__ = ("_booked", "_place")

    def __init__(self, booked: Booked, place: int) -> None:
        self._booked, self._place = booked, place

    def __getitem__(self, name: str) -> Months:
        if name not in self._booked.named(self._place):
            raise KeyError(name)
        return self._booked.months(self._place, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._booked.named(self._place))

    def __len__(self) -> int:
        return len(self._booked.named(self._place))

    def __repr__(self) -> str:
        return repr(dict(self))

    def total(self, name: str, first: int, last: int) -> int:
        """The sum of what is counted under a name in some months, both ends among them."""
        return self._booked.total(self._place, name, first, last)


class Shorts:
    """The doses delayed or missed in some replications, as columns, sorted by replication.

    `letters` holds the names of the owners. A row: the place of the replication; where its owner's
    name begins, how long it is and the number behind it; the number and attempt of its first order,
    the number where that name was taken, the day wanted, and the protocol.
    """

    def __init__(self, letters: bytes, rows: np.ndarray[Any, Any]) -> None:
        self.letters, self.rows = letters, rows
        self._places: list[int] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_places": None}

    def of(self, place: int, protocol: int, first: int, last: int) -> tuple[tuple[str, int], ...]:
        """Those of one replication and protocol wanted from one day to another, by name."""
        if self._places is None:
            self._places = self.rows[:, 0].tolist()
        begin, end = bisect_left(self._places, place), bisect_right(self._places, place)
        return tuple(
            sorted(
                (self._name(*rest), day)
                for _, *rest, day, mine in self.rows[begin:end].tolist()
                if mine == protocol and first <= day <= last
            )
        )

    def _name(self, at: int, n: int, own: int, number: int, attempt: int, name_n: int) -> str:
        """The name of an order, as `ordering.order_for` and `future.Future.named` give it.

        `own` is the number of the owner, which stands behind the letters of some.
        """
        owner = self.letters[at : at + n].decode() + (str(own) if own else "")
        again = f".{attempt}" if attempt else ""
        taken = f"~{name_n}" if name_n > 1 else ""
        return f"{owner}/{number}{again}{taken}"


class Short(Sequence[tuple[str, int]]):
    """The doses delayed or missed of one row of service: the first order, and the day wanted."""

    __slots__ = ("_made", "_where")

    def __init__(self, shorts: Shorts, place: int, protocol: int, first: int, last: int) -> None:
        self._where = shorts, place, protocol, first, last
        self._made: tuple[tuple[str, int], ...] | None = None

    @property
    def plain(self) -> tuple[tuple[str, int], ...]:
        """All of them."""
        if self._made is None:
            shorts, *which = self._where
            self._made = shorts.of(*which)
        return self._made

    @overload
    def __getitem__(self, index: int) -> tuple[str, int]: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[tuple[str, int], ...]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return self.plain[index]

    def __len__(self) -> int:
        return len(self.plain)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Short):
            return self.plain == other.plain
        return self.plain == other if isinstance(other, tuple) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.plain)
