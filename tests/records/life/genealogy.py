"""Made-up genealogies: lots made from lots, batches from lots, vials at sites and in subjects."""

from random import Random

from doseline.records.machines import (
    BatchState,
    LotState,
    ShipmentState,
    StepState,
    VialState,
)
from doseline.records.recall import Reach, Suspects
from doseline.records.state import Record
from doseline.records.things import Batch, Lot, Shipment, Step, Vial


def genealogy(batches: int, seed: int) -> Record:
    """So many batches with three vials each, from half as many lots, over a made-up year."""
    chance = Random(seed)
    record = Record()
    lots = max(2, batches // 2)
    for n in range(lots):
        parents = {f"L-{chance.randrange(n)}" for _ in range(chance.choice((0, 0, 1, 2))) if n}
        record.lots[f"L-{n}"] = Lot(
            f"L-{n}", LotState.RELEASED, "m", "s", "plant", "", "", 0, "", 0, "", "",
            tuple(sorted(parents)),
        )  # fmt: skip
    for n in range(batches):
        _batch(record, f"B-{n}", lots, chance)
    return record


def _batch(record: Record, name: str, lots: int, chance: Random) -> None:
    used = tuple({f"L-{chance.randrange(lots)}" for _ in range(chance.randint(1, 3))})
    done = f"2020-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    step = Step(
        "make", 1, StepState.CHECKED, done, done, f"p-{chance.randrange(20)}",
        f"p-{chance.randrange(20)}", (f"E-{chance.randrange(9)}",),
    )  # fmt: skip
    vials = tuple(f"{name}-{k}" for k in range(3))
    shipment, site = f"S-{name}", f"site-{chance.randrange(60)}"
    tendered = done if chance.random() < 0.7 else ""
    record.shipments[shipment] = Shipment(
        shipment, ShipmentState.DELIVERED, name, site, "lane", done, False, (), vials[:2], (),
        tendered,
    )  # fmt: skip
    for k, vial in enumerate(vials):
        subject = f"subject-{vial}" if tendered and k < 2 and chance.random() < 0.8 else ""
        state = VialState.ADMINISTERED if subject else VialState.DISPENSED
        record.vials[vial] = Vial(vial, state, name, "", 1, 1, site, subject=subject)
    record.batches[name] = Batch(
        name, BatchState.RELEASED, "slot", "p", "plant", "line", 3, done, done, done, lots=used,
        equipment=step.equipment, steps={"make": step}, vials=vials, shipments=(shipment,),
    )  # fmt: skip


def brute_force(record: Record, suspects: Suspects) -> Reach:
    """The same, by going over everything until nothing new is found."""
    lots = {name for name in suspects.lots if name in record.lots}
    grew = True
    while grew:
        more = {x.id for x in record.lots.values() if any(p in lots for p in x.parents)}
        grew = not more <= lots
        lots |= more
    batches = {name for name in suspects.batches if name in record.batches}
    for batch in record.batches.values():
        in_window = [
            step
            for step in [*batch.steps.values(), *batch.voided_steps]
            if (not suspects.from_at or step.done_at >= suspects.from_at)
            and (not suspects.until_at or step.done_at <= suspects.until_at)
        ]
        hands = {p for step in in_window for p in (step.performer, step.checker)}
        tools = {tool for step in in_window for tool in step.equipment}
        if (
            set(batch.lots) & lots
            or hands & set(suspects.people)
            or tools & set(suspects.equipment)
        ):
            batches.add(batch.id)
    vials = {v.id for v in record.vials.values() if v.batch in batches}
    sent = [s for s in record.shipments.values() if s.batch in batches and s.tendered_at]
    subjects = {record.vials[v].subject for v in vials} - {""}
    return Reach(
        tuple(sorted(lots)),
        tuple(sorted(batches)),
        tuple(sorted(vials)),
        tuple(sorted({s.facility for s in sent})),
        tuple(sorted(subjects)),
    )
