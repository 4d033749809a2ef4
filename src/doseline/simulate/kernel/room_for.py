"""The memory of one future: what lives in it, emptied by compiled code before each one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from doseline.simulate.kernel.futures import SHORT_ROW
from doseline.simulate.kernel.laid import Ints, Laid
from doseline.simulate.kernel.layout import AT, COUNTS, FREED_ROW, MOST_WAYS, SIZE, TABLES
from doseline.simulate.kernel.rows import in_lines
from doseline.simulate.kernel.tables import Lent, Tables
from doseline.simulate.kernel.tallying import ROW
from doseline.simulate.result import Period

_KEPT = (
    *("orders", "doses", "waiting", "wanted_places", "wanted_sites", "wanted_least"),
    *("wanted_until", "wanted_consignee", "wanted_days"),
    *("first_keys", "first_calls"),
)
_OF_RIVALS = ("rival_orders", "rival_ranks", "rival_loads", "rival_eos")


class Room:
    """Tables that a future writes. `grow` doubles those whose length nobody knows before."""

    def __init__(self, tables: Tables, periods: Sequence[Period]) -> None:
        self.tables = tables
        self.found: dict[str, np.ndarray[Any, Any]] = {}
        self.c = np.zeros(SIZE, np.int64)
        self.size = 0
        self.held: dict[str, np.ndarray[Any, Any]] = {}
        self._fixed(periods)
        self._write(tables.tables)
        self._write(self.found)
        for name, number in tables.numbers.items():
            self.c[AT[name]] = number

    def _write(self, found: dict[str, np.ndarray[Any, Any]]) -> None:
        for name, table in found.items():
            self.c[AT[name]], self.c[AT[name] + 1] = _address(table), len(table)

    def _fixed(self, periods: Sequence[Period]) -> None:
        t = self.tables
        days, plants, places = t.days, len(t.plants), len(t.world.places)
        consignees, weeks = len(t.consignees), t.numbers["weeks_n"]
        counted = max(1, len(periods)) * max(1, len(t.protocols))
        zeros = {
            # what is counted, first
            "months": len(COUNTS) * t.months_n, "rows": counted * ROW,
            "row_months": counted * t.months_n * 4, "row_causes": counted * len(t.causes),
            "batches_of_year": plants * t.years_n,
            # what lives
            "busy": places, "looked_at": places, "full": places,
            "crew": plants * days, "qc": plants * days,
            "infusions": consignees * days, "held_most": consignees * weeks,
            "freed_list": 2 * FREED_ROW, "short_since": places, "short_load": places,
            "offered": t.offers_n, "standing_used": len(t.weeks),
            "consignments": t.consignments_n,
        }  # fmt: skip
        minus = {
            "batch_of": places, "held_first": consignees * weeks, "held_last": consignees * weeks,
            "arrival_first": plants * weeks, "arrival_last": plants * weeks,
            "freed_place": 2 * places, "freed_consignee": 2 * consignees,
        }  # fmt: skip
        self.zero, found, begins = _side_by_side(zeros)
        self.counted_at = {name: begins[name] for name in _COUNTED}
        self.counted_words = begins["busy"]
        self.minus, others, _ = _side_by_side(minus)
        self.found |= found | others
        self.found["scratch"], self.found["marks"] = (
            np.zeros(1 << 16, np.int64),
            np.zeros(5 * MOST_WAYS),
        )
        self.found["block"] = np.zeros(128, np.uint64)
        self.found["text"] = self.found["block"].view(np.uint8)
        self.found["experience"] = np.zeros(max(1, len(t.lines)), np.int32)
        self.found["cluster_until"] = np.zeros(max(1, len(t.lines)), np.int64)
        self._periods(periods)

    def _periods(self, periods: Sequence[Period]) -> None:
        t = self.tables
        spans = np.zeros(max(1, len(periods)), TABLES["periods"])
        named = np.zeros((max(1, len(periods)), max(1, len(t.protocols))), np.int32)
        for n, period in enumerate(periods):
            spans[n] = (period.from_on.toordinal(), period.until_on.toordinal())
            for protocol, number in t.protocols.items():
                named[n, number] = not period.protocols or protocol in period.protocols
        self.found["periods"], self.found["period_protocols"] = spans, named.reshape(-1)
        self.c[AT["periods_n"]] = len(periods)

    # -- what grows ------------------------------------------------------------------------

    def grow(self, size: int) -> None:
        """Room for so many orders, and for what goes with them; kept if it is enough already.

        Futures of one world that end on different days live in the same memory, one at a time.
        """
        if size <= self.size:
            return
        lent = self.tables.lent
        if not lent or lent[-1].size < size:
            lent[:] = [self._made(size)]
        self.size, self.shorts = lent[-1].size, lent[-1].shorts
        # what a future finds there from the one before is its own
        self.found["tested"] = in_lines(lent[-1].tested, TABLES["tested"])
        self.found |= lent[-1].tables
        self._write({"tested": self.found["tested"], **lent[-1].tables})
        each = len(self.found["group_of"]) // max(1, len(self.tables.sites))
        self.c[AT["groups_wide"]] = 1 << max(0, each.bit_length() - 1)

    def _made(self, size: int) -> Lent:
        batches = 2 * len(self.tables.world.places) + size // 2 + 64
        made: dict[str, int] = {
            **dict.fromkeys(_KEPT, size), "batches": batches, "group_of": 1 << size.bit_length(),
            "spares": size + 4 * batches, "parcels": size, "parcel_orders": 2 * size,
            "arrivals": 4 * size + 4 * batches, "groups": 2 * size, "stops": 4096,
            **dict.fromkeys(_OF_RIVALS, 2 * size),
            "heap": 4 * size,
        }  # fmt: skip
        return Lent(
            size,
            {name: in_lines(n, TABLES[name]) for name, n in made.items()},
            np.empty((size + _SHORTS, SHORT_ROW), np.int64),
            batches * max(1, len(self.tables.markets)),
        )

    def counts(self, counted: Ints, name: str) -> Ints:
        """One of the tables that replications are told by: a row a replication."""
        table = self.found[name]
        begin = self.counted_at[name]
        words = -(-table.nbytes // 8)
        found = counted[:, begin : begin + words]
        if table.itemsize < 8:
            found = np.ascontiguousarray(found).view(table.dtype)
        return found[:, : len(table)]

    def fill(self, laid: Sequence[Laid], numbers: Mapping[str, Any]) -> tuple[Ints, Ints]:
        """Take in what is laid out for some replications: the slots, and what each puts there."""
        count = laid[0].count
        columns: dict[int, Any] = {AT[name]: 0 for name in _COUNTERS}
        columns |= {AT["freed_turn"]: 1}
        columns |= {AT[name]: number for name, number in numbers.items()}
        for one in laid:
            self._write({n: x for n, x in one.tables.items() if self.held.get(n) is not x})
            self.held |= one.tables
            for name, (first, rows) in one.parts.items():
                table = one.tables[name]
                columns[AT[name]] = _address(table) + first * table.itemsize
                columns[AT[name] + 1] = rows
            columns |= {AT[name]: each for name, each in one.numbers.items()}
        settings = np.empty((count, len(columns)), np.int64)
        for k, column in enumerate(columns.values()):
            settings[:, k] = column
        return np.array(list(columns), np.int64), settings


_COUNTED = ("months", "rows", "row_months", "row_causes", "batches_of_year")
"""The tables that a replication is told by."""

_SHORTS = 1 << 14  # so many doses delayed or missed are noted before another future needs room


def _address(table: Ints) -> int:
    # as bytes: NumPy would describe every field of a row before it gives the address
    found: int = table.view(np.uint8).__array_interface__["data"][0]
    return found


def _side_by_side(sizes: Mapping[str, int]) -> tuple[Ints, dict[str, Ints], dict[str, int]]:
    """Tables of so many rows in one block, the block as words, and the word where each begins.

    Each begins where a line of the processor's cache does.
    """
    begins, end = {}, 0
    for name, n in sizes.items():
        begins[name] = end
        end += -(-max(1, n) * np.dtype(TABLES[name]).itemsize // 64) * 8
    block = in_lines(end, np.int64)
    found = {}
    for name, n in sizes.items():
        kind = np.dtype(TABLES[name])
        found[name] = block[begins[name] :].view(kind)[: max(1, n)]
    return block, found, begins


_COUNTERS = (
    "fault", "now", "sequence", "heap_n", "first_n", "beginning", "orders_n", "batches_n",
    "spares_n", "parcels_n", "parcel_orders_n", "doses_n", "arrivals_n", "groups_n", "stops_n",
    "known_n", "waiting_n", "freed_n", "freed_places", "freed_sites", "vials_n",
    "scratch_n", "changes", "turn", "joins", "rounds", "rivals_turn", "rivals_end",
)  # fmt: skip
