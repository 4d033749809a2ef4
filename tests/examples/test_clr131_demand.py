"""The demand of the reference case beside the figures of its parameter sheet.

The page docs/guides/demand-of-clr131.md shows the table; it is made here and held up to date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import nbinom

from doseline.demand import (
    Drawing,
    demand_counts,
    doses_per_patient,
    expected_mix,
    mean_sd,
    site_months,
)
from doseline.demand.luck import Floats
from doseline.demand.summary import band
from doseline.formats import read_programme
from doseline.programme import Programme
from doseline.programme.programme import Question
from doseline.programme.trial import Trial

PAGE = Path("docs") / "guides" / "demand-of-clr131.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
SAMPLES = 400


@dataclass(frozen=True)
class Period:
    """A period of the table, and the sheet's doses a week in it."""

    name: str
    protocol: str
    from_on: date
    until_on: date
    sheet: float


def market_year(name: str, protocol: str, number: int, first: int, sheet: float) -> Period:
    year = first + number - 1
    return Period(
        f"{name} market year {number}", protocol, date(year, 1, 1), date(year, 12, 31), sheet
    )


PERIODS = (
    Period("Phase I, cohorts 4 to 7", "phase1_mm", date(2017, 1, 12), date(2020, 12, 31), 0.17),
    Period("Phase II CLOVER-1", "clover1", date(2017, 7, 26), date(2020, 7, 31), 1.07),
    Period("Pivotal CLOVER-WaM", "clover_wam", date(2021, 1, 18), date(2024, 4, 10), 1.36),
    *(
        market_year("US", "us_market", n, 2026, w)
        for n, w in enumerate((4.27, 5.88, 7.84, 9.87, 11.76), 1)
    ),
    *(
        market_year("EU", "eu_market", n, 2028, w)
        for n, w in enumerate((2.59, 3.5, 4.69, 5.95, 7.07), 1)
    ),
)


@dataclass(frozen=True)
class Found:
    """What the samples say of a period: bands of doses a week and of doses a month."""

    week: tuple[float, float, float, float, float]
    month: tuple[float, float, float, float, float]
    mean: float
    error: float


def found_in(programme: Programme, period: Period) -> Found:
    cases = {m.id: "base" for m in programme.markets}
    counts = demand_counts(
        programme, 1, SAMPLES, period.from_on, period.until_on, (period.protocol,),
        Drawing(cases=cases),
    )  # fmt: skip
    weeks = counts.of("week", [period.protocol])
    months = counts.of("month", [period.protocol])
    a_week = weeks.sum(axis=1) / ((period.until_on - period.from_on).days + 1) * 7
    return Found(
        shares(weeks[:, 1:-1]),
        shares(months[:, 1:-1] if months.shape[1] > 12 else months),
        float(a_week.mean()),
        float(a_week.std() / np.sqrt(SAMPLES)),
    )


def shares(values: Floats) -> tuple[float, float, float, float, float]:
    b = band(values.reshape(-1).tolist())
    return b.median, b.low_50, b.high_50, b.low_90, b.high_90


