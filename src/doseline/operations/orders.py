"""What is asked for: patients, as far as they are drawn beforehand, and dose orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from doseline.programme.course import Luck


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as drawn before any supply: who, where, how big, and the luck of each dose.

    `luck[visit][attempt]` decides a dose; the last attempt's luck serves all later ones. A patient
    of a later cohort begins `waits_days` after the last first dose of the cohort before at the
    earliest; `first_day` is that with perfect supply.
    """

    id: str
    protocol: str
    product: str
    site: str
    arm: int
    first_day: int
    size: float
    luck: tuple[tuple[Luck, ...], ...]
    cohort: int = 0
    waits_days: int = 0


@dataclass(frozen=True, slots=True)
class DoseOrder:
    """A dose for a patient at a site on a day, with its window. Activity at the infusion. [MBq]

    `course_number` counts the doses of the course from 1. `started` says that the patient has
    had a dose before. `units` is the number of vials (cold products may want several).
    """

    id: str
    product: str
    protocol: str
    site: str
    patient: str
    course_number: int
    placed_at: int
    wanted_on: date
    earliest_on: date
    latest_on: date
    activity_mbq: float
    started: bool = False
    units: int = 1

    @property
    def priority(self) -> int:
        """0 for started courses, 1 for new starts: the lower goes first."""
        return 0 if self.started else 1


@dataclass(frozen=True, slots=True)
class OrderMix:
    """Orders of one kind expected in a period: a site, a weekday, a dose. [MBq at the infusion]

    `orders` is the expected number over the whole period. `weekday` counts from Monday 0.
    `from_on` and `until_on` bound the days on which such orders arise (a site opens, closes).
    """

    product: str
    protocol: str
    site: str
    weekday: int
    activity_mbq: float
    orders: float
    from_on: date
    until_on: date
    units: int = 1
