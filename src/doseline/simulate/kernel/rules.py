"""The rules that the kernel compiles as they stand: those that planner and reference call."""

from __future__ import annotations

from numba.extending import register_jitable

from doseline.calendars import moved_by, moved_on
from doseline.chance import gamma_at, philox4x32, uniforms_at
from doseline.distributions import (
    exponential_from_u,
    inverse_normal,
    lognormal_from_u,
    triangular_from_u,
)
from doseline.operations.crowd import of_dose
from doseline.operations.ordering import cancelled_at, closing_day, dose_of
from doseline.programme.course import (
    days_early,
    entered,
    first_from,
    gate_row,
    is_asked_again,
    is_last,
    nearest_inside,
)
from doseline.programme.rules import (
    activity_at_charge,
    activity_at_eos,
    bulk_needed,
    decay_factor,
    failure_chance,
    isotope_lots,
    prescribed_mbq,
    rounded_to,
    vial_holds,
    vials_from_bulk,
    within,
)
from doseline.simulate.fate import error_factor, whole
from doseline.simulate.kernel.compiling import part
from doseline.simulate.odds import noted
from doseline.simulate.transit import raised

COMPILED = (
    *(moved_by, moved_on, gamma_at, philox4x32, uniforms_at),
    *(exponential_from_u, inverse_normal, lognormal_from_u, triangular_from_u),
    *(of_dose, cancelled_at, closing_day, dose_of),
    *(days_early, entered, first_from, gate_row, is_asked_again, is_last, nearest_inside),
    *(activity_at_charge, activity_at_eos, bulk_needed, decay_factor, failure_chance),
    *(isotope_lots, prescribed_mbq, rounded_to, vial_holds, vials_from_bulk, within),
    *(error_factor, noted, raised, whole),
)
"""Every rule that the kernel shares with planner and reference."""

for _rule in COMPILED:
    register_jitable(error_model="numpy")(_rule)
    part(_rule)
