"""Who enrols in a trial, when: Poisson arrivals at each site, with a gamma-distributed rate.

Anisimov and Fedorov, Modelling, prediction and adaptive adjustment of recruitment in multicentre
trials, Statistics in Medicine 26 (2007). The stated rate counts patients treated, so those who
fail the screening are left out from the start. Seasons stretch the time of a site: where a month
has a factor of one half, its days count half.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.special import gammaincinv

from doseline.chance import stable_hash, uniform_rows
from doseline.demand.luck import Floats, Ints
from doseline.demand.observed import EnrolmentSoFar
from doseline.demand.rates import RatePrior, estimated_prior, posterior
from doseline.programme import Programme
from doseline.programme.site import Site
from doseline.programme.trial import Enrolment, RegionEnrolment, Trial

MONTH_DAYS = 30.4375
_BLOCK = 32  # arrivals after which the time so far is added up anew
_PIECE = 8  # arrivals drawn at once, for the sites that enrol so many


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Patients who consent and will be treated, a row each: replication, site, rank, when.

    `site` is the place in the trial's list, `rank` counts from 0 at the site, `at` is in days
    (ordinals and parts). In the order of replications, then of time.
    """

    replication: Ints
    site: Ints
    rank: Ints
    at: Floats


def active_days(trial: Trial, site: Site) -> tuple[int, int]:
    """The days (ordinals) from which and before which a site enrols; equal where it never does."""
    starts = [trial.from_on] + ([site.active_from_on] if site.active_from_on else [])
    ends = [trial.until_on] + ([site.active_until_on] if site.active_until_on else [])
    first = max(starts).toordinal()
    return first, max(first, min(ends).toordinal() + 1)


def region_of(trial: Trial, site: Site) -> RegionEnrolment | None:
    """What the trial says of the site's market in particular; the first entry that names it."""
    return next((r for r in trial.enrolment.regions if site.market in r.markets), None)


def site_rates(programme: Programme, trial: Trial) -> Floats:
    """The mean rate of each site of a trial. [patients a month]"""
    found = []
    for name in trial.sites:
        region = region_of(trial, programme.site[name])
        own = region.per_site_month if region else None
        found.append(trial.enrolment.per_site_month if own is None else own)
    return np.array(found, dtype=np.float64)


class Season:
    """The time that counts for enrolment: days, each by the factor of its month."""

    def __init__(self, trial: Trial, first_day: int, last_day: int) -> None:
        self.first_day = first_day
        self.plain = not trial.enrolment.seasons
        if not self.plain:
            day = range(first_day, max(first_day, last_day) + 1)
            factor = [trial.enrolment.seasons[date.fromordinal(d).month - 1] for d in day]
            self._upto = first_day + np.concatenate(([0.0], np.cumsum(factor)))
            self._day = np.arange(first_day, first_day + len(self._upto), dtype=np.float64)

    def counted(self, day: Floats) -> Floats:
        """The time counted up to a day, from the first one's own number on. [d]"""
        return day if self.plain else np.interp(day, self._day, self._upto)

    def day(self, counted: Floats) -> Floats:
        """The day by which so much time has counted."""
        return counted if self.plain else np.interp(counted, self._upto, self._day)


def site_months(programme: Programme, trial: Trial, until_on: date) -> tuple[float, ...]:
    """How long each site of a trial has enrolled by the start of a day, by season.

    [months of 30.4375 d]
    """
    spans = [active_days(trial, programme.site[s]) for s in trial.sites]
    end = until_on.toordinal()
    season = Season(trial, trial.from_on.toordinal(), trial.until_on.toordinal() + 1)
    edges = np.array([(first, max(first, min(last, end))) for first, last in spans], dtype=float)
    counted = season.counted(edges)
    return tuple(((counted[:, 1] - counted[:, 0]) / MONTH_DAYS).tolist())


def mean_sd(
    enrolment: Enrolment, site_months: Iterable[float], rates: Sequence[float] | None = None
) -> tuple[float, float]:
    """Mean and standard deviation of the patients who enrol in so many months at each site.

    A site of mean m adds m to the mean and m + m^2 / shape to the variance (Anisimov and Fedorov,
    2007). `rates` are those of the sites, where they differ.

    >>> mean, sd = mean_sd(Enrolment(per_site_month=0.5, shape=2.0), [12.0] * 20)
    >>> mean, round(sd, 1)
    (120.0, 21.9)
    """
    months = list(site_months)
    each = [enrolment.per_site_month] * len(months) if rates is None else list(rates)
    means = [rate * m for rate, m in zip(each, months, strict=True)]
    variance = sum(m + m * m / enrolment.shape for m in means)
    return sum(means), math.sqrt(variance)


