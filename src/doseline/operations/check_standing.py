"""A schedule against what stands already: what is locked, sent, failed, frozen or past its hour."""

from __future__ import annotations

from collections.abc import Iterator

from doseline.operations.check_batches import rules_at
from doseline.operations.check_case import Case, breach
from doseline.operations.check_kinds import Breach, BreachKind
from doseline.operations.standing import Standing


def standing_breaches(case: Case) -> Iterator[Breach]:
    """Every breach of what stands; none where nothing is said to stand."""
    if case.standing is not None:
        yield from _kept(case, case.standing)
        yield from _in_time(case, case.standing)


def _kept(case: Case, standing: Standing) -> Iterator[Breach]:
    for locked in standing.locked:
        found = case.schedule.batch.get(locked.id)
        if found != locked:
            how = "is not in the schedule" if found is None else "differs from what was locked"
            text = f"{how}; expected it as it stands"
            yield breach(BreachKind.LOCKED_CHANGED, locked.id, text, locked.charge_at)
    for sent in standing.in_transit:
        now = case.schedule.shipment.get(sent.id)
        if now is not None and now != sent:
            text = "differs from what is on its way; expected it as it stands"
            yield breach(BreachKind.SENT_CHANGED, sent.id, text, sent.dispatch_at)
    for batch in case.chosen_batches:
        if batch.slot in standing.failed_slots:
            text = f"takes slot {batch.slot}, which has failed; expected another"
            yield breach(BreachKind.SLOT_FAILED, batch.id, text, batch.charge_at)


def _in_time(case: Case, standing: Standing) -> Iterator[Breach]:
    now = standing.now_at
    for batch in case.chosen_batches:
        zone, at = case.plant(batch).zone, batch.charge_at
        if at < now:
            text = f"starts {case.told(at, zone)}, expected {case.told(now, zone)} or later"
            yield breach(BreachKind.IN_THE_PAST, batch.id, text, at)
            continue
        freeze = standing.freeze_until_at
        if freeze is not None and at < freeze:
            text = f"is new and starts {case.told(at, zone)}, expected a start from"
            text = f"{text} {case.told(freeze, zone)} on: the schedule is frozen until then"
            yield breach(BreachKind.FROZEN, batch.id, text, at)
        rules = rules_at(case, batch)
        calls = [at - r.call_off_min if r.kind == "option" else at for r in rules]
        if calls and max(calls) < now:
            text = (
                f"takes a slot on option that was to be called off by {case.told(max(calls), zone)}"
            )
            text = f"{text}, expected one still open at {case.told(now, zone)}"
            yield breach(BreachKind.CALLED_OFF_TOO_LATE, batch.id, text, at)
        source = case.programme.source.get(batch.source or "")
        if source is None or batch.isotope_at is None:
            continue
        lock = batch.isotope_at - source.lock_min
        if lock < now:
            text = f"isotope was to be ordered by {case.told(lock, zone)}, expected a delivery"
            text = f"{text} still open at {case.told(now, zone)}"
            yield breach(BreachKind.ISOTOPE_ORDERED_TOO_LATE, batch.id, text, batch.isotope_at)
