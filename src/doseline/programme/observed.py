"""Shocks that have happened, ready to strike any programme: what, how long, how deep, who says so.

A scenario names one, what it strikes and when; the length and depth come from here. Each number
has the page that states it, or says that it is an assumption.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

from doseline.programme.product import Triangular
from doseline.programme.shock import Hits, Shock

Name = Literal[
    "import_alert",
    "own_plant_closed",
    "quality_stop",
    "particles_in_vials",
    "capacity_shortage",
    "reactor_outage",
    "reactor_closed",
    "air_freight_collapse",
    "border_hold",
    "dose_lost",
]

ASSUMED = "assumption"
STATED = "stated"


@dataclass(frozen=True, slots=True)
class Number:
    """A number of an observed shock: stated by its source or assumed, with its range and reason."""

    what: str
    value: str
    basis: str
    low: str | None = None
    high: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Blow:
    """One part of an observed shock, in days from its first; no `days`: for good."""

    hits: Hits
    after_days: int = 0
    days: int | None = None
    left_fraction: float = 0.0
    delay_factor: float = 1.0
    adds: Triangular | None = None
    spares_started: bool = False
    of_later: bool = False


@dataclass(frozen=True, slots=True)
class Precedent:
    """A shock that has happened: its blows, its numbers and who says so."""

    name: str
    strikes: Hits
    happened_on: date | None
    says: str
    address: str
    blows: tuple[Blow, ...]
    numbers: tuple[Number, ...]


def _days(value: int, basis: str, why: str, *, low: int = 0, high: int = 0) -> Number:
    ends = (f"{low} d" if low else None, f"{high} d" if high else None)
    return Number("days", f"{value} d", basis, *ends, why)


PRECEDENTS: dict[str, Precedent] = {
    "import_alert": Precedent(
        "Import alert",
        "permission",
        date(2018, 8, 7),
        "Import Alert 66-40 on a contract manufacturer of iodine-131 therapies, 7 August 2018, not "
        "for its product: haematology protocols exempted after 97 days, a paediatric one after 224",
        "https://www.wisbusiness.com/2018/cellectar-biosciences-announces-fda-grants-exemption-to-"
        "import-alert-for-clr-131-hematology-studies/ "
        "https://www.sec.gov/Archives/edgar/data/1279704/000114420419014853/tv516675_ex99-1.htm",
        (Blow("permission", days=97), Blow("permission", days=224, of_later=True)),
        (
            _days(97, STATED, "7 August to 12 November 2018, the announcement", low=93, high=97),
            Number("days of later", "224 d", STATED, why="to 19 March 2019"),
        ),
    ),
    "own_plant_closed": Precedent(
        "Own plant closed before the second is proven",
        "manufacturer",
        date(2018, 1, 8),
        "A sponsor winds its own plant down from January to June 2018 and moves to its contract "
        "manufacturer",
        "https://legacy.xconomy.com/2018/01/08/cellectar-biosciences-shutting-down-manufacturing-"
        "operations",
        (
            Blow("manufacturer", days=174, left_fraction=0.5),
            Blow("manufacturer", after_days=174),
        ),
        (
            _days(174, STATED, "8 January to 30 June 2018"),
            Number("left", "50 %", ASSUMED, why="on the way down; afterwards nothing"),
        ),
    ),
    "quality_stop": Precedent(
        "A firm stops all its plants",
        "firm",
        date(2022, 5, 5),
        "One firm stops both plants of two radioligand therapies on 5 May 2022, begins again early "
        "in June, and allots what there is for months",
        "https://www.itnonline.com/content/novartis-announces-temporary-halt-production-lutathera-"
        "and-pluvicto "
        "https://www.rttnews.com/3293911/novartis-issues-update-on-radioligand-therapy-production.aspx",
        (Blow("firm", days=35), Blow("firm", after_days=35, days=90, left_fraction=0.5)),
        (
            _days(35, STATED, "5 May to early June 2022", low=30, high=40),
            Number("days of the ramp", "90 d", ASSUMED, "60 d", "120 d"),
            Number("left in the ramp", "50 %", ASSUMED),
        ),
    ),
    "particles_in_vials": Precedent(
        "Particles in the vials",
        "manufacturer",
        date(2014, 10, 7),
        "Two batches of a radium-223 therapy fail visual inspection at its only plant, October "
        "2014: 27 days nothing, 41 for new patients",
        "https://malecare.org/bulletin-the-worlds-supply-of-xofigo-will-be-exhausted-this-friday/ "
        "http://www.snmmi.org/NewsPublications/NewsDetail.aspx?ItemNumber=12686",
        (
            Blow("manufacturer", days=27),
            Blow("permission", days=41, spares_started=True),
        ),
        (
            _days(27, STATED, "7 October to 3 November 2014, patients in treatment"),
            Number("days of new patients", "41 d", STATED, why="to 17 November 2014"),
        ),
    ),
    "capacity_shortage": Precedent(
        "Capacity short, new starts frozen",
        "permission",
        date(2023, 3, 1),
        "One approved plant cannot make what is asked, February to October 2023: patients in "
        "treatment first, new starts paused",
        "https://cbsnews.com/news/pluvicto-short-supply-advanced-prostate-cancer-novartis "
        "https://www.nasdaq.com/articles/novartis:-pluvicto-supply-now-unconstrained-fda-classifies-"
        "drug-shortage-status-as",
        (Blow("permission", days=228, spares_started=True),),
        (_days(228, STATED, "seven to eight months, seven and a half here", low=213, high=243),),
    ),
    "reactor_outage": Precedent(
        "Reactor outage",
        "source",
        date(2022, 1, 20),
        "A reactor stands still from January to March 2022 and iodine-131 is short for six weeks",
        "https://healthimaging.com/node/210996",
        (Blow("source", days=42, left_fraction=0.3),),
        (
            _days(42, STATED, "to the first half of March 2022", low=21, high=56),
            Number("left", "30 %", ASSUMED),
        ),
    ),
    "reactor_closed": Precedent(
        "Nearest reactor closed for good",
        "source",
        date(2018, 3, 31),
        "The NRU reactor at Chalk River closes at the end of March 2018",
        "https://www.medicaldesignandoutsourcing.com/u-of-missouri-becomes-first-to-ship-isotope-for-"
        "thyroid-cancer-in-u-s/",
        (Blow("source"),),
        (Number("days", "for good", STATED),),
    ),
    "air_freight_collapse": Precedent(
        "Air freight collapses",
        "carrier",
        date(2020, 3, 20),
        "Passenger flights vanish in spring 2020: iodine-125 from Hamilton comes up to ten days "
        "late",
        "https://www.marketscreener.com/quote/stock/NOVARTIS-AG-9364983/news/Novartis-In-Canada-"
        "shippers-race-to-move-cancer-treatments-as-COVID-19-grounds-flights-32111990/",
        (
            Blow("carrier", days=10),
            Blow("carrier", after_days=10, days=80, delay_factor=5.0),
        ),
        (
            Number("days of standstill", "10 d", STATED, why="the longest delay; once, at first"),
            Number("days of delays", "80 d", ASSUMED),
            Number("delay factor", "5", ASSUMED),
        ),
    ),
    "border_hold": Precedent(
        "Packages held at the border",
        "border",
        date(2023, 4, 21),
        "A treatment is called off and on again in one day because the dose stands at customs, "
        "21 April 2023",
        "https://www.cincinnaticanceradvisors.org/post/hurry-up-and-wait-part-ii",
        (Blow("border", days=3, adds=Triangular(180, 720, 1440)),),
        (
            _days(3, ASSUMED, "days of crossings"),
            Number("adds", "Tri(3, 12, 24) h", ASSUMED, why="hours of one day; none is stated"),
        ),
    ),
    "dose_lost": Precedent(
        "A single dose fails",
        "site",
        None,
        "A vial breaks, a thaw goes wrong: what comes to a site on one day is lost, and the next "
        "batch is a week away. Of no single source",
        "",
        (Blow("site", days=1),),
        (_days(1, ASSUMED, "the day of one delivery"),),
    ),
}


@dataclass(frozen=True, slots=True)
class Observed:
    """A shock that has happened, taken over: which, what it strikes here, and when."""

    shock: Annotated[Name, "which"]
    strikes: Annotated[tuple[str, ...], "what it strikes, by id (see the list of observed shocks)"]
    from_on: Annotated[date, "first day"]
    markets: Annotated[tuple[str, ...], "permission: in these markets; none named: all"] = ()
    protocols: Annotated[tuple[str, ...], "permission: for these protocols; none named: all"] = ()
    later: Annotated[
        tuple[str, ...], "import_alert: protocols that return only after the longer time"
    ] = ()

    @property
    def precedent(self) -> Precedent:
        """What happened."""
        return PRECEDENTS[self.shock]

    @property
    def shocks(self) -> tuple[Shock, ...]:
        """Its dated shocks here.

        >>> (alert,) = Observed("import_alert", ("hamilton",), date(2022, 3, 7)).shocks
        >>> alert.hits, alert.until_on
        ('permission', datetime.date(2022, 6, 11))
        """
        return tuple(self._dated())

    def _dated(self) -> Iterator[Shock]:
        for blow in self.precedent.blows:
            protocols = self.later if blow.of_later else self.protocols
            if blow.of_later and not self.later:
                continue
            first = self.from_on + timedelta(days=blow.after_days)
            permission = blow.hits == "permission"
            yield Shock(
                hits=blow.hits,
                targets=self.strikes,
                from_on=first,
                until_on=None if blow.days is None else first + timedelta(days=blow.days - 1),
                left_fraction=blow.left_fraction,
                markets=self.markets if permission else (),
                protocols=protocols if permission else (),
                spares_started=blow.spares_started,
                delay_factor=blow.delay_factor,
                adds=blow.adds,
            )
