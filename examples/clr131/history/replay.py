"""The import alert of 2018 replayed: what a second supplier was worth, as known then and in truth.

    python examples/clr131/history/replay.py --replications 60 --seed 1

plays the two programmes of this folder and writes `replay.json` beside them; the tables of
docs/guides/import-alert.md are made from that file (`--tables`), and a test holds them to it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from doseline.formats import read_programme
from doseline.formats.results import write_json_atomically
from doseline.operations.events import DoseAdministered, Event
from doseline.programme import Programme
from doseline.programme.scenario import Shock
from doseline.simulate import Period, Replication, Service, SimulationResult, hazard_shocks
from doseline.simulate.reference import run as one_future
from doseline.simulate.world import World
from doseline.studies.answers import service
from doseline.studies.figures import Figure, count_figure, mean_figure
from doseline.studies.runs import Play, crowds_of, play, scenario_named

HERE = Path(__file__).parent
HAEMATOLOGY = ("phase1_mm", "clover1")
FROM, UNTIL = date(2017, 10, 1), date(2020, 7, 31)
ALERT, EXEMPT, CHILDREN = date(2018, 8, 7), date(2018, 11, 12), date(2019, 3, 19)
WITHOUT = Period("without_supply", HAEMATOLOGY, ALERT, EXEMPT - timedelta(days=1))
SPAN = Period("span", HAEMATOLOGY, FROM, UNTIL)
LONG_DAYS = 60


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Play, or print the tables of what was played."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--replications", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hazard-futures", type=int, default=2_000)
    parser.add_argument("--out", type=Path, default=HERE / "replay.json")
    parser.add_argument("--tables", action="store_true", help="print the tables of the file")
    asked = parser.parse_args(arguments)
    if asked.tables:
        found: dict[str, Any] = json.loads(asked.out.read_text(encoding="utf-8"))
        sys.stdout.write("\n\n".join(tables(found).values()) + "\n")
        return found
    run = Play(asked.seed, asked.replications)
    found = {
        "seed": asked.seed,
        "replications": asked.replications,
        "hazard_futures": asked.hazard_futures,
        "known_then": known_then(run, asked.hazard_futures),
        "hindsight": hindsight(run),
    }
    write_json_atomically(asked.out, found)
    return found


# -- what was known on 28 November 2016 ------------------------------------------------------


def known_then(run: Play, futures: int) -> dict[str, Any]:
    """Three designs under hazards that could be thought of, two under another common cause."""
    programme = read_programme(HERE / "known_2016.yaml")
    found: dict[str, Any] = {}
    alone: SimulationResult | None = None
    for name, design, beta in (
        ("madison_only", "madison_only", None),
        ("hamilton_instead", "hamilton_instead", None),
        ("both", "madison_and_hamilton", None),
        ("both_apart", "madison_and_hamilton", 0.0),
        ("both_half_common", "madison_and_hamilton", 0.5),
    ):
        under = _with_common(programme, beta).under(design)
        result = play(under, run, counted=(SPAN,), from_on=FROM, until_on=UNTIL)
        alone = alone or result
        rows = [list(reps) for reps in result.by_period[SPAN.id]]
        found[name] = {
            **_served(rows),
            "cost": _cost(result.replications),
            "against_madison_only": _against(alone, result),
            **_standstill(under, run.seed, futures),
        }
    for name, factor in (("halved", 0.5), ("doubled", 2.0)):
        slower = _with_rates(programme, factor)
        found[f"rates_{name}"] = {
            design: _standstill(slower.under(design), run.seed, futures)
            for design in ("madison_only", "madison_and_hamilton")
        }
    return found


def _with_rates(programme: Programme, factor: float) -> Programme:
    """The programme with every hazard so many times as often."""
    changed = (replace(h, per_year=h.per_year * factor) for h in programme.hazards)
    return replace(programme, hazards=tuple(changed))


def _with_common(programme: Programme, beta: float | None) -> Programme:
    """The programme with another share of common quality stops."""
    if beta is None:
        return programme
    changed = (
        replace(h, common_fraction=beta) if len(h.targets) > 1 else h for h in programme.hazards
    )
    return replace(programme, hazards=tuple(changed))


def _served(rows: Sequence[Sequence[Service]]) -> dict[str, Any]:
    """Service over a period, from the rows of each replication, with intervals."""

    def total(name: str) -> list[float]:
        return [float(sum(getattr(r, name) for r in reps)) for reps in rows]

    return {
        "due": _plain(count_figure(total("due"))),
        "otif": _plain(service(total("on_time"), total("due"))),
        "delayed": _plain(count_figure(total("delayed"))),
        "missed": _plain(count_figure(total("missed"))),
    }


def _cost(replications: Sequence[Replication]) -> dict[str, float]:
    """What was spent, in the currency. Penalties are apart."""
    return _plain(count_figure([sum(rep.costs.values()) / 100.0 for rep in replications]))


def _against(alone: SimulationResult, both: SimulationResult) -> dict[str, Any]:
    """Paired: doses on time gained and not missed, and what that costs more."""

    def gain(name: str) -> list[float]:
        pairs = zip(alone.by_period[SPAN.id], both.by_period[SPAN.id], strict=True)
        return [float(sum(getattr(r, name) for r in b) - sum(getattr(r, name) for r in a))
                for a, b in pairs]  # fmt: skip

    cost = [
        (sum(b.costs.values()) - sum(a.costs.values())) / 100.0
        for a, b in zip(alone.replications, both.replications, strict=True)
    ]
    return {
        "missed": _plain(mean_figure(gain("missed"))),
        "on_time": _plain(mean_figure(gain("on_time"))),
        "cost": _plain(mean_figure(cost)),
    }


def _standstill(programme: Programme, seed: int, futures: int) -> dict[str, Any]:
    """Days on which nobody may supply a United States site, from the hazards alone."""
    plants = [m.id for m in programme.manufacturers]
    lost: list[float] = []
    longest: list[float] = []
    for n in range(futures):
        shocks = hazard_shocks(programme, seed=seed, replication=n, until_on=UNTIL)
        down = set.intersection(
            *(_down(shocks, plant) for plant in plants if _used(programme, plant))
        )
        lost.append(float(len(down)))
        longest.append(float(_longest_run(down) >= LONG_DAYS))
    return {"days_lost": _plain(count_figure(lost)), "long_stop": _plain(count_figure(longest))}


def _used(programme: Programme, plant: str) -> bool:
    """Whether a plant still has slots in the span."""
    slots = (slot for ln in programme.manufacturer[plant].lines for slot in ln.slots)
    return any(slot.until_on is None or slot.until_on >= FROM for slot in slots)


def _down(shocks: Sequence[Shock], plant: str) -> set[int]:
    days: set[int] = set()
    for s in shocks:
        if plant in s.targets and s.until_on is not None:
            first, last = max(s.from_on, FROM), min(s.until_on, UNTIL)
            days |= set(range(first.toordinal(), last.toordinal() + 1))
    return days


def _longest_run(days: set[int]) -> int:
    longest = 0
    for day in days:
        if day - 1 not in days:
            last = day
            while last + 1 in days:
                last += 1
            longest = max(longest, last - day + 1)
    return longest


# -- what happened, by hindsight -------------------------------------------------------------


def hindsight(run: Play) -> dict[str, Any]:
    """The alert with Madison closed and with Madison kept, and no alert at all."""
    programme = read_programme(HERE / "as_it_was.yaml")
    return {
        name: _replayed(programme.under(design), run, scenario)
        for name, design, scenario in (
            ("as_it_happened", "as_it_happened", "import_alert_2018"),
            ("madison_kept", "madison_kept", "import_alert_2018"),
            ("no_alert", "as_it_happened", None),
        )
    }


def _replayed(programme: Programme, run: Play, scenario: str | None) -> dict[str, Any]:
    """Service, cost and dates of each replication, with its events."""
    struck = scenario_named(programme, scenario)
    patients = crowds_of(programme, run.seed, FROM, UNTIL, None, struck)
    world = World(programme, FROM, UNTIL)
    played, dates = [], []
    for n in range(run.replications):
        who = patients(n)
        one = one_future(
            world, who, seed=run.seed, replication=n, scenario=struck,
            periods=(WITHOUT, SPAN), keep_events=True,
        )  # fmt: skip
        played.append(one)
        sixth = {p.id for p in who if p.protocol == "phase1_mm" and p.cohort == 2}
        dates.append(_of_one(programme, one.events, sixth))

    def rows(period: Period) -> list[list[Service]]:
        return [[s for s in one.services if s.period == period.id] for one in played]

    return {
        **_served(rows(SPAN)),
        "in_the_97_days": _served(rows(WITHOUT)),
        "cost": _cost([one.replication for one in played]),
        **_mean_dates(dates),
    }


def _mean_dates(rows: Sequence[dict[str, int | None]]) -> dict[str, Any]:
    """Means over the futures in which the day came, and in how many it did."""
    found: dict[str, Any] = {}
    for key in rows[0]:
        known = [float(value) for r in rows if (value := r[key]) is not None]
        if known:
            found[key] = {**_plain(mean_figure(known)), "futures": len(known)}
    return found


def _of_one(
    programme: Programme, events: Sequence[Event], sixth: set[str]
) -> dict[str, int | None]:
    clock = programme.clock
    given = [
        (clock.instant(e.at).date(), e.order) for e in events if isinstance(e, DoseAdministered)
    ]
    adults = [on for on, order in given if order.startswith(HAEMATOLOGY)]
    children = [on for on, order in given if order.startswith(_us_children(programme))]
    cohort = [on for on, order in given if order.split("/")[0] in sixth]
    inside = [on for on in adults if ALERT <= on < EXEMPT]
    after = [on for on in adults if on >= ALERT]
    singles = {
        o.split("/")[0] for on, o in given if o.startswith("clover1") and on <= date(2019, 12, 7)
    }
    return {
        "given_in_the_97_days": len(inside),
        "days_to_next_dose": (min(after) - ALERT).days if after else None,
        "first_paediatric_dose_days": (min(children) - ALERT).days if children else None,
        "cohort_6_days": (min(cohort) - ALERT).days if cohort else None,
        "clover1_treated_by_december_2019": len(singles),
    }


def _us_children(programme: Programme) -> tuple[str, ...]:
    sites = programme.trial["clover2"].sites
    return tuple(f"clover2-{s}-" for s in sites if programme.site[s].market == "US")


# -- tables ----------------------------------------------------------------------------------


def tables(found: dict[str, Any]) -> dict[str, str]:
    """The tables of the guide, in Markdown."""
    return {"then": _then_table(found["known_then"]), "now": _now_table(found["hindsight"])}


def _then_table(rows: dict[str, Any]) -> str:
    names = {
        "madison_only": "Madison alone",
        "hamilton_instead": "Hamilton instead",
        "both": "both, 10 % of quality stops common",
        "both_apart": "both, none common",
        "both_half_common": "both, half common",
    }
    lines = [
        "| Design | OTIF | Doses missed | Doses delayed | Days without any supply "
        f"| Chance of {LONG_DAYS} such days in a row | Cost, million USD |",
        "|---|---|---|---|---|---|---|",
    ]
    for key, name in names.items():
        r = rows[key]
        cells = (
            name, _share(r["otif"]), _number(r["missed"]), _number(r["delayed"]),
            _number(r["days_lost"]), _share(r["long_stop"]), _number(r["cost"], 1e6, 2),
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _now_table(rows: dict[str, Any]) -> str:
    played = [rows[key] for key in ("as_it_happened", "madison_kept", "no_alert")]
    lines = [
        "| | What happened | Simulated as it happened | Simulated, Madison kept "
        "| Simulated without the alert |",
        "|---|---|---|---|---|",
    ]
    for what, real, told in _COMPARED:
        lines.append("| " + " | ".join((what, real, *(told(r) for r in played))) + " |")
    return "\n".join(lines)


_Told = Callable[[dict[str, Any]], str]
_COMPARED: tuple[tuple[str, str, _Told], ...] = (
    (
        "adult doses given in the 97 days",
        "none (S12, S13)",
        lambda r: _number(r["given_in_the_97_days"]),
    ),
    (
        "days from 7 August 2018 to the next adult dose",
        "97 to the permission; the dose is not published",
        lambda r: _days(r, "days_to_next_dose"),
    ),
    (
        "adult doses due in the 97 days",
        "not published",
        lambda r: _number(r["in_the_97_days"]["due"]),
    ),
    ("of them missed", "not published", lambda r: _number(r["in_the_97_days"]["missed"])),
    ("of them delayed", "delays, uncounted", lambda r: _number(r["in_the_97_days"]["delayed"])),
    (
        "days to the first dose of cohort 6",
        "114, a date that is assumed",
        lambda r: _days(r, "cohort_6_days"),
    ),
    (
        "days to the first US paediatric dose",
        "224 to the permission (S15)",
        lambda r: _days(r, "first_paediatric_dose_days"),
    ),
    (
        "CLOVER-1 patients treated by 7 December 2019",
        "20 with a single dose reported (S10), others not",
        lambda r: _number(r["clover1_treated_by_december_2019"]),
    ),
    ("OTIF, October 2017 to July 2020", "not published", lambda r: _share(r["otif"])),
    (
        "cost over these days, million USD",
        "not published",
        lambda r: _number(r["cost"], 1e6, 2),
    ),
)


def judgement(found: dict[str, Any]) -> dict[str, str]:
    """The figures of the guide's judgements, worked out from the tables."""
    then, now = found["known_then"], found["hindsight"]
    gain = then["both"]["against_madison_only"]
    more = gain["cost"]["mean"]
    fewer_stops = then["madison_only"]["long_stop"]["mean"] - then["both"]["long_stop"]["mean"]
    instead, both = then["hamilton_instead"], then["both"]
    saved = both["cost"]["mean"] - instead["cost"]["mean"]
    risk = instead["long_stop"]["mean"] - both["long_stop"]["mean"]
    kept, closed = now["madison_kept"], now["as_it_happened"]
    dearer = kept["cost"]["mean"] - closed["cost"]["mean"]
    fewer = closed["missed"]["mean"] - kept["missed"]["mean"]
    return {
        "second source costs": f"USD {_number(gain['cost'], 1e6)} million",
        "more on time": _number(gain["on_time"]),
        "fewer missed": _number({k: -gain["missed"][k] for k in ("mean", "low", "high")}, 1, 1),
        "break-even of a long stop": f"USD {more / fewer_stops / 1e6:.0f} million",
        "saved by Hamilton instead": f"USD {saved / 1e6:.1f} million",
        "break-even of the saving": f"USD {saved / risk / 1e6:.0f} million",
        "Madison kept costs": f"USD {dearer / 1e6:.1f} million",
        "missed less": f"{fewer:.1f} fewer doses missed",
        "halved": _both_rates(then["rates_halved"]),
        "doubled": _both_rates(then["rates_doubled"]),
    }


def _both_rates(row: dict[str, Any]) -> str:
    one, two = (row[key]["days_lost"] for key in ("madison_only", "madison_and_hamilton"))
    return f"{_number(one)} and {_number(two)} days"


def _days(row: dict[str, Any], key: str) -> str:
    """Days until something, and in how many futures it came where it did not come in all."""
    played, came = row["given_in_the_97_days"]["futures"], row[key]["futures"]
    said = _number(row[key], 1, 0)
    return said if came == played else f"{said}, in {came} of {played} futures"


def _number(found: dict[str, float], unit: float = 1.0, decimals: int = 1) -> str:
    mean, low, high = (found[k] / unit for k in ("mean", "low", "high"))
    low, high = min(low, high), max(low, high)
    if low == high:
        return f"{mean:.{decimals}f}"
    return f"{mean:.{decimals}f} ({low:.{decimals}f} to {high:.{decimals}f})"


def _share(found: dict[str, float]) -> str:
    mean, low, high = (100 * found[k] for k in ("mean", "low", "high"))
    return f"{mean:.1f} % ({low:.1f} to {high:.1f})"


def _plain(found: Figure) -> dict[str, float]:
    return {k: round(v, 6) for k, v in asdict(found).items()}


if __name__ == "__main__":
    main()
