"""Who is treated in a trial, in many replications at once, with the luck drawn for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doseline.chance import stable_hash
from doseline.demand.admission import Admitted, Outcome, Ready, admitted, last_day
from doseline.demand.admission_rules import fates_of, rule_of
from doseline.demand.enrolment import Arrivals, arrivals, recorded, whole_days
from doseline.demand.luck import Drawn, Ints
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
    order = np.lexsort((came.at, ready, came.replication))
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
    rows = np.array([a.row for a in treated], dtype=np.int64)
    return Entries(
        drawn.picked(rows),
        came.site[rows],
        np.array([a.arm for a in treated], dtype=np.int64),
        np.array([a.day for a in treated], dtype=np.int64),
        np.array([a.cohort for a in treated], dtype=np.int64),
        np.array([a.waits_days for a in treated], dtype=np.int64),
        np.array([o.succeeded for o in outcomes], dtype=np.int64),
        np.array([o.known_on for o in outcomes], dtype=np.int64),
    )
