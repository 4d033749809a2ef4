"""What an assessment says: one frozen record a row of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule
from doseline.studies.demand_picture import DemandPicture
from doseline.studies.figures import Figure
from doseline.studies.hazards import HazardRow
from doseline.studies.ranges.found import Sensitivity
from doseline.studies.story import Story
from doseline.studies.suppliers.bought import Suppliers

AS_WRITTEN = "the network as written"
"""Stands for the design where a programme names none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict for one question under one design.

    `futures` is how many were played. `demand` counts the doses due in the period; its range is
    that of the demand, not of its mean: the middle 95 % of the futures or, where that is wider, the
    lowest uptake case to the highest. `headroom` is the largest multiple of the expected order mix
    that can be served with chance off; `headroom_high` the same where the markets take the highest
    uptake case. `sufficient` is None where the interval of OTIF spans the target. `causes` counts
    doses delayed or missed for each cause, a replication.
    """

    question: str
    name: str
    from_on: date
    until_on: date
    design: str
    futures: int
    demand: Figure
    headroom: float
    headroom_binds: tuple[str, ...]
    otif: Figure
    target: float
    delayed: Figure
    missed: Figure
    sufficient: bool | None
    first_shortfall_on: date | None
    slot_use: float
    causes: tuple[tuple[str, float], ...] = ()
    headroom_high: float | None = None


def futures_said(answers: Sequence[Answer]) -> str:
    """How many futures the questions were played over: one number, or the least and the most."""
    counts = sorted({a.futures for a in answers})
    return " to ".join(f"{n:,}" for n in (*counts[:1], *counts[1:][-1:])) or "no"


@dataclass(frozen=True, slots=True)
class DesignRow:
    """A design's service and cost over the horizon. Money in whole units of the currency."""

    design: str
    name: str
    why: str
    replications: int
    otif: Figure
    delayed_share: Figure
    missed_share: Figure
    cost_total: Figure
    present_value: Figure
    cost_per_dose: Figure
    cost_items: tuple[tuple[str, float], ...]
    batches_made: Figure
    batches_failed: Figure
    line_utilisation: Figure
    otif_against_main: Figure | None = None


@dataclass(frozen=True, slots=True)
class ShockWeek:
    """A week of doses under a shock and without it, a future; doses count by the day ordered."""

    week: date
    due: Figure
    due_without: Figure
    on_time: Figure
    on_time_without: Figure


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """What a shock does to a design, against the same luck without it.

    `extra_delayed` and `extra_missed` are doses within the window measured; `days_to_recover`
    counts from the first day of the shock to the last dose that the shock delayed or lost. `weeks`
    run from a month before it; `for_good` says that some part of it never ends.
    """

    scenario: str
    name: str
    why: str
    hindsight: bool
    design: str
    from_on: date
    measured_until_on: date
    replications: int
    orders: Figure
    otif: Figure
    otif_without: Figure
    extra_delayed: Figure
    extra_missed: Figure
    days_to_recover: Figure
    weeks: tuple[ShockWeek, ...] = ()
    for_good: bool = False


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month of the horizon: doses asked (median and bands) against doses that can be made."""

    month: date
    low95: float
    low50: float
    median: float
    high50: float
    high95: float
    capacity: dict[str, float]


@dataclass(frozen=True, slots=True)
class MovedDose:
    """A dose given on another day of its window, and why not on the day wanted."""

    order: str
    wanted_on: date
    use_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class BoardPlan:
    """A stretch of weeks planned in detail, as an example of the operating plan.

    `questions` are those (by id) in whose middle it lies; `moved` the doses on another day.
    """

    design: str
    from_on: date
    until_on: date
    orders: tuple[DoseOrder, ...]
    schedule: Schedule
    status: str
    objective: float
    bound: float
    gap: float
    moved: tuple[MovedDose, ...]
    breaches: int
    method: str
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assessment:
    """Whether the capacity is sufficient, and everything that was looked at to say so."""

    programme: str
    as_of_on: date
    currency: str
    design: str
    seed: int
    replications: int
    scenario_replications: int
    questions: tuple[Answer, ...]
    designs: tuple[DesignRow, ...]
    scenarios: tuple[ScenarioRow, ...]
    months: tuple[MonthRow, ...]
    activity: tuple[tuple[str, float], ...]
    boards: tuple[BoardPlan, ...]
    assumptions: tuple[tuple[str, str, str, str], ...]
    hindsight: tuple[str, ...]
    verdict: str
    method: tuple[str, ...]
    version: str
    seconds: float
    report: str = ""
    demand: DemandPicture | None = None
    ranges: tuple[Sensitivity, ...] = ()
    suppliers: Suppliers | None = None
    hazards: tuple[HazardRow, ...] = ()
    story: Story | None = None
