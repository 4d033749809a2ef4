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
        if self.lengths.max(initial=0) > TEXT_MAX - 28 - 10:
            raise NotModelledError("the name of a patient is too long")


def from_columns(tables: Tables, throng: Throng, first: int, until: int) -> Laid:
    """The tables of the patients of the replications from one place to another of a throng.

    As `crowd.crowd`. Of several replications only where there is no standing demand.
    """
    c = throng.columns
    known = tables.kinds
    if known is None or (known.kinds is not c.kinds and known.kinds != c.kinds):
        known = tables.kinds = Known(tables, c.kinds)
    begins = np.array(throng.begins[first : until + 1])
    here = slice(int(begins[0]), int(begins[-1]))
    kind = c.kind[here]
    count, standing = len(kind), len(tables.programme.standing_demand)
    found = np.zeros(max(1, count + standing), TABLES["patients"])
    found["last_order"] = found["luck_off"] = -1
    mine = found[:count]
    prefix = known.prefix_at[kind] + c.prefix[here]
    mine["id_n"], mine["number"] = known.lengths[prefix], c.rank[here] + 1
    mine["id_off"] = known.ends[prefix] - known.lengths[prefix]
    mine["protocol"], mine["product"] = known.protocol[kind], known.product[kind]
    mine["arm"], mine["luck_n"] = known.arm[kind], known.visits[kind]
    mine["site"] = known.sites[known.site_at[kind] + c.site[here]]
    for name in ("first_day", "size", "entity", "rank", "delay_at", "weight_at"):
        mine[name] = getattr(c, name)[here]
    mine["waits"] = c.waits_days[here]
    begins -= begins[0]
    counts = np.diff(begins)
    whose = np.repeat(np.arange(until - first), counts)
    _names(tables, c, here, known, found, whose, begins)
    waiting, last, each = _cohorts(c, here, mine, whose, until - first)
    keys = np.array(throng.keys[first:until], np.int64)
    cohorts = (each * np.arange(until - first), np.full(until - first, each))
    result: Found = {"patients": found, "names": known.names, **_NOTHING}
    result |= {"cohort_waiting": waiting, "cohort_last": last}
    if len(c.delays):
        result["delays"] = c.delays
    if len(c.weights):
        result["weights"] = c.weights
    return Laid(
        until - first,
        result,
        {
            "patients": (begins[:-1], np.maximum(1, counts + standing)),
            "cohort_waiting": cohorts,
            "cohort_last": cohorts,
        },
        {
            "patients_n": counts, "l0": keys[:, 0], "l1": keys[:, 1],
            "attempts": np.full(until - first, c.attempts),
        },
    )  # fmt: skip


def _joined(found: list[Any]) -> Any:
    return np.concatenate(found) if found else np.zeros(1, np.int64)


def _names(
    tables: Tables, c: Columns, here: slice, known: Known, found: Ints, whose: Ints, begins: Ints
) -> None:
    """The order of all names of each replication, the standing demands between the patients."""
    standing = [d.id for d in tables.programme.standing_demand]
    apart = _APART if standing else 1
    if (int(np.diff(begins).max()) + 1) * apart >= _MOST:
        raise NotModelledError("more patients than their names have places")
    order = np.lexsort((c.name_order[here], whose))
    count = len(order)
    found["name_order"][order] = (np.arange(count) - begins[whose] + 1) * apart
    if not standing:
        return
    named = [_name(c, here.start + n) + "/" for n in order.tolist()]
    at = known.ends[len(known.ends) - len(standing) :]
    lengths = known.lengths[len(known.lengths) - len(standing) :]
    for turn, n in enumerate(sorted(range(len(standing)), key=lambda k: standing[k] + "/")):
        name = standing[n] + "/"
        place = bisect_left(named, name)
        if "/" in standing[n] or (place < count and named[place] == name):
            raise NotModelledError("the name of a standing demand is taken, or has a slash in it")
        if turn >= _APART - 1:
            raise NotModelledError("more standing demands than there is room for")
        found["name_order"][count + n] = place * _APART + turn + 1
        found["id_n"][count + n], found["id_off"][count + n] = lengths[n], at[n] - lengths[n]


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
