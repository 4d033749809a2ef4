"""The luck of patients, drawn before any supply: body size, and what decides each dose.

Every source of chance has its own stream, named `size:`, `goes-on:`, `gate:`, `gate-delay:`,
`cancel:`, `cancel-stage:`, `moved:` and `weight:` with the protocol behind it. A patient is a pair
of numbers: the entity (site or market year) and the rank in it. So one more site, one more
patient, or a cancellation more likely leaves every other draw as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtr, ndtri

from doseline.chance import uniform_rows
from doseline.operations.crowd import ATTEMPTS, VISITS, of_dose
from doseline.programme.course import Luck
from doseline.programme.policy import Policy
from doseline.programme.trial import Arm, BodySize, GateRow, Visit

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]
Ints = NDArray[np.int64]

LuckTable = tuple[tuple[Luck, ...], ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Who is drawn: seed and protocol, and for each patient the replication and two numbers."""

    seed: int
    protocol: str
    replication: Ints
    entity: Words
    rank: Words

    def uniforms(self, source: str, inner: Any = 0) -> Floats:
        """The numbers of one source, a row a patient; `inner` numbers the draws of a row.

        One row of `inner` holds for all patients, a column has a row for each.
        """
        numbers = np.atleast_2d(np.asarray(inner, dtype=np.uint64))
        index = self.rank[:, None] * np.uint64(ATTEMPTS * VISITS) + numbers
        name = f"{source}:{self.protocol}"
        return uniform_rows(self.seed, self.replication, name, self.entity, index)

    def picked(self, which: NDArray[Any]) -> Drawn:
        """Some of the patients (a mask or positions), with the numbers that they had."""
        return Drawn(
            self.seed,
            self.protocol,
            self.replication[which],
            self.entity[which],
            self.rank[which],
        )


def attempts_of(policy: Policy) -> int:
    """How many attempts at a dose have luck of their own; the last one's serves all later."""
    return min(policy.reorder_at_most if policy.reorder_missed else 0, ATTEMPTS - 1) + 1


def sizes(drawn: Drawn, body: BodySize) -> Floats:
    """Body surface or weight: a group by its share, then a normal number within the limits."""
    group = drawn.uniforms("size-group")[:, 0]
    share = drawn.uniforms("size")[:, 0]
    edges = np.cumsum([g.share_fraction for g in body.groups])
    which = np.searchsorted(edges / edges[-1], group, side="right")
    mean = np.array([g.mean for g in body.groups])[which]
    sd = np.array([g.sd for g in body.groups])[which]
    spread = np.maximum(sd, 1e-12)
    low, high = ndtr((body.low - mean) / spread), ndtr((body.high - mean) / spread)
    drawn_size = mean + sd * ndtri(np.clip(low + share * (high - low), 1e-300, 1.0 - 1e-16))
    return np.asarray(np.clip(drawn_size, body.low, body.high), dtype=np.float64)


def delay_days(share: Floats, row: GateRow) -> Ints:
    """Delays in whole weeks, at least one: the nearest week of a gamma number."""
    scale = row.delay_mean_min / 1440.0 / row.delay_shape
    weeks = np.rint(gammaincinv(row.delay_shape, share) * scale / 7.0)
    days: Ints = 7 * np.maximum(weeks, 1.0).astype(np.int64)
    return days


def gate_rows(visit: Visit, share: Floats) -> Ints:
    """The row of the gate that each number falls in; beyond the last where it is passed."""
    edges = list(accumulate(row.chance_fraction for row in visit.gate))
    return np.searchsorted(edges, share, side="right").astype(np.int64)


def gate_delays(visit: Visit, rows: Ints, share: Floats) -> Ints:
    """The delay that the row of the gate brings, if it is one that delays. [d]"""
    days = np.zeros(rows.shape, dtype=np.int64)
    for number, row in enumerate(visit.gate):
        if row.outcome == "delay":
            here = rows == number
            days[here] = delay_days(share[here], row)
    return days


def delays_of(drawn: Drawn, arm: Arm) -> Ints | None:
    """The delay that its gate brings each patient at each visit; None where no gate delays. [d]"""
    gated = [v for v, visit in enumerate(arm.visits) if _delays(visit)]
    if not gated:
        return None
    days = np.zeros((len(drawn.rank), len(arm.visits)), dtype=np.int64)
    inner = of_dose(np.array(gated), 0)
    gates, shares = drawn.uniforms("gate", inner), drawn.uniforms("gate-delay", inner)
    for n, v in enumerate(gated):
        rows = gate_rows(arm.visits[v], gates[:, n])
        days[:, v] = gate_delays(arm.visits[v], rows, shares[:, n])
    return days


def _delays(visit: Visit) -> bool:
    return any(row.outcome == "delay" for row in visit.gate)


def weights_of(drawn: Drawn, shape: tuple[int, int], sd: float) -> Floats:
    """By how much each patient's weight differs at each visit and attempt (the shape), a factor."""
    inner = of_dose(np.arange(shape[0])[:, None], np.arange(shape[1])).reshape(-1)
    if sd == 0.0:
        return np.ones((len(drawn.entity), len(inner)))
    return np.asarray(np.exp(sd * ndtri(drawn.uniforms("weight", inner))), dtype=np.float64)


def luck_tables(drawn: Drawn, arm: Arm, policy: Policy, weight_sd: float) -> list[LuckTable]:
    """For every patient of an arm the luck of each dose and attempt."""
    visits, attempts = len(arm.visits), attempts_of(policy)
    by_visit = of_dose(np.arange(visits), 0)
    by_attempt = of_dose(np.arange(visits)[:, None], np.arange(attempts)).reshape(-1)
    gates = drawn.uniforms("gate", by_visit)
    delays = delays_of(drawn, arm)
    if delays is None:
        delays = np.zeros(gates.shape, dtype=np.int64)
    of_visit = (drawn.uniforms("goes-on", by_visit), gates, delays)
    of_attempt = (
        drawn.uniforms("cancel", by_attempt),
        drawn.uniforms("cancel-stage", by_attempt),
        drawn.uniforms("moved", by_attempt),
        weights_of(drawn, (visits, attempts), weight_sd),
    )
    columns = [np.repeat(u, attempts, axis=1).reshape(-1).tolist() for u in of_visit]
    columns += [u.reshape(-1).tolist() for u in of_attempt]
    flat = tuple(map(Luck, *columns))
    rows = [flat[n : n + attempts] for n in range(0, len(flat), attempts)]
    return [tuple(rows[n : n + visits]) for n in range(0, len(rows), visits)]
