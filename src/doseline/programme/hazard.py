"""Hazards: shocks that fall by chance, how often, how long, apart or on a whole group at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from doseline.distributions import exponential_from_u, lognormal_from_u, triangular_from_u
from doseline.programme.product import Triangular

HazardHits = Literal[
    "manufacturer",
    "firm",
    "line",
    "source",
    "permission",
    "carrier",
    "lane",
    "border",
]

YEAR_MIN = 525_960
"""A year of 365.25 days. [min]"""

_90TH = 1.2815515655446004
"""The standard normal value that nine in ten stay below."""


@dataclass(frozen=True, slots=True)
class Lasts:
    """How long a stop lasts: one law, named by what is given."""

    exactly_min: Annotated[int | None, "always so long"] = None
    mean_min: Annotated[int | None, "mean of an exponential length"] = None
    median_min: Annotated[int | None, "median of a lognormal length, with p90"] = None
    p90_min: Annotated[int | None, "its 90th percentile"] = None
    between: Annotated[Triangular | None, "a triangular length"] = None

    @property
    def expected_min(self) -> float:
        """The mean of the length. [min]

        >>> Lasts(median_min=100, p90_min=100).expected_min, Lasts(mean_min=60).expected_min
        (100.0, 60.0)
        """
        if self.exactly_min is not None:
            return float(self.exactly_min)
        if self.mean_min is not None:
            return float(self.mean_min)
        if self.between is not None:
            return self.between.mean
        median, p90 = self._lognormal()
        return median * math.exp((math.log(p90 / median) / _90TH) ** 2 / 2.0)

    def drawn_min(self, u: float) -> float:
        """The length that a share `u` of all stops stays below. [min]

        >>> Lasts(between=Triangular(0, 60, 120)).drawn_min(0.5)
        60.0
        """
        if self.exactly_min is not None:
            return float(self.exactly_min)
        if self.mean_min is not None:
            return exponential_from_u(u, float(self.mean_min))
        if self.between is not None:
            return triangular_from_u(u, self.between.low, self.between.mode, self.between.high)
        return lognormal_from_u(u, *self._lognormal())

    def _lognormal(self) -> tuple[float, float]:
        median = float(self.median_min or 1)
        return median, float(self.p90_min or median)


@dataclass(frozen=True, slots=True)
class Hazard:
    """Stops that fall by chance on each of some targets, or on all of them together.

    Every target has stops of its own; of all stops that befall it the share `common_fraction` are
    stops of the whole group (the beta factor; Fleming, A reliability model for common mode failures
    in redundant safety systems, 1975). The time from the end of a stop to the next is exponential.
    Each becomes a dated shock before a future begins; nobody in it knows of one before its day.
    """

    id: Annotated[str, "short name"]
    name: Annotated[str, "name in print"]
    hits: Annotated[HazardHits, "what kind of thing"]
    targets: Annotated[tuple[str, ...], "the group, by id (permission: manufacturers)"]
    per_year: Annotated[float, "mean number of stops that befall one target, a year of standing"]
    lasts: Annotated[Lasts, "how long a stop lasts"]
    left_fraction: Annotated[float, "capacity left (manufacturer, firm, line, source)"] = 0.0
    common_fraction: Annotated[float, "share of the stops that strike the whole group at once"] = (
        0.0
    )
    markets: Annotated[tuple[str, ...], "permission: in these markets; none named: all"] = ()
    protocols: Annotated[tuple[str, ...], "permission: for these protocols; none named: all"] = ()
    returns: Annotated[
        Lasts | None,
        "permission: each protocol returns after a time of its own, at the latest with the rest",
    ] = None
    delay_factor: Annotated[float, "carrier, lane: chance of a delay, as a factor"] = 1.0
    adds: Annotated[
        Triangular | None, "carrier, lane, border: time added to every package; none: it stops"
    ] = None
    why: Annotated[str, "where it comes from"] = ""

    @property
    def own_per_year(self) -> float:
        """How often a target is struck by itself, a year of standing."""
        return self.per_year * (1.0 - self.common_fraction)

    @property
    def common_per_year(self) -> float:
        """How often the whole group is struck, a year of standing."""
        return self.per_year * self.common_fraction

    @property
    def availability(self) -> float:
        """The share of the time in which a target stands, in the long run.

        MTBF / (MTBF + MTTR) for its own stops and for those of the group, which run side by side.

        >>> law = Lasts(mean_min=YEAR_MIN)
        >>> Hazard("h", "h", "line", ("a",), 1.0, law).availability
        0.5
        """
        return _standing(self.own_per_year, self.lasts) * _standing(
            self.common_per_year, self.lasts
        )

    def all_down(self, targets: int) -> float:
        """The share of the time in which so many targets of the group are down together.

        >>> law = Lasts(mean_min=YEAR_MIN)
        >>> Hazard("h", "h", "line", ("a", "b"), 1.0, law).all_down(2)
        0.25
        """
        common = _standing(self.common_per_year, self.lasts)
        return 1.0 - common * (1.0 - (1.0 - _standing(self.own_per_year, self.lasts)) ** targets)


def _standing(per_year: float, lasts: Lasts) -> float:
    return 1.0 / (1.0 + per_year * lasts.expected_min / YEAR_MIN)
