"""How a demand was drawn, in lines for a reader."""

from __future__ import annotations

from collections.abc import Iterable

from doseline.demand import Drawing
from doseline.demand.entries import has_rule
from doseline.programme import Programme
from doseline.programme.programme import Input


def with_fees(programme: Programme, protocol: str) -> bool:
    """Whether sites owe anything for orders of a protocol that they cancel."""
    ordering = programme.ordering_of(protocol)
    return bool(ordering.cancel_late_cents or ordering.unused_dose_cents)


def _of_demand(inputs: Iterable[Input]) -> int:
    """How many of the inputs belong to trials and markets."""
    return sum(i.field.startswith(("trials[", "markets[", "stages[")) for i in inputs)


def method_lines(programme: Programme, samples: int, drawing: Drawing) -> tuple[str, ...]:
    """How a demand was drawn, what it rests on, and what it leaves aside, in lines."""
    drawn = [t.id for t in programme.trials] + [m.id for m in programme.markets]
    lines = [
        f"{samples} futures, with perfect supply and any treatment day of a site. A band holds the "
        "middle part of the futures: how far one may lie from the median, not how well the median "
        "is known.",
        "Orders that patient or site cancel are left out, and ordered again.",
        "Every trial and market begins as written; over all paths it begins only if the stage "
        "before it succeeded, and as late as that makes it. One that begins later moves as a "
        "whole: its openings, its seasons and its last day.",
    ]
    if any(has_rule(t) for t in programme.trials):
        lines.append(
            "The figures of a trial's rule are those of the design, every patient enrolling; its "
            "success as played alone is that of the futures, in which a trial may close, on its "
            "last day, before it is full."
        )
    if any(with_fees(programme, protocol) for protocol in drawn):
        lines.append(
            "The fees that sites owe for cancelled orders are means: an order is taken to be "
            "locked when its dose is confirmed, and cancellations to fall evenly between the "
            "placing and the lock, or between the lock and the infusion. They are no income of a "
            "plan or a simulation."
        )
    if assumed := _of_demand(programme.assumptions):
        later = _of_demand(programme.hindsight)
        lines.append(
            f"{assumed} inputs of trials, markets and stages are assumed, and {later} became known "
            "only after the decision date; the file marks each."
        )
    if drawing.so_far:
        lines.append(
            "The end of enrolment is forecast from the record with the trial's rates alone: a rule "
            "that ends the trial before, a pause for its outcome, and the caps of sites and "
            "regions are left aside, and a site not yet open opens as planned, on the day after "
            "the record at the earliest. The futures keep to all of these."
        )
    if drawing.cases:
        named = ", ".join(f"{m}: {c}" for m, c in sorted(drawing.cases.items()))
        lines.append(f"Uptake cases named: {named}; the others are drawn by their weights.")
    elif programme.markets:
        lines.append("The uptake of each market is drawn from its cases by their weights.")
    return tuple(lines)
