"""What facts of masters, orders, slots and batches make of the record."""

from __future__ import annotations

from dataclasses import replace

from doseline.errors import LifeError
from doseline.records.facts import making as f
from doseline.records.facts import quality as q
from doseline.records.fold.moving import born, moved
from doseline.records.fold.taking import takes
from doseline.records.machines import next_state
from doseline.records.state import Record, Said
from doseline.records.things import Batch, Master, Order, Sample, Slot, Step, Vial


@takes(f.MasterWritten)
def _master(record: Record, fact: f.MasterWritten, said: Said) -> None:
    if fact.master in record.masters:
        raise LifeError(f"Master record {fact.master} is there already; write another version.")
    record.masters[fact.master] = Master(
        fact.master,
        fact.product,
        fact.version,
        fact.nuclide,
        fact.half_life_ms,
        fact.shelf_life_min,
        fact.yield_low_ppm,
        fact.yield_high_ppm,
        fact.steps,
        fact.tests,
    )


# -- orders and slots ----------------------------------------------------------------------


@takes(f.OrderSubmitted)
def _submitted(record: Record, fact: f.OrderSubmitted, said: Said) -> None:
    record.orders[fact.order] = Order(
        id=fact.order,
        state=born(record.orders, "order", fact.order, fact.kind),
        product=fact.product,
        facility=fact.facility,
        subject=fact.subject,
        activity_kbq=fact.activity_kbq,
        use_at=fact.use_at,
        replaces=fact.replaces,
    )


@takes(f.OrderConfirmed)
def _order_confirmed(record: Record, fact: f.OrderConfirmed, said: Said) -> None:
    order = record.order(fact.order)
    state = next_state("order", fact.order, order.state, fact.kind)
    record.orders[fact.order] = replace(order, state=state, batch=fact.batch, vial="")
    _let_go(record, order)


@takes(f.OrderReleased, f.OrderCancelled, f.OrderMissed)
def _order_over(
    record: Record, fact: f.OrderReleased | f.OrderCancelled | f.OrderMissed, said: Said
) -> None:
    order = record.order(fact.order)
    state = next_state("order", fact.order, order.state, fact.kind)
    record.orders[fact.order] = replace(order, state=state, batch="", vial="")
    _let_go(record, order)


def _let_go(record: Record, order: Order) -> None:
    """The vial that was meant for an order is spare."""
    if order.vial:
        record.vials[order.vial] = replace(record.vials[order.vial], order="")


@takes(f.SlotHeld)
def _slot(record: Record, fact: f.SlotHeld, said: Said) -> None:
    state = born(record.slots, "slot", fact.slot, fact.kind)
    record.slots[fact.slot] = Slot(
        fact.slot, state, fact.facility, fact.line, fact.starts_at, fact.until_at
    )


@takes(f.SlotBooked, f.SlotLocked, f.SlotConsumed, f.SlotVoided)
def _slot_moved(
    record: Record,
    fact: f.SlotBooked | f.SlotLocked | f.SlotConsumed | f.SlotVoided,
    said: Said,
) -> None:
    slot = record.slot(fact.slot)
    state = next_state("slot", fact.slot, slot.state, fact.kind)
    batch = fact.batch if isinstance(fact, f.SlotBooked) else slot.batch
    record.slots[fact.slot] = replace(slot, state=state, batch=batch)


# -- batches -------------------------------------------------------------------------------


@takes(f.BatchPlanned)
def _planned(record: Record, fact: f.BatchPlanned, said: Said) -> None:
    record.batches[fact.batch] = Batch(
        id=fact.batch,
        state=born(record.batches, "batch", fact.batch, fact.kind),
        slot=fact.slot,
        product=fact.product,
        facility=fact.facility,
        line=fact.line,
        planned_vials=fact.vials,
        planned_charge_at=fact.charge_at,
        planned_eos_at=fact.eos_at,
        planned_released_at=fact.released_at,
    )


@takes(f.BatchIssued)
def _issued(record: Record, fact: f.BatchIssued, said: Said) -> None:
    batch = record.batch(fact.batch)
    state = next_state("batch", fact.batch, batch.state, fact.kind)
    record.batches[fact.batch] = replace(batch, state=state, master=fact.master)


@takes(f.BatchCancelled)
def _cancelled(record: Record, fact: f.BatchCancelled, said: Said) -> None:
    moved(record.batches, "batch", record.batch(fact.batch), fact.kind)


@takes(f.BatchStarted)
def _started(record: Record, fact: f.BatchStarted, said: Said) -> None:
    batch = record.batch(fact.batch)
    state = next_state("batch", fact.batch, batch.state, fact.kind)
    record.batches[fact.batch] = replace(
        batch, state=state, started_at=said.at, charge_kbq=fact.charge_kbq
    )


@takes(f.LotCharged)
def _charged(record: Record, fact: f.LotCharged, said: Said) -> None:
    batch = record.batch(fact.batch)
    record.batches[fact.batch] = replace(batch, lots=_with(batch.lots, fact.lot))


