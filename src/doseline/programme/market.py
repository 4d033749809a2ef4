"""Patients after approval: low, base and high."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from doseline.programme.cost import Ordering
from doseline.programme.trial import Arm, BodySize


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """A condition that narrows the people of a funnel: diagnosed, eligible, referred."""

    name: Annotated[str, "the condition, e.g. diagnosed or third line and later"]
    share_fraction: Annotated[float, "of those who met the conditions before it"]


@dataclass(frozen=True, slots=True)
class Funnel:
    """The people with the disease in a country or region, narrowed to those in reach."""

    country: Annotated[str, "country or region, in print"]
    people: Annotated[int, "people with the disease there at its launch"]
    steps: Annotated[tuple[FunnelStep, ...], "conditions, each narrowing the one before"]
    growth_fraction: Annotated[float, "growth of the number a year"] = 0.0
    launched_on: Annotated[date | None, "launch there; none: the launch of the market"] = None


@dataclass(frozen=True, slots=True)
class Loss:
    """New patients lost to competitors from a day on; the last entry that has begun holds."""

    from_on: Annotated[date, "first day"]
    lost_fraction: Annotated[float, "share of new patients lost to all competitors together"]
    to: Annotated[str, "to whom, in words"] = ""


@dataclass(frozen=True, slots=True)
class UptakeCase:
    """One course of uptake: a list of patients, or a Bass curve over the market's funnel."""

    name: Annotated[str, "low, base, high, ..."]
    weight_fraction: Annotated[float, "how likely; weights add up to 1"]
    patients: Annotated[
        tuple[int, ...], "patients starting in each market year; later years stay at the last"
    ] = ()
    ceiling_fraction: Annotated[
        float | None, "curve: share of the people in reach who would ever be treated"
    ] = None
    innovation: Annotated[float | None, "curve: Bass's p, a year"] = None
    imitation: Annotated[float | None, "curve: Bass's q, a year"] = None
    steady_after_years: Annotated[
        int | None, "curve: as many start in each later year as in this one"
    ] = None


@dataclass(frozen=True, slots=True)
class SiteShare:
    """A site's share of the demand, and the market year in which it opens."""

    site: Annotated[str, "site"]
    weight: Annotated[float, "relative weight among the open sites"] = 1.0
    opens_year: Annotated[int, "market year in which it opens"] = 1


@dataclass(frozen=True, slots=True)
class Market:
    """A country or group of countries after launch."""

    id: Annotated[str, "short name; also the protocol of a permission"]
    name: Annotated[str, "name in print"]
    product: Annotated[str, "product"]
    from_on: Annotated[date, "launch"]
    until_on: Annotated[date, "last day counted"]
    cases: Annotated[tuple[UptakeCase, ...], "uptake, low to high"]
    arm: Annotated[Arm, "course of a patient"]
    size: Annotated[BodySize, "distribution of body size"]
    sites: Annotated[tuple[SiteShare, ...], "sites and their shares"]
    weekday_weights: Annotated[
        tuple[float, ...], "share of first doses Monday to Sunday, in relative weights"
    ] = (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0)
    doses_per_patient: Annotated[float | None, "stated mean, checked against the course"] = None
    target_otif_fraction: Annotated[float | None, "service target of its own"] = None
    funnel: Annotated[tuple[Funnel, ...], "people in reach by country, for uptake by a curve"] = ()
    lost: Annotated[tuple[Loss, ...], "new patients lost to competitors"] = ()
    spread_shape: Annotated[
        float | None, "shape of a gamma factor of mean 1 on each year's number; none: Poisson alone"
    ] = None
    ordering: Annotated[Ordering | None, "ordering rules of its own"] = None


@dataclass(frozen=True, slots=True)
class StandingDemand:
    """Units of a (cold) product wanted at a site at regular intervals."""

    id: Annotated[str, "short name; also the protocol of a permission"]
    product: Annotated[str, "product"]
    site: Annotated[str, "site"]
    units: Annotated[int, "units each time"]
    every_min: Annotated[int, "interval"]
    from_on: Annotated[date, "first time"]
    until_on: Annotated[date, "last time"]
    early_days: Annotated[int, "days it may come early"] = 0
    late_days: Annotated[int, "days it may come late"] = 0