def arrivals(
    programme: Programme,
    trial: Trial,
    seed: int,
    replications: Sequence[int],
    so_far: EnrolmentSoFar | None = None,
    *,
    estimate: bool = False,
) -> Arrivals:
    """Everybody who would enrol in some replications, without the trial's caps.

    Where a record of the enrolment so far is given, those in it come as they came, the rates are
    drawn from what it says of them, and the others come after its last day. How sites differ is as
    the trial assumes or, with `estimate`, as the record makes most likely; raises QuantityError
    where it is not enough for that.
    """
    spans = np.array([active_days(trial, programme.site[s]) for s in trial.sites], dtype=float)
    known = np.zeros(len(trial.sites), dtype=np.int64)
    if so_far is not None:
        spans, known = _from_the_record(trial, so_far, spans)
    season = Season(trial, int(spans[:, 0].min()), int(spans[:, 1].max()))
    span = season.counted(spans)
    rows = np.arange(len(trial.sites))
    rep = np.repeat(np.asarray(replications, dtype=np.int64), len(rows))
    site = np.tile(rows, len(replications))
    per_day = _rates(programme, trial, seed, rep, site, so_far, estimate=estimate)
    drawn = _drawn(trial, seed, rep, site, per_day, span[site], known[site])
    nothing = (_NONE, _NONE, _NONE, _NONE.astype(np.float64))
    rep, site, rank, counted = map(np.concatenate, zip(nothing, *drawn, strict=True))
    at = season.day(counted)
    if so_far is not None:
        rep, site, rank, at = _with_the_record(trial, so_far, replications, rep, site, rank, at)
    order = np.lexsort((at, rep))
    if ((np.diff(rep[order]) == 0) & (np.diff(at[order]) == 0)).any():
        by_name = np.argsort(np.argsort(np.array(trial.sites)))
        order = np.lexsort((rank, by_name[site], at, rep))
    return Arrivals(rep[order], site[order], rank[order], at[order])


_NONE = np.zeros(0, dtype=np.int64)
_Columns = tuple[Ints, Ints, Ints, Floats]


