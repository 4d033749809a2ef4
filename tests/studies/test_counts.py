"""OTIF where an input is moved: the verdict's figure and the paired change of fewer futures."""

from __future__ import annotations

import math
import random

import pytest

from doseline.studies.counts import Counts, moved_otif, paired_otif

FUTURES, MOVED, TRUTH = 200, 40, 0.72


def drawn(seed: int, futures: int) -> tuple[Counts, Counts]:
    """Futures of 40 doses, each on time with a chance of its own; moved, a tenth more are late."""
    luck = random.Random(seed)
    base, moved = [], []
    for _ in range(futures):
        share = luck.uniform(0.6, 1.0)
        doses = [luck.random() for _ in range(40)]
        base.append(float(sum(d < share for d in doses)))
        moved.append(float(sum(d < 0.9 * share for d in doses)))
    due = (40.0,) * futures
    free = (0.0,) * futures
    return Counts(tuple(base), due, free), Counts(tuple(moved), due, free)


def test_where_all_futures_were_moved_it_is_what_they_say() -> None:
    base, moved = drawn(1, MOVED)
    assert moved_otif(base, moved) == moved.otif


def test_it_is_the_figure_of_the_base_and_the_paired_change() -> None:
    base, moved = drawn(2, FUTURES)
    few = moved.first(MOVED)
    found = moved_otif(base, few)
    change = paired_otif(base.first(MOVED), few)
    assert math.isclose(found.mean, base.otif.mean + change.mean)
    assert found.low < found.mean < found.high


def test_nothing_moved_is_the_base_itself() -> None:
    base, _ = drawn(3, FUTURES)
    found = moved_otif(base, base.first(MOVED))
    assert found.mean == base.otif.mean
    assert (found.low, found.high) == pytest.approx((base.otif.low, base.otif.high), abs=5e-4)


def test_its_interval_holds_the_truth_as_often_as_it_says_and_is_narrower() -> None:
    held, width, plain = 0, 0.0, 0.0
    for seed in range(150):
        base, moved = drawn(1000 + seed, FUTURES)
        few = moved.first(MOVED)
        found = moved_otif(base, few)
        held += found.low <= TRUTH <= found.high
        width += found.high - found.low
        plain += few.otif.high - few.otif.low
    assert 0.90 <= held / 150 <= 0.99
    assert width < 0.8 * plain
