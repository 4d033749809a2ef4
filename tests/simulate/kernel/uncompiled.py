"""The kernel as plain Python, with a fault put in where one is named: does its answer still agree?

Run by a test in a process of its own, with NUMBA_DISABLE_JIT set: compiled code cannot be patched.
Prints how many of some replications differ from the reference, or where the kernel broke.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from doseline.simulate.kernel import (
    courses,
    filling,
    futures,
    layout,
    loop,
    parcels,
    play,
    rooms,
)
from doseline.simulate.reference import run
from doseline.simulate.result import Period
from doseline.simulate.world import World
from tests.hand_world import world
from tests.simulate.worlds import FROM, UNTIL, Weekly, failing, with_second_plant


class Row:
    """One row of a table; numbers come out as Python's own."""

    def __init__(self, table: Any, place: int) -> None:
        self.__dict__.update(_table=table, _place=place)

    def __getattr__(self, name: str) -> Any:
        return self._table[name][self._place].item()

    def __setattr__(self, name: str, value: Any) -> None:
        self._table[name][self._place] = value


class Table:
    """One table, with its places checked."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, where: Any) -> Any:
        if isinstance(where, slice):
            return self.table[where]
        assert 0 <= where < len(self.table)
        return Row(self.table, where) if self.table.dtype.names else self.table[where].item()

    def __setitem__(self, where: int, value: Any) -> None:
        assert 0 <= where < len(self.table)
        self.table[where] = value


class Memory:
    """The memory of a future: `c.orders[3].status`, `c.now`."""

    def __init__(self, room: Any) -> None:
        every = {**room.tables.tables, **room.found, **room.held}
        tables = {name: Table(every[name]) for name in layout.TABLES}
        self.__dict__.update(_numbers=room.c, _tables=tables)

    def __getattr__(self, name: str) -> Any:
        found = self._tables.get(name)
        return int(self._numbers[layout.AT[name]]) if found is None else found

    def __setattr__(self, name: str, value: int) -> None:
        self._numbers[layout.AT[name]] = value


def later_again() -> None:
    """A missed dose is ordered again a fortnight later, not a week."""
    setattr(courses, "RETRY_DAYS", 14)  # noqa: B010 (it is a name of another module)


def more_isotope() -> None:
    """Half as much isotope again is ordered as is needed."""
    before = rooms.charge_for

    def charge_for(c: Any, place: int, load_mbq: float) -> float:
        return 1.5 * before(c, place, load_mbq)

    rooms.charge_for = charge_for


def main(fault: str) -> None:
    """Play some replications of the world with two plants by both engines."""
    {"none": lambda: None, "later_again": later_again, "more_isotope": more_isotope}[fault]()
    programme = with_second_plant(failing(world(), 0.4), 0.2)
    w = World(programme, FROM, UNTIL)
    periods = (Period("all", (), FROM, UNTIL),)
    kernel = play.Kernel(w, periods)
    plainly: tuple[tuple[Any, str, Any], ...] = (
        (futures, "memory_at", lambda _: Memory(kernel.room)),
        (loop, "fetch", lambda *_: None),
        (courses, "fetch", lambda *_: None),
        (filling, "fetch", lambda *_: None),
        (filling, "fetch_begin", lambda *_: None),
        (parcels, "fetch_begin", lambda *_: None),
        (rooms, "as_float", lambda bits: float(np.int64(bits).view(np.float64))),
    )
    for module, name, function in plainly:
        setattr(module, name, function)
    differ = 0
    with np.errstate(over="ignore"):
        for replication in range(8):
            crowd = Weekly(6, len(programme.trials[0].arms[0].visits))(replication)
            fast = kernel.run(crowd, seed=2, replication=replication)
            plain = run(w, crowd, seed=2, replication=replication, periods=periods)
            differ += fast is None or (fast.replication, fast.services) != (
                plain.replication,
                plain.services,
            )
    print(differ)


if __name__ == "__main__":
    main(sys.argv[1])