def table(programme: Programme) -> str:
    rows = [
        "| Period | Doses a week: sheet | found, mean | median week | 50 % of weeks "
        "| 90 % of weeks | median month | 50 % of months | 90 % of months |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for period in PERIODS:
        f = found_in(programme, period)
        cells = [period.name, f"{period.sheet:.2f}", f"{f.mean:.2f}"]
        for b in (f.week, f.month):
            cells += [f"{b[0]:.0f}", f"{b[1]:.0f} to {b[2]:.0f}", f"{b[3]:.0f} to {b[4]:.0f}"]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


@pytest.fixture(scope="module")
def clr131(repository: Path) -> Programme:
    return read_programme(repository / "examples" / "clr131" / "programme.yaml")


def test_the_page_shows_the_demand_as_it_is_drawn(clr131: Programme, repository: Path) -> None:
    text = (repository / PAGE).read_text(encoding="utf-8")
    shown = text.split(BEGIN)[1].split(END)[0].strip()
    assert shown == table(clr131), (
        "run: python -m tests.examples.test_clr131_demand, which writes the table"
    )


def test_a_market_year_differs_from_the_sheet_by_what_the_page_explains(
    clr131: Programme,
) -> None:
    """The sheet counts 3.5 doses for every patient who starts, in 50 weeks of the same year.

    Here the doses fall where their visits fall, so that a part of each course comes in the year
    after; starts of a list are spread evenly over their year, and a year has 52.2 weeks.
    """
    for number, patients in enumerate((37, 50, 67, 85, 101), 1):
        period = PERIODS[7 + number]
        found = found_in(clr131, period)
        before = (0, 37, 50, 67, 85)[number - 1]
        arm = clr131.market["eu_market"].arm
        each = doses_per_patient(arm)
        days = [v.day - 1 for v in arm.visits]
        reached = np.cumprod([1.0, 0.95, 0.85, 0.95])
        moved = 7 * 0.1 + 7 * (0.14 / 0.86)  # moved by the site, or asked again a week later
        late = np.array([0.0, 0.0, 0.35 * 14.5, 0.35 * 14.5]) + moved * np.arange(1, 5)
        over = reached @ np.minimum((np.array(days) + late) / 365.25, 1.0)
        expected = ((patients * (each - over)) + before * over) / (365.25 / 7)
        assert found.mean == pytest.approx(expected, rel=0.05, abs=4 * found.error)
        below = 1.0 - found.mean / period.sheet
        assert 0.12 < below < 0.145 if number == 1 else 0.05 < below < 0.07


def test_the_trials_ask_for_what_the_sheet_expects_less_what_the_page_explains(
    clr131: Programme,
) -> None:
    pivotal = found_in(clr131, PERIODS[2])
    trial = clr131.trial["clover_wam"]
    counts = demand_counts(
        clr131, 1, SAMPLES, date(2021, 1, 18), date(2024, 12, 31), ("clover_wam",)
    )
    people = counts.of("patients", ["clover_wam"])
    doses = counts.of("product", ["clover_wam"]).sum(axis=1).mean()
    # a trial that may not fill by its last day of enrolment
    assert people.mean() == pytest.approx(limited(clr131, trial), abs=4 * error(people))
    assert doses == pytest.approx(people.mean() * doses_per_patient(trial.arms[0]), rel=0.01)
    assert pivotal.mean == pytest.approx(1.36 * people.mean() / 65, rel=0.04)


def test_phase_2_asks_for_what_its_limit_leaves_and_for_nothing_after_its_last_day(
    clr131: Programme,
) -> None:
    trial, period = clr131.trial["clover1"], PERIODS[1]
    whole = demand_counts(clr131, 1, SAMPLES, protocols=("clover1",))
    people = whole.of("patients", ["clover1"])
    assert people.mean() == pytest.approx(limited(clr131, trial), abs=4 * error(people))
    first, second = (doses_per_patient(arm) for arm in trial.arms)
    in_first = np.minimum(people, trial.arms[0].patients)
    doses = whole.of("product", ["clover1"]).sum(axis=1)
    each = in_first * first + (people - in_first) * second
    assert doses.mean() == pytest.approx(each.mean(), abs=4 * error(doses - each[:, 0]))
    found = found_in(clr131, period)
    asked = Question("q", "q", ("clover1",), period.from_on, period.until_on)
    weeks = ((period.until_on - period.from_on).days + 1) / 7
    expected = sum(m.orders for m in expected_mix(clr131, asked)) / weeks
    assert found.mean == pytest.approx(expected, abs=4 * found.error)
    # 80 patients and 167.5 doses by hand: as many as the limit leaves, less the late second courses
    in_time = found.mean * weeks
    assert in_time < doses.mean() == pytest.approx(167.5 * people.mean() / 80, rel=0.03)
    assert in_time == pytest.approx(doses.mean(), rel=0.06)


def limited(programme: Programme, trial: Trial) -> float:
    """Patients to expect of a trial that takes no more than its limit.

    The sum over the sites as one negative binomial of the same mean and variance.
    """
    mean, sd = mean_sd(trial.enrolment, site_months(programme, trial, trial.until_on))
    size = mean * mean / (sd * sd - mean)
    count = np.arange(1000)
    chance = nbinom.pmf(count, size, size / (size + mean))
    return float(np.minimum(count, trial.patients) @ chance)


def error(values: Floats) -> float:
    return float(values.std() / np.sqrt(SAMPLES))


def write_page(page: Path, programme: Programme) -> None:
    head, rest = page.read_text(encoding="utf-8").split(BEGIN)
    page.write_text(
        f"{head}{BEGIN}\n{table(programme)}\n{END}{rest.split(END)[1]}", encoding="utf-8"
    )


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    write_page(root / PAGE, read_programme(root / "examples" / "clr131" / "programme.yaml"))
