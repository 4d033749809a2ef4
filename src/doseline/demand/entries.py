"""Who is treated in a trial, in many replications at once, with the luck drawn for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doseline.chance import stable_hash
from doseline.demand.admission import (
    Admitted,
    Outcome,
    Ready,
    admitted,
    fills_in_order,
    last_day,
    places,
)
from doseline.demand.admission_rules import fates_of, rule_of
from doseline.demand.enrolment import Arrivals, arrivals, recorded, whole_days
from doseline.demand.luck import Drawn, Floats, Ints
from doseline.demand.observed import EnrolmentSoFar
from doseline.demand.thinning import stays
from doseline.demand.treatment_days import SiteDays, site_days
from doseline.distributions import triangular_from_u
from doseline.operations.routes import Ways
from doseline.programme import Programme
from doseline.programme.course import SEARCH_DAYS
from doseline.programme.scenario import Scenario
from doseline.programme.trial import Trial

_LATER_DAYS = 3 * SEARCH_DAYS  # a trial that waits, or begins late, may run on so long


@dataclass(frozen=True, slots=True)
class Entries:
    """The patients treated in a trial, a row each, and how each replication of it ended.

    `drawn` holds the numbers for drawing (entity: the site), `site` the row in the trial's list,
    `first_day` the day of the first dose (ordinal), `cohort` and `waits_days` see `Place`.
    `succeeded` and `known_on` have a number for each replication asked for.
    """

    drawn: Drawn
    site: Ints
    arm: Ints
    first_day: Ints
    cohort: Ints
    waits_days: Ints
    succeeded: Ints
    known_on: Ints

    def of_arm(self, number: int) -> Entries:
        """Those of one arm."""
        here = np.flatnonzero(self.arm == number)
        return Entries(
            self.drawn.picked(here),
            self.site[here],
            self.arm[here],
            self.first_day[here],
            self.cohort[here],
            self.waits_days[here],
            self.succeeded,
            self.known_on,
        )


def has_rule(trial: Trial) -> bool:
    """Whether a rule of its own sets how many a trial treats."""
    return any((trial.dose_finding, trial.response_rule, trial.event_rule))


def trial_entries(
    programme: Programme,
    ways: Ways,
    trial: Trial,
    seed: int,
    replications: Sequence[int],
    *,
    later_days: Ints | None = None,
    scenario: Scenario | None = None,
    so_far: EnrolmentSoFar | None = None,
    estimate: bool = False,
) -> Entries:
    """The patients treated in a trial in some replications, whose numbers rise.

    `later_days` says by how much the trial begins later in each replication than written: its
    openings, seasons and last day move with it. Those of the record `so_far` come as they came, and
    nothing that would have kept them away has happened; with `estimate` the rates are taken from it
    alone.
    """
    came = arrivals(programme, trial, seed, replications, so_far, estimate=estimate)
    known = came.rank < recorded(trial, so_far)[came.site]
    at = came.at
    if later_days is not None:
        place = np.searchsorted(np.asarray(replications), came.replication)
        at = at + np.where(known, 0, later_days[place])
    hashes = np.array([stable_hash(s) for s in trial.sites], dtype=np.uint64)
    drawn = Drawn(seed, trial.id, came.replication, hashes[came.site], came.rank.astype(np.uint64))
    kept = stays(scenario, "trial", trial.id, drawn, at.astype(np.int64))
    if kept is not None:
        kept |= known
        drawn, at, known = drawn.picked(kept), at[kept], known[kept]
        came = Arrivals(came.replication[kept], came.site[kept], came.rank[kept], at)
    ready = at.astype(np.int64) + _screening(trial, drawn)
    cut_day = so_far.cut_on.toordinal() if so_far else 0
    waiting = _Waiting(came, drawn, ready, known, cut_day)
    return _entered(programme, ways, trial, replications, waiting)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Everybody who has come: their arrival, the day on which they are ready, and who is known."""

    came: Arrivals
    drawn: Drawn
    ready: Ints
    known: NDArray[np.bool_]
    cut_day: int


def _screening(trial: Trial, drawn: Drawn) -> Ints:
    """Days from consent to the first dose, a part of a day counting as one."""
    span = trial.screening_chance
    if span is None:
        return np.full(len(drawn.rank), whole_days(trial.screening_min), dtype=np.int64)
    shares = drawn.uniforms("screening")[:, 0].tolist()
    minutes = [triangular_from_u(u, span.low, span.mode, span.high) for u in shares]
    return np.ceil(np.array(minutes) / 1440.0 - 1e-9).astype(np.int64)


def calendar_of(programme: Programme, ways: Ways, trial: Trial) -> SiteDays:
    """The treatment days of a trial's sites for as long as it may run."""
    first = min(programme.from_on, trial.from_on).toordinal()
    last = max(programme.until_on, last_day(trial)).toordinal() + _LATER_DAYS
    return site_days(ways, [programme.site[s] for s in trial.sites], first, last - first + 1)