def _drawn(
    trial: Trial,
    seed: int,
    rep: Ints,
    site: Ints,
    per_day: Floats,
    span: Floats,
    known: Ints,
) -> list[_Columns]:
    """Arrivals of (replication, site) pairs in time that counts, block by block."""
    entities = np.array([stable_hash(s) for s in trial.sites], dtype=np.uint64)
    at, last = span[:, 0].copy(), span[:, 1]
    passed = np.zeros(len(at))  # the time since the block began
    rank = known.copy()
    found: list[_Columns] = []
    here = np.flatnonzero(at < last)
    piece = 0
    while here.size:
        piece += 1
        index = rank[here, None] + np.arange(_PIECE)
        share = uniform_rows(seed, rep[here], f"arrivals:{trial.id}", entities[site[here]], index)
        apart = -np.log1p(-share) / per_day[here, None]
        apart[:, 0] += passed[here]
        since = np.cumsum(apart, axis=1)
        times = at[here, None] + since
        row, k = np.nonzero(times < last[here, None])
        pair = here[row]
        found.append((rep[pair], site[pair], rank[pair] + k, times[row, k]))
        passed[here] = since[:, -1]
        rank[here] += _PIECE
        here = here[times[:, -1] < last[here]]
        if piece % (_BLOCK // _PIECE) == 0:
            at[here] += passed[here]
            passed[here] = 0.0
    return found


def _rates(
    programme: Programme,
    trial: Trial,
    seed: int,
    rep: Ints,
    site: Ints,
    so_far: EnrolmentSoFar | None,
    *,
    estimate: bool,
) -> Floats:
    """The rate of each site in each replication, patients a day; tiny rather than none."""
    entities = np.array([stable_hash(s) for s in trial.sites], dtype=np.uint64)
    share = uniform_rows(seed, rep, f"rate:{trial.id}", entities[site], [[0]])[:, 0]
    shape, mean = trial.enrolment.shape, site_rates(programme, trial)[site]
    if so_far is None:
        per_month = gammaincinv(shape, share) / shape * mean
    else:
        months, counts = record_of(programme, trial, so_far)
        prior, scale = prior_of(programme, trial, so_far, estimate=estimate)
        mean = np.maximum(prior.per_site_month * scale, 1e-12)
        a, b = posterior(prior.shape, mean[site], counts[site], months[site])
        per_month = gammaincinv(a, share) / b
    return np.asarray(np.maximum(per_month / MONTH_DAYS, 1e-12), dtype=np.float64)


# -- the record so far ---------------------------------------------------------------------


def _openings(trial: Trial, so_far: EnrolmentSoFar, spans: Floats) -> Floats:
    """From when each site enrols: as it did, else as planned but after the record's last day."""
    cut = so_far.cut_on.toordinal() + 1
    opened = [so_far.opened.get(s) for s in trial.sites]
    return np.array(
        [
            on.toordinal() if on is not None else max(planned, cut)
            for on, planned in zip(opened, spans[:, 0].tolist(), strict=True)
        ],
        dtype=float,
    )


def _from_the_record(trial: Trial, so_far: EnrolmentSoFar, spans: Floats) -> tuple[Floats, Ints]:
    """What is still to come: each site's days after the record, and how many it has enrolled."""
    cut = so_far.cut_on.toordinal() + 1
    first = np.maximum(_openings(trial, so_far, spans), cut)
    ends = np.maximum(spans[:, 1], first)
    return np.stack((first, ends), axis=1), recorded(trial, so_far)


def prior_of(
    programme: Programme, trial: Trial, so_far: EnrolmentSoFar, *, estimate: bool = False
) -> tuple[RatePrior, Floats]:
    """How rates differ before the record speaks, and each site's mean as a multiple of the prior's.

    The mean is that of the sites as the trial assumes them or, with `estimate`, what the record
    makes most likely; the multiples are the trial's either way. Raises QuantityError where a record
    is not enough for that.
    """
    rates = site_rates(programme, trial)
    mean = max(float(rates.mean()), 1e-12)
    scale: Floats = rates / mean
    if not estimate:
        return RatePrior(trial.enrolment.shape, mean), scale
    months, counts = record_of(programme, trial, so_far)
    return estimated_prior(counts, months * scale), scale


def recorded(trial: Trial, so_far: EnrolmentSoFar | None) -> Ints:
    """How many patients each site of a trial has in the record; none without a record."""
    by_site = so_far.by_site if so_far is not None else {}
    return np.array([by_site.get(site, 0) for site in trial.sites], dtype=np.int64)


def record_of(programme: Programme, trial: Trial, so_far: EnrolmentSoFar) -> tuple[Floats, Ints]:
    """The months that each site has enrolled up to the record's last day, and its patients."""
    spans = np.array([active_days(trial, programme.site[s]) for s in trial.sites], dtype=float)
    opened = _openings(trial, so_far, spans)
    cut = float(so_far.cut_on.toordinal() + 1)
    whole = Season(trial, int(opened.min()), int(max(cut, spans[:, 1].max())))
    edges = np.stack((np.minimum(opened, cut), np.minimum(np.maximum(opened, cut), cut)), axis=1)
    counted = whole.counted(edges)
    return (counted[:, 1] - counted[:, 0]) / MONTH_DAYS, recorded(trial, so_far)


def _with_the_record(
    trial: Trial,
    so_far: EnrolmentSoFar,
    replications: Sequence[int],
    rep: Ints,
    site: Ints,
    rank: Ints,
    at: Floats,
) -> _Columns:
    """Those to come, and in every replication those of the record, as they came."""
    place = {s: n for n, s in enumerate(trial.sites)}
    ranks: dict[str, int] = {}
    rows = []
    for name, on in sorted(so_far.enrolled, key=lambda e: (e[1], e[0])):
        ranks[name] = ranks.get(name, -1) + 1
        rows.append((place[name], ranks[name], on.toordinal()))
    known = np.array(rows, dtype=np.int64).reshape(-1, 3)
    many = np.tile(known, (len(replications), 1))
    whose = np.repeat(np.asarray(replications, dtype=np.int64), len(known))
    return (
        np.concatenate((whose, rep)),
        np.concatenate((many[:, 0], site)),
        np.concatenate((many[:, 1], rank)),
        np.concatenate((many[:, 2].astype(np.float64), at)),
    )


def whole_days(minutes: int) -> int:
    """A duration as days of the calendar, a part of a day counting as one.

    >>> whole_days(1440), whole_days(1441)
    (1, 2)
    """
    return -(-minutes // 1440)
