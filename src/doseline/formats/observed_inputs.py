"""The numbers that a programme takes over with an observed shock: its inputs, its references."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from doseline.programme.observed import ASSUMED, PRECEDENTS, Observed
from doseline.programme.programme import Input, Reference
from doseline.programme.scenario import Scenario

__all__ = ["dated_scenarios", "observed_inputs", "observed_markdown", "observed_references"]

_PREFIX = "observed-"
_STRUCK = {
    "permission": "manufacturers, whose permission is shut",
    "source": "isotope sources",
}


def observed_inputs(scenarios: Sequence[Scenario]) -> tuple[Input, ...]:
    """Every number that observed shocks bring, each with its basis: its source, or assumption."""
    return tuple(
        Input(
            f"scenarios[{i}].observed[{j}].{use.shock}: {number.what}",
            number.value,
            (ASSUMED,) if number.basis == ASSUMED else (f"{_PREFIX}{use.shock}",),
            number.low,
            number.high,
            number.why,
        )
        for i, scenario in enumerate(scenarios)
        for j, use in enumerate(scenario.observed)
        for number in use.precedent.numbers
    )


def observed_references(
    scenarios: Sequence[Scenario], known: Iterable[Reference]
) -> tuple[Reference, ...]:
    """The sources of observed shocks that the programme does not name yet."""
    ids = {r.id for r in known}
    uses: dict[str, Observed] = {u.shock: u for s in scenarios for u in s.observed}
    return tuple(
        Reference(f"{_PREFIX}{name}", use.precedent.says, use.precedent.address)
        for name, use in uses.items()
        if f"{_PREFIX}{name}" not in ids
    )


def dated_scenarios(scenarios: Sequence[Scenario], as_of_on: date) -> tuple[Scenario, ...]:
    """Scenarios, those marked as hindsight whose observed shock happened after the decision."""

    def late(scenario: Scenario) -> bool:
        days = (use.precedent.happened_on for use in scenario.observed)
        return any(day is not None and day > as_of_on for day in days)

    return tuple(replace(s, hindsight=True) if late(s) else s for s in scenarios)


def observed_markdown() -> str:
    """The list of observed shocks, for the reference pages."""
    lines = []
    for name, found in PRECEDENTS.items():
        struck = _STRUCK.get(found.strikes, f"{found.strikes}s")
        lines += [f"### `{name}`", "", f"{found.name}. `strikes` names {struck}."]
        lines += ["", f"{found.says}.", "", "| Number | Value | Range | Basis | Why |"]
        lines.append("|---|---|---|---|---|")
        for n in found.numbers:
            ends = f"{n.low} to {n.high}" if n.low and n.high else ""
            lines.append(f"| {n.what} | {n.value} | {ends} | {n.basis} | {n.why} |")
        sources = " and ".join(f"<{address}>" for address in found.address.split())
        lines += ["", f"Source: {sources or 'none; it is assumed'}.", ""]
    return "\n".join(lines)
