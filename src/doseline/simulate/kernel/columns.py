"""The patients of some replications, handed over as columns, as tables of the kernel."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np

from doseline.operations.crowd import Columns, Kind, Throng
from doseline.simulate.engine import NotModelledError
from doseline.simulate.kernel.draws import TEXT_MAX
from doseline.simulate.kernel.laid import Found, Ints, Laid
from doseline.simulate.kernel.layout import TABLES
from doseline.simulate.kernel.rows import in_lines
from doseline.simulate.kernel.tables import Tables

_APART = 1 << 8  # between the names of two patients there is room for so many standing demands
_MOST = 1 << 28  # places that names have in the rank of an order
_NOTHING: Found = {
    name: np.zeros(1, TABLES[name]) for name in ("lucks", "luck_rows", "delays", "weights")
}


class Known:
    """What the kinds of patients of a world have in common, as tables by place."""

    def __init__(self, tables: Tables, kinds: tuple[Kind, ...]) -> None:
        self.kinds = kinds
        self.protocol = np.array([tables.protocols[k.protocol] for k in kinds] or [0])
        self.product = np.array([tables.products[k.product] for k in kinds] or [0])
        self.arm = np.array([tables.arms[k.protocol] + k.arm for k in kinds] or [0])
        self.visits = tables.tables["arms"]["visit_n"][self.arm]
        sites = [np.array([tables.sites[s] for s in k.sites], np.int64) for k in kinds]
        self.sites = _joined(sites)
        self.site_at = np.cumsum([0, *(len(x) for x in sites)])
        letters = [[p.encode() for p in k.prefixes] for k in kinds]
        standing = [d.id.encode() for d in tables.programme.standing_demand]
        lengths = [np.array([len(x) for x in mine], np.int64) for mine in letters]
        self.prefix_at = np.cumsum([0, *(len(x) for x in lengths)])
        self.lengths = np.concatenate([*lengths, np.array([len(x) for x in standing], np.int64)])
        self.ends = np.cumsum(self.lengths)
        self.names = np.frombuffer(
            b"".join([*(x for m in letters for x in m), *standing, b"-"]), np.uint8
        )
        prefixes = np.array([p for k in kinds for p in k.prefixes] or [""])
        names = [d.id + "/" for d in tables.programme.standing_demand]
        self.before = [prefixes < name for name in names]
        self.apart = not any(
            name.startswith(p) for k in kinds for p in k.prefixes for name in names
        )
        """Whether each standing demand stands before all patients of a place or behind them."""
        if self.lengths.max(initial=0) > TEXT_MAX - 28 - 10:
            raise NotModelledError("the name of a patient is too long")


def from_columns(tables: Tables, throng: Throng, first: int, until: int) -> Laid:
    """The tables of the patients of the replications from one place to another of a throng.

    As `crowd.crowd`.
    """
    c = throng.columns
    known = tables.kinds
    if known is None or (known.kinds is not c.kinds and known.kinds != c.kinds):
        known = tables.kinds = Known(tables, c.kinds)
    begins = np.array(throng.begins[first : until + 1])
    here = slice(int(begins[0]), int(begins[-1]))
    kind = c.kind[here]
    count, standing = len(kind), len(tables.programme.standing_demand)
    mine = np.zeros(count, TABLES["patients"])
    mine["last_order"] = mine["luck_off"] = -1
    prefix = known.prefix_at[kind] + c.prefix[here]
    mine["id_n"], mine["number"] = known.lengths[prefix], c.rank[here] + 1
    mine["id_off"] = known.ends[prefix] - known.lengths[prefix]
    mine["protocol"], mine["product"] = known.protocol[kind], known.product[kind]
    mine["arm"], mine["luck_n"] = known.arm[kind], known.visits[kind]
    mine["site"] = known.sites[known.site_at[kind] + c.site[here]]
    for name in ("first_day", "size", "entity", "delay_at", "weight_at"):
        mine[name] = getattr(c, name)[here]
    mine["waits"] = c.waits_days[here]
    begins -= begins[0]
    counts = np.diff(begins)
    many = until - first
    whose = np.repeat(np.arange(many), counts)
    order = _names(c, here, mine, whose, begins, _APART if standing else 1)
    waiting, last, each = _cohorts(c, here, mine, whose, many)
    keys = np.array(throng.keys[first:until], np.int64)
    cohorts = (each * np.arange(many), np.full(many, each))
    found = in_lines(max(1, count + standing * many), TABLES["patients"])
    found["last_order"] = found["luck_off"] = -1
    found[np.arange(count) + standing * whose] = mine
    starts = begins[:-1] + standing * np.arange(many)
    if standing:
        _standing(tables, c, here, known, found, (starts + counts, order, prefix, whose))
    result: Found = {"patients": found, "names": known.names, **_NOTHING}
    result |= {"cohort_waiting": waiting, "cohort_last": last}
    if len(c.delays):
        result["delays"] = c.delays
    if len(c.weights):
        result["weights"] = c.weights
    return Laid(
        many,
        result,
        {
            "patients": (starts, np.maximum(1, counts + standing)),
            "cohort_waiting": cohorts,
            "cohort_last": cohorts,
        },
        {
            "patients_n": counts, "l0": keys[:, 0], "l1": keys[:, 1],
            "attempts": np.full(many, c.attempts),
        },
    )  # fmt: skip


def _joined(found: list[Any]) -> Any:
    return np.concatenate(found) if found else np.zeros(1, np.int64)


def _names(c: Columns, here: slice, mine: Ints, whose: Ints, begins: Ints, apart: int) -> Ints:
    """Say whose name comes first in each replication; the patients in that order."""
    if (int(np.diff(begins).max()) + 1) * apart >= _MOST:
        raise NotModelledError("more patients than their names have places")
    order = np.lexsort((c.name_order[here], whose))
    mine["name_order"][order] = (np.arange(len(order)) - begins[whose] + 1) * apart
    return order


def _standing(
    tables: Tables,
    c: Columns,
    here: slice,
    known: Known,
    found: Ints,
    of: tuple[Ints, Ints, Ints, Ints],
) -> None:
    """The standing demands behind the patients of each replication, their names between theirs."""
    rows, order, prefix, whose = of
    standing = [d.id for d in tables.programme.standing_demand]
    at = known.ends[len(known.ends) - len(standing) :]
    lengths = known.lengths[len(known.lengths) - len(standing) :]
    if len(standing) >= _APART or any("/" in name for name in standing):
        raise NotModelledError("more standing demands than there is room for, or a slash in one")
    for turn, n in enumerate(sorted(range(len(standing)), key=lambda k: standing[k] + "/")):
        if known.apart:
            place: Any = np.bincount(whose[known.before[n][prefix]], minlength=len(rows))
        elif len(rows) == 1:
            place = _place(c, here, order, standing[n] + "/")
        else:
            raise NotModelledError("names that only one replication by itself can tell apart")
        found["name_order"][rows + n] = place * _APART + turn + 1
        found["id_n"][rows + n], found["id_off"][rows + n] = lengths[n], at[n] - lengths[n]


def _place(c: Columns, here: slice, order: Ints, name: str) -> int:
    """How many patients' names come before another name."""
    named = [_name(c, here.start + n) + "/" for n in order.tolist()]
    place = bisect_left(named, name)
    if place < len(named) and named[place] == name:
        raise NotModelledError("the name of a standing demand is taken")
    return place


