"""What hazards did in the futures that were played, beside what their laws say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from doseline.programme import Programme
from doseline.programme.hazard import Hazard
from doseline.programme.scenario import Shock
from doseline.simulate import hazard_shocks
from doseline.studies.figures import Figure, count_figure
from doseline.studies.runs import Play


@dataclass(frozen=True, slots=True)
class HazardRow:
    """A hazard as its law has it and as it was drawn, over the days played.

    `standing` is the share of the time in which a target stands in the long run, `all_down` that
    in which the whole group is down. `stops` counts those drawn that begin on the days played, one
    of the whole group once (where protocols return one by one: once for each plant); `down_share`
    is the drawn share of days on which a target is struck.
    """

    hazard: str
    name: str
    hits: str
    targets: tuple[str, ...]
    why: str
    per_year: float
    mean_days: float
    common_share: float
    standing: float
    all_down: float
    stops: Figure
    down_share: Figure


def hazard_rows(
    programme: Programme, run: Play, from_on: date, until_on: date
) -> tuple[HazardRow, ...]:
    """The hazards of a programme in the futures of a play, on the days played."""
    if not programme.hazards:
        return ()
    drawn = [
        hazard_shocks(programme, seed=run.seed, replication=n, until_on=until_on)
        for n in range(run.replications)
    ]
    return tuple(_row(h, drawn, from_on, until_on) for h in programme.hazards)


def _row(
    hazard: Hazard, drawn: Sequence[Sequence[Shock]], from_on: date, until_on: date
) -> HazardRow:
    own = [[s for s in shocks if s.of == hazard.id] for shocks in drawn]
    days = (until_on - from_on).days + 1
    return HazardRow(
        hazard=hazard.id,
        name=hazard.name,
        hits=hazard.hits,
        targets=hazard.targets,
        why=hazard.why,
        per_year=hazard.per_year,
        mean_days=hazard.lasts.expected_min / 1440,
        common_share=hazard.common_fraction,
        standing=hazard.availability,
        all_down=hazard.all_down(len(hazard.targets)),
        stops=count_figure([float(_begun(shocks, from_on)) for shocks in own]),
        down_share=count_figure(
            [
                sum(_days_down(shocks, t, from_on, until_on) for t in hazard.targets)
                / (days * len(hazard.targets))
                for shocks in own
            ]
        ),
    )


def _begun(shocks: Sequence[Shock], from_on: date) -> int:
    """Stops that begin on the days played; the protocols that one closes count once."""
    return len({(s.from_on, s.targets) for s in shocks if s.from_on >= from_on})


def _days_down(shocks: Sequence[Shock], target: str, from_on: date, until_on: date) -> int:
    days: set[int] = set()
    for s in shocks:
        if target in s.targets and s.until_on is not None:
            first, last = max(s.from_on, from_on), min(s.until_on, until_on)
            days |= set(range(first.toordinal(), last.toordinal() + 1))
    return len(days)
