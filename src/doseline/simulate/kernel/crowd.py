"""The patients and the shocks of some replications as tables."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np

from doseline.operations.crowd import Crowd
from doseline.operations.orders import Patient
from doseline.programme.course import Luck
from doseline.programme.scenario import DEMAND, Shock
from doseline.simulate.engine import NotModelledError
from doseline.simulate.kernel.columns import from_columns
from doseline.simulate.kernel.draws import TEXT_MAX
from doseline.simulate.kernel.laid import Found, Laid, alone
from doseline.simulate.kernel.layout import NEVER, TABLES
from doseline.simulate.kernel.rows import Numbered, in_lines, rows, triangle
from doseline.simulate.kernel.tables import Tables
from doseline.simulate.kernel.words import HITS
from doseline.simulate.world import DAY


def crowd(tables: Tables, patients: Sequence[Sequence[Patient]]) -> Laid:
    """The tables of the patients of some replications, which `together` allows.

    The standing demands stand behind the patients. Raises NotModelledError where a name is too
    long, is borne twice, or can be mistaken for the beginning of another.
    """
    first = patients[0]
    if isinstance(first, Crowd) and first.throng is not None:
        return from_columns(tables, first.throng, first.place, first.place + len(patients))
    return _one_by_one(tables, first)


def together(patients: Sequence[Sequence[Patient]], first: int, most: int) -> int:
    """Up to which replication the patients can be laid out in one go, from the first on."""
    begin, until = patients[first], first + 1
    if not isinstance(begin, Crowd) or begin.throng is None:
        return until
    while until < min(len(patients), first + most):
        other = patients[until]
        if not isinstance(other, Crowd) or other.throng is not begin.throng:
            break
        if other.place != begin.place + until - first:
            break
        until += 1
    return until


def _one_by_one(tables: Tables, patients: Sequence[Patient]) -> Laid:
    """Patients who come as plain ones."""
    owners = [p.id for p in patients] + [d.id for d in tables.programme.standing_demand]
    if len(set(owners)) < len(owners):
        raise NotModelledError("two patients bear one name")
    if any("/" in name for name in owners):
        raise NotModelledError("the name of a patient has a slash in it")
    letters = [name.encode() for name in owners]
    lengths = np.array([len(x) for x in letters] or [0], np.int64)
    if lengths.max() > TEXT_MAX - 28:
        raise NotModelledError("the name of a patient is too long")
    found = in_lines(max(1, len(owners)), TABLES["patients"])
    found["last_order"], found["delay_at"], found["weight_at"] = -1, -1, -1
    ends = np.cumsum(lengths)
    found["id_n"], found["id_off"] = lengths, ends - lengths
    first_to_last = sorted(range(len(owners)), key=lambda n: owners[n] + "/")
    found["name_order"][first_to_last] = np.arange(len(owners))
    result: Found = {
        "patients": found,
        "names": np.frombuffer(b"".join(letters) or b"-", np.uint8).copy(),
        "delays": np.zeros(1, np.int64),
        "weights": np.zeros(1),
    }
    result |= _luck(patients, found)
    if patients:
        mine = found[: len(patients)]
        for field, number in (
            ("protocol", tables.protocols),
            ("product", tables.products),
            ("site", tables.sites),
        ):
            mine[field] = [number[getattr(p, field)] for p in patients]
        mine["arm"] = [tables.arms[p.protocol] + p.arm for p in patients]
        mine["first_day"] = [p.first_day for p in patients]
        mine["size"] = [p.size for p in patients]
        mine["waits"] = [p.waits_days for p in patients]
    result |= _cohorts(patients, found)
    return alone(result, {"patients_n": len(patients), "l0": 0, "l1": 0, "attempts": 1})


_NUMBERS = attrgetter(
    *("goes_on", "gate", "gate_delay_days", "cancel", "cancel_stage", "moved", "weight_factor")
)
"""The numbers of a `Luck`, in the order of a row of the table."""


def _luck(patients: Sequence[Patient], found: np.ndarray[Any, Any]) -> Found:
    """The luck of every attempt at every dose, one behind the other."""
    flat: list[Luck] = [luck for p in patients for visit in p.luck for luck in visit]
    counts = [len(visit) for p in patients for visit in p.luck]
    table = np.zeros(max(1, len(flat)), TABLES["lucks"])
    if flat:
        numbers = chain.from_iterable(map(_NUMBERS, flat))
        table = np.fromiter(numbers, np.float64, 7 * len(flat)).view(TABLES["lucks"])
    where = np.zeros(max(1, len(counts)), TABLES["luck_rows"])
    if counts:
        ends = np.cumsum(counts)
        where["n"], where["off"] = counts, ends - counts
    visits = np.array([len(p.luck) for p in patients], np.int64)
    mine = found[: len(patients)]
    mine["luck_n"], mine["luck_off"] = visits, np.cumsum(visits) - visits
    return {"lucks": table, "luck_rows": where}


def _cohorts(patients: Sequence[Patient], found: np.ndarray[Any, Any]) -> Found:
    """Who of each cohort is waited for. As `cohorts.Cohorts.gather`."""
    numbered = Numbered()
    awaited = {(p.protocol, p.cohort - 1) for p in patients if p.waits_days}
    own = [numbered[p.protocol, p.cohort] for p in patients]
    if patients:
        mine = found[: len(patients)]
        mine["cohort"] = own
        mine["before"] = [numbered.get((p.protocol, p.cohort - 1), -1) for p in patients]
        mine["awaited"] = [(p.protocol, p.cohort) in awaited for p in patients]
    waiting = np.zeros(max(1, len(numbered)), np.int32)
    if patients:
        np.add.at(waiting, own, found["awaited"][: len(patients)])
    return {"cohort_waiting": waiting, "cohort_last": np.zeros(len(waiting), np.int32)}


_CALM: Found = {
    "shocks": np.zeros(1, TABLES["shocks"]),
    "targets": np.zeros(1, np.int8),
    "known": np.zeros(1, np.int32),
}
"""No shocks."""


def blows(tables: Tables, shocks: Sequence[Sequence[Shock]]) -> Laid:
    """The shocks of some replications; those on the demand were drawn with the patients.

    Replications that are struck by the same shocks share their rows.
    """
    seen: dict[tuple[Shock, ...], int] = {}
    struck: list[Shock] = []
    first, many = np.zeros(len(shocks), np.int64), np.zeros(len(shocks), np.int64)
    for n, mine in enumerate(shocks):
        hit = tuple(s for s in mine if s.hits not in DEMAND)
        many[n] = len(hit)
        if hit:
            first[n] = seen.setdefault(hit, len(struck))
            if first[n] == len(struck):
                struck += hit
    if not struck:
        return Laid(len(shocks), _CALM, {}, {"shocks_n": many})
    wide = tables.targets_n
    return Laid(
        len(shocks),
        {**_struck(tables, struck), "known": np.zeros(int(many.max()), np.int32)},
        {
            "shocks": (first, np.maximum(1, many)),
            "targets": (wide * first, wide * np.maximum(1, many)),
        },
        {"shocks_n": many},
    )


def _struck(tables: Tables, struck: Sequence[Shock]) -> Found:
    """Shocks as tables."""
    clock = tables.world.clock
    found = []
    targets = np.zeros((len(struck), tables.targets_n), np.int8)
    for n, s in enumerate(struck):
        stops = s.left_fraction <= 0 and s.delay_factor == 1.0 and s.adds is None
        found.append(
            {
                "hits": HITS.index(s.hits),
                "from_day": s.from_on.toordinal(),
                "until_day": NEVER if s.until_on is None else s.until_on.toordinal(),
                "begins_at": clock.day_start(s.from_on, "UTC"),
                "ends_at": 0 if s.until_on is None else clock.day_start(s.until_on, "UTC") + DAY,
                "adds": s.adds is not None,
                **triangle(s.adds),
                "all_markets": not s.markets,
                "all_protocols": not s.protocols,
                "stops": stops,
                "spares_started": s.spares_started,
                "left": s.left_fraction,
                "delay_factor": s.delay_factor,
            }
        )
        named = {"permission": "manufacturer"}.get(s.hits, s.hits)
        for kind, names in (
            (named, s.targets),
            ("market", s.markets),
            ("protocol", s.protocols),
        ):
            known: dict[Any, int] = _numbers(tables, kind)
            for name in names:
                if name in known:
                    targets[n, tables.target_at[kind] + known[name]] = 1
    return {"shocks": rows("shocks", found), "targets": targets.reshape(-1)}


def _numbers(tables: Tables, kind: str) -> dict[Any, int]:
    known: dict[str, dict[Any, int]] = {
        "manufacturer": tables.plants,
        "firm": tables.firms,
        "line": tables.lines,
        "source": tables.sources,
        "carrier": tables.carriers,
        "lane": tables.lanes,
        "border": tables.borders,
        "site": tables.sites,
        "market": tables.markets,
        "protocol": tables.protocols,
    }
    return known[kind]
