"""Patients after approval: low, base and high."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from doseline.programme.trial import Arm, BodySize


@dataclass(frozen=True, slots=True)
class UptakeCase:
    """One course of uptake; the years after the last named stay at its number."""

    name: Annotated[str, "low, base, high, ..."]
    weight_fraction: Annotated[float, "how likely; weights add up to 1"]
    patients: Annotated[tuple[int, ...], "patients starting in each market year"]


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
