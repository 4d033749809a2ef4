"""The luck of the doses: drawn when it is asked for by the keys of the demand, or looked up.

Patients who come as columns (`operations/crowd.py`) have keys, those who come one by one a table.
"""

from __future__ import annotations

from typing import Any

from doseline.chance import uniforms_at
from doseline.operations.crowd import ATTEMPTS, VISITS, of_dose
from doseline.simulate.kernel.compiling import compiled

_NUMBERS = ATTEMPTS * VISITS


@compiled
def _drawn(c: Any, patient: int, source: int, inner: int) -> float:
    p = c.patients[patient]
    return uniforms_at(c.l0, c.l1, source, p.entity, (p.number - 1) * _NUMBERS + inner, 0)[0]


@compiled
def _written(c: Any, patient: int, visit: int, attempt: int) -> int:
    """The row of the luck of one attempt at a dose; -1 where it has keys."""
    off = c.patients[patient].luck_off
    if off < 0:
        return -1
    row = c.luck_rows[off + visit]
    return row.off + min(attempt, row.n - 1)


@compiled
def goes_on(c: Any, patient: int, visit: int, continues: float) -> bool:
    """Whether the patient goes on to a visit."""
    row = _written(c, patient, visit, 0)
    if row >= 0:
        return c.lucks[row].goes_on < continues
    if continues >= 1.0:
        return True
    source = c.protocols[c.patients[patient].protocol].goes_on
    return _drawn(c, patient, source, of_dose(visit, 0)) < continues


@compiled
def gate(c: Any, patient: int, visit: int) -> float:
    """What the gate before a visit does."""
    row = _written(c, patient, visit, 0)
    if row >= 0:
        return c.lucks[row].gate
    return _drawn(c, patient, c.protocols[c.patients[patient].protocol].gate, of_dose(visit, 0))


@compiled
def gate_delay(c: Any, patient: int, visit: int) -> int:
    """By how much a gate delays a visit. [d]"""
    row = _written(c, patient, visit, 0)
    if row >= 0:
        return int(c.lucks[row].gate_delay)
    at = c.patients[patient].delay_at
    return c.delays[at + visit] if at >= 0 else 0


@compiled
def cancels(c: Any, patient: int, visit: int, attempt: int) -> tuple[float, float, float]:
    """Whether an order is cancelled, when, and whether its site moves it."""
    row = _written(c, patient, visit, attempt)
    if row >= 0:
        luck = c.lucks[row]
        return luck.cancel, luck.cancel_stage, luck.moved
    law = c.protocols[c.patients[patient].protocol]
    inner = of_dose(visit, min(attempt, c.attempts - 1))
    total = law.before_lock + law.before_production + law.after_production
    cancel, stage, moved = 1.0, 1.0, 1.0
    if total > 0.0:
        cancel = _drawn(c, patient, law.cancel, inner)
        if cancel < total:
            stage = _drawn(c, patient, law.cancel_stage, inner)
    if law.moved > 0.0:
        moved = _drawn(c, patient, law.moves, inner)
    return cancel, stage, moved


@compiled
def weight(c: Any, patient: int, visit: int, attempt: int) -> float:
    """By how much the weight differs from the one ordered for, a factor."""
    row = _written(c, patient, visit, attempt)
    if row >= 0:
        return c.lucks[row].weight
    p = c.patients[patient]
    if p.weight_at < 0:
        return 1.0
    return c.weights[p.weight_at + visit * c.attempts + min(attempt, c.attempts - 1)]