def _entered(
    programme: Programme,
    ways: Ways,
    trial: Trial,
    replications: Sequence[int],
    waiting: _Waiting,
) -> Entries:
    came, drawn, ready = waiting.came, waiting.drawn, waiting.ready
    days = calendar_of(programme, ways, trial)
    order = _in_turn(came, ready)
    if fills_in_order(programme, trial) and not waiting.known.any():
        return _in_order(trial, replications, waiting, days, order)
    edges = np.searchsorted(came.replication[order], np.asarray(replications), side="left")
    ends = np.searchsorted(came.replication[order], np.asarray(replications), side="right")
    row, site, day = order.tolist(), came.site[order].tolist(), ready[order].tolist()
    known = waiting.known[order].tolist()
    fates = fates_of(trial, drawn)
    taken: list[Admitted] = []
    outcomes: list[Outcome] = []
    for low, high in zip(edges.tolist(), ends.tolist(), strict=True):
        queue = [Ready(row[n], site[n], day[n], known[n]) for n in range(low, high)]
        rule = rule_of(trial, fates, sum(known[low:high]), waiting.cut_day)
        taken += rule.settled(list(admitted(programme, trial, rule, queue, days)))
        outcomes.append(rule.outcome())
    treated = [a for a in taken if not a.control]
    return _entries(
        waiting,
        np.array([a.row for a in treated], dtype=np.int64),
        np.array([a.arm for a in treated], dtype=np.int64),
        np.array([a.day for a in treated], dtype=np.int64),
        np.array([a.cohort for a in treated], dtype=np.int64),
        np.array([a.waits_days for a in treated], dtype=np.int64),
        outcomes,
    )


def _in_turn(came: Arrivals, ready: Ints) -> Ints:
    """Everybody by replication, then by the day on which they are ready, then as they came."""
    if all(_rises(column, came.replication) for column in (came.at, ready)):
        return np.arange(len(ready))
    return np.lexsort((came.at, ready, came.replication))


def _rises(column: Ints | Floats, replication: Ints) -> bool:
    """Whether the replications rise, and in each of them the numbers of a column."""
    step = np.diff(replication)
    return bool(((step > 0) | ((step == 0) & (np.diff(column) >= 0))).all())


def _entries(
    waiting: _Waiting,
    rows: Ints,
    arm: Ints,
    day: Ints,
    cohort: Ints,
    waits_days: Ints,
    outcomes: Sequence[Outcome],
) -> Entries:
    succeeded = np.array([o.succeeded for o in outcomes], dtype=np.int64)
    known_on = np.array([o.known_on for o in outcomes], dtype=np.int64)
    site = waiting.came.site[rows]
    return Entries(
        waiting.drawn.picked(rows), site, arm, day, cohort, waits_days, succeeded, known_on
    )


def _in_order(
    trial: Trial, replications: Sequence[int], waiting: _Waiting, days: SiteDays, order: Ints
) -> Entries:
    """What `admitted` gives where patients take the places of one arm in order.

    All replications at once: the first of each that their sites treat, up to the trial's places.
    """
    numbers = waiting.came.replication[order]
    first = _one_after_the_other(days, waiting.came.site[order], waiting.ready[order], numbers)
    treated = first >= 0
    order, first, numbers = order[treated], first[treated], numbers[treated]
    arms = np.array([arm for arm, _ in places(trial)], dtype=np.int64)
    place = np.arange(len(order)) - np.searchsorted(numbers, numbers)
    kept = place < len(arms)
    order, first, arm = order[kept], first[kept], arms[place[kept]]
    numbers = numbers[kept]
    edges = np.searchsorted(numbers, np.asarray(replications), side="left").tolist()
    ends = np.searchsorted(numbers, np.asarray(replications), side="right").tolist()
    closes = trial.until_on.toordinal()
    outcomes = []
    for low, high in zip(edges, ends, strict=True):
        last = int(first[low:high].max()) if high > low else 0
        full = high - low == len(arms)
        outcomes.append(Outcome(last > 0, last if full else max(last, closes)))
    return _entries(waiting, order, arm, first, arm, np.zeros(len(arm), np.int64), outcomes)


def _one_after_the_other(days: SiteDays, site: Ints, ready: Ints, replication: Ints) -> Ints:
    """The days of first doses, none before that of a patient ahead; -1 for none.

    Everybody takes the first treatment day there is, then those whom an earlier patient's day puts
    off take a later one, until nobody is put off any more.
    """
    apart = (np.cumsum(np.diff(replication, prepend=replication[:1]) != 0)) * 10_000_000
    first = days.snapped(site, ready, 0, 0)
    while first.size:
        ahead = np.maximum.accumulate(np.maximum(first, 0) + apart)[:-1] - apart[1:]
        late = np.flatnonzero((first[1:] >= 0) & (first[1:] < ahead)) + 1
        if not late.size:
            break
        first[late] = days.snapped(site[late], ahead[late - 1], 0, 0)
    return first