def _name(c: Columns, n: int) -> str:
    return f"{c.kinds[c.kind[n]].prefixes[c.prefix[n]]}{c.rank[n] + 1}"


def _cohorts(
    c: Columns, here: slice, mine: Ints, whose: Ints, replications: int
) -> tuple[Ints, Ints, int]:
    """Who of each cohort is waited for, and how many cohorts there may be in a replication.

    As `cohorts.Cohorts.gather`.
    """
    waits = c.waits_days[here]
    if not waits.any():
        mine["before"] = -1
        return np.zeros(replications, np.int32), np.zeros(replications, np.int32), 1
    cohort = c.cohort[here]
    protocols, wide = mine["protocol"].astype(np.int64), int(cohort.max()) + 2
    own = protocols * wide + cohort + 1  # room for the cohort before the first one
    each = int(own.max()) + 1
    total, everywhere = each * replications, own + each * whose
    there, awaited = np.zeros(total, np.bool_), np.zeros(total, np.bool_)
    there[everywhere] = True
    awaited[everywhere[waits > 0] - 1] = True
    mine["cohort"] = own
    mine["before"] = np.where(there[everywhere - 1], own - 1, -1)
    mine["awaited"] = awaited[everywhere]
    waiting = np.bincount(everywhere[awaited[everywhere]], minlength=total).astype(np.int32)
    return waiting, np.zeros(total, np.int32), each