@takes(f.StepStarted)
def _step_started(record: Record, fact: f.StepStarted, said: Said) -> None:
    batch = record.batch(fact.batch)
    held = batch.steps.get(fact.step)
    voided = batch.voided_steps
    if held is not None and held.state == "voided":
        voided, held = (*voided, held), None
    state = next_state("step", f"{fact.batch}/{fact.step}", held.state if held else None, fact.kind)
    step = Step(fact.step, fact.attempt, state, fact.begun_at)
    record.batches[fact.batch] = replace(
        batch, steps={**batch.steps, fact.step: step}, voided_steps=voided
    )


@takes(f.StepDone)
def _step_done(record: Record, fact: f.StepDone, said: Said) -> None:
    batch = record.batch(fact.batch)
    step = _step(batch, fact.step, fact.attempt)
    done = replace(
        step,
        state=next_state("step", f"{fact.batch}/{fact.step}", step.state, fact.kind),
        done_at=said.at,
        performer=said.by,
        equipment=fact.equipment,
        lots=fact.lots,
        readings=fact.readings,
    )
    record.batches[fact.batch] = replace(
        batch,
        steps={**batch.steps, fact.step: done},
        lots=_with(batch.lots, *fact.lots),
        equipment=_with(batch.equipment, *fact.equipment),
        performers=_with(batch.performers, said.by),
    )


@takes(f.StepChecked, f.StepVoided)
def _step_over(record: Record, fact: f.StepChecked | f.StepVoided, said: Said) -> None:
    batch = record.batch(fact.batch)
    step = _step(batch, fact.step, fact.attempt)
    state = next_state("step", f"{fact.batch}/{fact.step}", step.state, fact.kind)
    checker = said.by if isinstance(fact, f.StepChecked) else step.checker
    over = replace(step, state=state, checker=checker)
    record.batches[fact.batch] = replace(
        batch,
        steps={**batch.steps, fact.step: over},
        performers=_with(batch.performers, checker) if checker else batch.performers,
    )


@takes(q.RecordCorrected)
def _corrected(record: Record, fact: q.RecordCorrected, said: Said) -> None:
    batch = record.batch(fact.batch)
    *_, name, attempt = fact.part.split("/")
    step = _step(batch, name, int(attempt))
    readings = tuple(
        replace(r, value=fact.new) if r.name == fact.field else r for r in step.readings
    )
    steps = {**batch.steps, name: replace(step, readings=readings)}
    record.batches[fact.batch] = replace(batch, steps=steps)


@takes(f.BatchFilled)
def _filled(record: Record, fact: f.BatchFilled, said: Said) -> None:
    batch = record.batch(fact.batch)
    record.batches[fact.batch] = replace(
        batch,
        state=next_state("batch", fact.batch, batch.state, fact.kind),
        filled_at=said.at,
        bulk_kbq=fact.bulk_kbq,
        yield_ppm=fact.yield_ppm,
        expires_at=fact.expires_at,
        performers=_with(batch.performers, said.by),
    )


@takes(f.VialDispensed)
def _dispensed(record: Record, fact: f.VialDispensed, said: Said) -> None:
    batch = record.batch(fact.batch)
    record.vials[fact.vial] = Vial(
        id=fact.vial,
        state=born(record.vials, "vial", fact.vial, fact.kind),
        batch=fact.batch,
        order=fact.order,
        measured_kbq=fact.measured_kbq,
        volume_ul=fact.volume_ul,
        where=batch.facility,
        custody=(batch.facility,),
    )
    record.batches[fact.batch] = replace(batch, vials=(*batch.vials, fact.vial))
    if fact.order:
        order = record.order(fact.order)
        state = next_state("order", fact.order, order.state, fact.kind)
        record.orders[fact.order] = replace(order, state=state, vial=fact.vial)


@takes(f.VialAllocated)
def _allocated(record: Record, fact: f.VialAllocated, said: Said) -> None:
    vial, order = record.vial(fact.vial), record.order(fact.order)
    if vial.order:
        raise LifeError(f"Vial {vial.id} is for order {vial.order} already.")
    state = next_state("vial", vial.id, vial.state, fact.kind)
    record.vials[vial.id] = replace(vial, state=state, order=order.id)
    state = next_state("order", order.id, order.state, fact.kind)
    record.orders[order.id] = replace(order, state=state, vial=vial.id)


@takes(f.SampleTaken)
def _sampled(record: Record, fact: f.SampleTaken, said: Said) -> None:
    batch = record.batch(fact.batch)
    if fact.sample in batch.samples:
        raise LifeError(f"Sample {fact.sample} of batch {fact.batch} was taken already.")
    sample = Sample(fact.sample, fact.use, fact.measured_kbq)
    record.batches[fact.batch] = replace(batch, samples={**batch.samples, fact.sample: sample})


def _step(batch: Batch, name: str, attempt: int) -> Step:
    step = batch.steps.get(name)
    if step is None or step.attempt != attempt:
        raise LifeError(f"Batch {batch.id} has no attempt {attempt} at step {name}.")
    return step


def _with(held: tuple[str, ...], *more: str) -> tuple[str, ...]:
    return (*held, *(name for name in dict.fromkeys(more) if name not in held))
