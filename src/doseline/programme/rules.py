"""The rules of making, each once: plain functions of plain numbers.

Planner, simulator, checker and records call these; nobody writes them again. Activities are in
MBq, times in minutes, yields and shares as fractions. Every function can be compiled as it stands.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from doseline.nuclides import decay_factor

__all__ = [
    "activity_at_charge",
    "activity_at_eos",
    "bulk_made",
    "bulk_needed",
    "decay_factor",
    "failure_chance",
    "fill_min",
    "isotope_lots",
    "prescribed_mbq",
    "rounded_to",
    "summed",
    "vial_holds",
    "vials_from_bulk",
    "vials_that_fit",
    "within",
]


def activity_at_eos(dose_mbq: float, eos_to_use_min: float, half_life_min: float) -> float:
    """What a vial must hold at EOS so that the dose is there at its calibration time. [MBq]

    >>> round(activity_at_eos(28.5, 72 * 60, 8.0249 * 1440), 3)
    36.93
    """
    return dose_mbq / decay_factor(eos_to_use_min, half_life_min)


def bulk_needed(vials_mbq: float, overfill_fraction: float, samples_fraction: float) -> float:
    """Activity in the bulk at EOS for the vials, what stays behind in them, and the samples. [MBq]

    >>> round(bulk_needed(295.44, 0.05, 0.03), 2)
    319.81
    """
    return vials_mbq * (1.0 + overfill_fraction) / (1.0 - samples_fraction)


def vials_from_bulk(bulk_mbq: float, overfill_fraction: float, samples_fraction: float) -> float:
    """Activity that can be handed out from a bulk: the inverse of `bulk_needed`. [MBq]"""
    return bulk_mbq * (1.0 - samples_fraction) / (1.0 + overfill_fraction)


def activity_at_charge(
    bulk_mbq: float, yield_fraction: float, charge_to_eos_min: float, half_life_min: float
) -> float:
    """Activity to charge at the start of labelling for a bulk at EOS. [MBq]

    The yield is decay-corrected; decay runs beside it.

    >>> round(activity_at_charge(319.81, 0.580545, 410, 8.0249 * 1440), 2)
    564.59
    """
    return bulk_mbq / (yield_fraction * decay_factor(charge_to_eos_min, half_life_min))


def bulk_made(
    charged_mbq: float, yield_fraction: float, charge_to_eos_min: float, half_life_min: float
) -> float:
    """Activity in the bulk at EOS from what was charged: the inverse of `activity_at_charge`."""
    return charged_mbq * yield_fraction * decay_factor(charge_to_eos_min, half_life_min)


def isotope_lots(
    charge_mbq: float, calibration_to_charge_min: float, half_life_min: float, lot_mbq: float
) -> int:
    """Whole lots to order, calibrated at delivery, for an activity at charge.

    >>> isotope_lots(564.59, 17 * 60, 8.0249 * 1440, 50.0)
    13
    """
    needed = charge_mbq / decay_factor(calibration_to_charge_min, half_life_min)
    return math.ceil(needed / lot_mbq - 1e-9)


def fill_min(planned_min: float, vials: int, vial_min: float) -> float:
    """Duration of filling: what it takes to start, and each vial. [min]"""
    return planned_min + vials * vial_min


def vials_that_fit(
    bulk_mbq: float, vial_mbq: float, overfill_fraction: float, samples_fraction: float
) -> int:
    """How many equal vials a bulk fills; a vial is made only if its activity fits.

    >>> vials_that_fit(600.0, 36.9301, 0.05, 0.03)
    15
    """
    return math.floor(
        vials_from_bulk(bulk_mbq, overfill_fraction, samples_fraction) / vial_mbq + 1e-9
    )


def rounded_to(value: float, step: float) -> float:
    """The nearest multiple of a step; halves go up. [conventions 2.2]

    >>> rounded_to(28.349, 0.1), rounded_to(0.15, 0.1)
    (28.3, 0.2)
    """
    multiple = math.floor(value / step + 0.5 + 1e-9) * step
    if multiple > 4e6:  # its last place is coarser than what is rounded away below
        return multiple
    return math.floor(multiple * 1e9 + 0.5) / 1e9


def summed(values: Iterable[float]) -> float:
    """The sum from left to right: the same in every version of Python, and compiled.

    >>> summed([0.1, 0.2, 0.3])
    0.6000000000000001
    """
    total = 0.0
    for value in values:
        total += value
    return total


def prescribed_mbq(
    mbq_per_unit: float, size: float, size_cap: float, cap_mbq: float, step_mbq: float
) -> float:
    """The dose for a body size: rate times capped size, capped, then rounded. [MBq]

    Infinite caps and a step of 0 switch a rule off. For a flat dose the size is 1.

    >>> prescribed_mbq(15.0, 1.9, 2.5, math.inf, 0.1)
    28.5
    """
    dose = min(mbq_per_unit * min(size, size_cap), cap_mbq)
    return rounded_to(dose, step_mbq) if step_mbq > 0 else dose


def within(found: float, wanted: float, tolerance_fraction: float) -> bool:
    """Whether an activity stands inside the tolerance of the one wanted.

    >>> within(0.95, 1.0, 0.1), within(0.89, 1.0, 0.1)
    (True, False)
    """
    return abs(found - wanted) <= (tolerance_fraction + 1e-9) * wanted


def vial_holds(eos_mbq: float, overfill_fraction: float, vial_limit_mbq: float) -> bool:
    """Whether a vial takes a dose at EOS, with what stays behind in it, at its concentration.

    >>> vial_holds(1000.0, 0.05, 1100.0), vial_holds(1100.0, 0.05, 1100.0)
    (True, False)
    """
    return eos_mbq * (1.0 + overfill_fraction) <= vial_limit_mbq * (1.0 + 1e-9)


def failure_chance(
    first_fraction: float, floor_fraction: float, halved_after_batches: float, batches: float
) -> float:
    """The chance that a batch fails after so many batches: the excess over the floor is halved
    every so many.

    >>> [round(failure_chance(0.12, 0.025, 30, n), 4) for n in (0, 30)]
    [0.12, 0.0725]
    """
    excess = first_fraction - floor_fraction
    return floor_fraction + excess * math.pow(0.5, batches / halved_after_batches)
