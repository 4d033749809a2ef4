"""A second witness in 50 digits for decay, transport index and A2 fractions; it shares no code."""

import random
from dataclasses import dataclass

import mpmath

from doseline.nuclides import nuclide, nuclides
from doseline.records.decaying import decayed_kbq
from doseline.records.transport import Content, sum_of_fractions, transport_index_tenths

WORLD = mpmath.mp.clone()
WORLD.dps = 50

A2_TBQ = {"I-131": "0.7", "Lu-177": "0.7", "Y-90": "0.3", "I-125": "3", "Ac-225": "0.006"}
"""Written here once more, so that a slip in the table is seen."""


def index_tenths(nsv_h: int) -> int:
    tenths = WORLD.mpf(nsv_h * 100 * 10) / 10**6  # divided once, so that a whole tenth is whole
    return 0 if nsv_h * 100 * 100 <= 5 * 10**6 else int(WORLD.ceil(tenths))


@dataclass
class Worst:
    """The largest errors seen; of decay, those above 1 kBq."""

    points: int = 0
    decay_kbq: float = 0.0
    decay_relative: float = 0.0
    fraction: float = 0.0
    wrong_index: int = 0


def compare(points: int, seed: int) -> Worst:
    """Random points: from 1 kBq to 10 TBq, from ten half-lives before to thirty after."""
    draw, worst = random.Random(seed), Worst(points)
    names = [name for name in nuclides() if nuclide(name).half_life_min > 30]
    for _ in range(points):
        kbq = int(10 ** draw.uniform(0, 10))
        half_life_min = nuclide(draw.choice(names)).half_life_min
        elapsed_min = draw.randrange(int(-10 * half_life_min), int(30 * half_life_min))
        exact = kbq * WORLD.mpf(2) ** (-WORLD.mpf(elapsed_min) / WORLD.mpf(half_life_min))
        error = abs(decayed_kbq(kbq, elapsed_min, half_life_min) - exact)
        if error > 1:
            worst.decay_kbq = max(worst.decay_kbq, float(error))
            worst.decay_relative = max(worst.decay_relative, float(error / exact))

        rate = int(10 ** draw.uniform(0, 7.3))
        rate = round(rate, -3) + draw.choice((-1, 0, 1)) if draw.random() < 0.5 else rate
        worst.wrong_index += transport_index_tenths(max(rate, 0)) != index_tenths(max(rate, 0))

        held = {name: int(10 ** draw.uniform(0, 9)) for name in draw.sample(list(A2_TBQ), 3)}
        total = sum_of_fractions(Content(name, amount) for name, amount in held.items())
        truth = WORLD.fsum(
            WORLD.mpf(amount) / (WORLD.mpf(A2_TBQ[name]) * 10**9) for name, amount in held.items()
        )
        off = abs(WORLD.mpf(total.numerator) / total.denominator / truth - 1)
        worst.fraction = max(worst.fraction, float(off))
    return worst
