"""The luck of patients, drawn before any supply: body size, and what decides each dose.

Every source of chance has its own stream, named `size:`, `goes-on:`, `gate:`, `gate-delay:`,
`cancel:`, `cancel-stage:`, `moved:` and `weight:` with the protocol behind it. A patient is a pair
of numbers: the entity (site or market year) and the rank in it. So one more site, one more
patient, or a cancellation more likely leaves every other draw as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtr, ndtri

from doseline.chance import stream, uniform_array
from doseline.programme.course import Luck
from doseline.programme.policy import Policy
from doseline.programme.trial import Arm, BodySize, GateRow, Visit

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

_ATTEMPTS = 64  # a patient has 256 x 64 numbers in each stream: doses by attempts
_VISITS = 256

LuckTable = tuple[tuple[Luck, ...], ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Who is drawn: the seed and replication, the protocol, and the patients' two numbers."""

    seed: int
    replication: int
    protocol: str
    entity: Words
    rank: Words

    def uniforms(self, source: str, inner: Any = 0) -> Floats:
        """The numbers of one source, a row a patient; `inner` numbers the draws of a row."""
        chance = stream(self.seed, self.replication, f"{source}:{self.protocol}")
        block = np.uint64(_ATTEMPTS * _VISITS)
        index = self.rank[:, None] * block + np.asarray(inner, dtype=np.uint64).reshape(1, -1)
        return np.asarray(uniform_array(chance, self.entity[:, None], index), dtype=np.float64)

    def picked(self, mask: NDArray[np.bool_]) -> Drawn:
        """Some of the patients, with the numbers that they had."""
        return Drawn(self.seed, self.replication, self.protocol, self.entity[mask], self.rank[mask])


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


def delay_row(visit: Visit) -> GateRow | None:
    """The row of a gate that delays, if it has one."""
    return next((row for row in visit.gate if row.outcome == "delay"), None)


def delay_days(share: Floats, row: GateRow) -> NDArray[np.int64]:
    """Delays in whole weeks, at least one: the nearest week of a gamma number."""
    scale = row.delay_mean_min / 1440.0 / row.delay_shape
    weeks = np.rint(gammaincinv(row.delay_shape, share) * scale / 7.0)
    days: NDArray[np.int64] = 7 * np.maximum(weeks, 1.0).astype(np.int64)
    return days


def luck_tables(drawn: Drawn, arm: Arm, policy: Policy, weight_sd: float) -> list[LuckTable]:
    """For every patient of an arm the luck of each dose and attempt."""
    visits = len(arm.visits)
    attempts = min(policy.reorder_at_most if policy.reorder_missed else 0, _ATTEMPTS - 1) + 1
    by_visit = np.arange(visits) * _ATTEMPTS
    by_attempt = (by_visit[:, None] + np.arange(attempts)).reshape(-1)
    of_visit = (
        drawn.uniforms("goes-on", by_visit),
        drawn.uniforms("gate", by_visit),
        _delays(drawn, arm, by_visit),
    )
    of_attempt = (
        drawn.uniforms("cancel", by_attempt),
        drawn.uniforms("cancel-stage", by_attempt),
        drawn.uniforms("moved", by_attempt),
        _weights(drawn, by_attempt, weight_sd),
    )
    columns = [np.repeat(u, attempts, axis=1).reshape(-1).tolist() for u in of_visit]
    columns += [u.reshape(-1).tolist() for u in of_attempt]
    flat = tuple(map(Luck, *columns))
    rows = [flat[n : n + attempts] for n in range(0, len(flat), attempts)]
    return [tuple(rows[n : n + visits]) for n in range(0, len(rows), visits)]


def _delays(drawn: Drawn, arm: Arm, by_visit: NDArray[np.int64]) -> NDArray[np.int64]:
    share = drawn.uniforms("gate-delay", by_visit)
    days = np.zeros(share.shape, dtype=np.int64)
    for v, visit in enumerate(arm.visits):
        row = delay_row(visit)
        if row is not None:
            days[:, v] = delay_days(share[:, v], row)
    return days


def _weights(drawn: Drawn, by_attempt: NDArray[np.int64], sd: float) -> Floats:
    if sd == 0.0:
        return np.ones((len(drawn.entity), len(by_attempt)))
    return np.asarray(np.exp(sd * ndtri(drawn.uniforms("weight", by_attempt))), dtype=np.float64)
