"""The end of a trial's enrolment, forecast from its record so far and the programme's plan."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from doseline.demand.admission_rules import most_patients
from doseline.demand.enrolment import MONTH_DAYS, Season, active_days, prior_of, record_of
from doseline.demand.forecast import EnrolmentForecast, forecast
from doseline.demand.luck import Floats
from doseline.demand.observed import EnrolmentSoFar
from doseline.demand.rates import SitePosterior
from doseline.programme import Programme
from doseline.programme.trial import Trial


def trial_forecast(
    programme: Programme, trial: Trial, so_far: EnrolmentSoFar, *, estimate: bool = False
) -> EnrolmentForecast:
    """The rest of a trial's enrolment, up to the most that it treats, from the record so far.

    A rule that ends the trial before is left aside, and so is a pause for its outcome. The rates
    before the data are those that the trial assumes, or, with `estimate`, what the data make most
    likely. Sites not open yet open as planned, seasons and the rates of regions hold. Caps of sites
    and regions are left aside. Raises QuantityError where nothing can be estimated.
    """
    months, counts = record_of(programme, trial, so_far)
    prior, scale = prior_of(programme, trial, so_far, estimate=estimate)
    opened = [so_far.opened.get(s) for s in trial.sites]
    found = forecast(
        trial.sites,
        [None if on is None else on.toordinal() for on in opened],
        counts.tolist(),
        cut_day=so_far.cut_on.toordinal(),
        ahead=_ahead(programme, trial, so_far) * scale[:, None],
        target=most_patients(trial),
        prior=prior,
        months=(months * scale).tolist(),
    )
    own = zip(found.sites, scale.tolist(), months.tolist(), strict=True)
    return replace(found, sites=tuple(_as_it_is(site, by, open_for) for site, by, open_for in own))


def _as_it_is(site: SitePosterior, by: float, months: float) -> SitePosterior:
    """A site's rate in its own months, where its mean is a multiple of the trial's."""
    return replace(
        site,
        months=months,
        rate=site.rate / by if by > 0.0 else math.inf,
        per_month=site.per_month * by,
        low_90=site.low_90 * by,
        high_90=site.high_90 * by,
    )


def _ahead(programme: Programme, trial: Trial, so_far: EnrolmentSoFar) -> Floats:
    """The months that each site (rows) counts by the end of each day after the record's last."""
    cut = so_far.cut_on.toordinal() + 1
    spans = [active_days(trial, programme.site[s]) for s in trial.sites]
    last = max(max(end for _, end in spans), cut + 1)
    season = Season(trial, min(cut, *(first for first, _ in spans)), last)
    edges = np.arange(cut, last + 1, dtype=np.float64)
    rows = []
    for name, (first, end) in zip(trial.sites, spans, strict=True):
        begin = cut if name in so_far.opened else max(first, cut)
        inside = np.clip(edges, begin, max(begin, end))
        rows.append(season.counted(inside) - season.counted(np.array([float(begin)])))
    return np.asarray(np.stack(rows) / MONTH_DAYS, dtype=np.float64)
