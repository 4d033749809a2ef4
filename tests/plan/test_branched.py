"""Several products: whole batches lift the bound, span by span, and never above what can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from doseline.errors import SolverError
from doseline.plan.large import branched as module
from doseline.plan.large.branched import least_with_whole_batches, lifted_by
from doseline.plan.large.growing import Growing
from doseline.plan.large.sharpened import Sharpened
from doseline.plan.large.spans import Span, _parted, spans_of
from doseline.plan.solving.arrays import Arrays
from doseline.plan.solving.relaxation import Relaxation
from doseline.plan.solving.solve import Limits, solve

_SIZE = 3.0
"""Batches of a span here: the products make some seven each."""


def relaxed(arrays: Arrays) -> float:
    least = Relaxation(arrays, perf_counter() + 600.0).least()
    assert least is not None
    return least


def exact(arrays: Arrays, batches: np.ndarray) -> float:
    """The least cost with whole batches, as branch and bound of HiGHS has it."""
    whole = np.zeros(arrays.columns, dtype=np.bool_)
    whole[batches] = True
    best = solve(replace(arrays, whole=whole), Limits(gap=0.0, seconds=600.0))
    assert best.values.size
    return best.objective


def every_link(growing: Growing) -> Arrays:
    """A product with all rows that a way needs a batch of its place."""
    arrays, links = growing.arrays, growing._links
    return replace(
        arrays,
        by_row=sparse.vstack([arrays.by_row, links], format="csr"),
        row_lower=np.concatenate([arrays.row_lower, np.zeros(links.shape[0])]),
        row_upper=np.concatenate([arrays.row_upper, np.full(links.shape[0], np.inf)]),
    )


def spans(found: Sharpened) -> Iterator[Span]:
    for growing in found.products:
        yield from spans_of(growing, _SIZE)[1]


def test_what_is_kept_of_a_product_is_what_the_solver_has(found: Sharpened) -> None:
    for growing in found.products:
        arrays = growing.arrays
        assert arrays.rows == len(growing.duals)
        assert relaxed(arrays) == pytest.approx(growing.cost, rel=1e-9)


def test_spans_cost_together_what_their_product_does(found: Sharpened) -> None:
    several = 0
    for growing in found.products:
        beside, some = spans_of(growing, _SIZE)
        several += len(some) > 1
        total = beside + sum(relaxed(span.arrays) for span in some)
        assert total == pytest.approx(growing.cost, rel=1e-7)
        batches = sum(len(span.batches) for span in some)
        assert batches == len(growing.product.owner)
    assert several >= len(found.products) // 2


def test_a_span_with_whole_batches_costs_what_branch_and_bound_of_highs_says(
    found: Sharpened,
) -> None:
    lifted = 0
    for span in list(spans(found))[:8]:
        least = least_with_whole_batches(span, perf_counter() + 600.0)
        best = exact(span.arrays, span.batches)
        assert least == pytest.approx(best, rel=1e-6)
        lifted += least > relaxed(span.arrays) + 1.0
    assert lifted


def test_no_product_with_whole_batches_costs_less_than_its_lifted_bound(
    found: Sharpened,
) -> None:
    total = 0.0
    for growing in found.products[:4]:
        lift = lifted_by([growing], perf_counter() + 600.0)
        assert lift >= 0.0
        batches = np.arange(growing.product.first, growing.arrays.columns)
        best = exact(every_link(growing), batches)
        assert growing.cost + lift <= best * (1.0 + 1e-9)
        total += lift
    assert total > 0.0


def test_one_span_for_all_days_is_the_product_itself(found: Sharpened) -> None:
    growing = found.products[0]
    beside, some = spans_of(growing, 1000.0)
    assert len(some) == 1
    batches = np.arange(growing.product.first, growing.arrays.columns)
    best = exact(growing.arrays, batches)
    least = beside + least_with_whole_batches(some[0], perf_counter() + 600.0)
    assert least == pytest.approx(best, rel=1e-6)


def test_without_time_nothing_is_added(found: Sharpened) -> None:
    assert lifted_by(found.products, perf_counter() - 1.0) == 0.0
    span = next(spans(found))
    assert least_with_whole_batches(span, perf_counter() - 1.0) == -np.inf


def test_with_little_time_less_is_added(found: Sharpened) -> None:
    span = max(spans(found), key=lambda span: span.arrays.columns)
    tree = module._Tree(span, perf_counter() + 600.0)
    root = tree._leaf(tree._lower, tree._upper, -np.inf)
    assert root is not None
    count = tree._chosen(root)
    assert count is not None
    branches = tree._branches(root, count)
    assert branches is not None
    assert all(leaf.least >= root.least for leaf in branches)
    whole = least_with_whole_batches(span, perf_counter() + 600.0)
    assert root.least <= min(leaf.least for leaf in branches) <= whole + 1e-6 * abs(whole)
    assert root.least == pytest.approx(relaxed(span.arrays), rel=1e-9)


def test_a_branch_in_which_nothing_can_be_is_left_out(found: Sharpened) -> None:
    span = next(spans(found))
    tree = module._Tree(span, perf_counter() + 600.0)
    root = tree._leaf(tree._lower, tree._upper, -np.inf)
    assert root is not None
    days = np.unique(span.day)
    every = int(np.argmax(tree._days == len(days)))
    upper, counts = root.upper.copy(), root.counts.copy()
    upper[every], counts[every] = 0.0, 0.5
    branches = tree._branches(replace(root, upper=upper, counts=counts), every)
    assert branches is not None
    assert len(branches) == 1
    assert branches[0].counts[every] == pytest.approx(0.0, abs=1e-6)


def test_branches_are_solved_with_their_own_numbers_of_batches(found: Sharpened) -> None:
    """Whatever was solved before: bounds of one leaf must not stay on for another."""
    solved = 0
    for product in found.products:
        span = spans_of(product, 1000.0)[1][0]
        tree = module._Tree(span, perf_counter() + 600.0)
        root = tree._leaf(tree._lower, tree._upper, -np.inf)
        assert root is not None
        leaves = [root]
        for _ in range(4):
            count = tree._chosen(leaves[-1]) if leaves else None
            if count is None:
                break
            leaf = leaves.pop()
            lower, upper = leaf.lower.copy(), leaf.upper.copy()
            branches = tree._branches(leaf, count)
            assert branches is not None
            assert (leaf.lower == lower).all()
            assert (leaf.upper == upper).all()
            for branch in branches:
                assert (branch.counts >= branch.lower - 1e-6).all()
                assert (branch.counts <= branch.upper + 1e-6).all()
                assert tree._leaf(branch.lower, branch.upper, -np.inf) is not None
            leaves += branches
            solved += 1
    assert solved > 4


def test_where_the_solver_fails_nothing_is_added(
    found: Sharpened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Relaxation) -> None:
        raise SolverError("HiGHS failed while solving")

    monkeypatch.setattr(Relaxation, "solve", fails)
    assert lifted_by(found.products, perf_counter() + 600.0) == 0.0


@given(
    grown=st.lists(st.integers(0, 4), min_size=1, max_size=9),
    split=st.lists(st.integers(0, 9), min_size=10, max_size=10),
    size=st.sampled_from([(1.0, 3.0), (2.0, 5.0), (3.0, 4.0)]),
)
def test_spans_are_cut_where_least_is_between_them(
    grown: list[int], split: list[int], size: tuple[float, float]
) -> None:
    before = np.concatenate([[0.0], np.cumsum(grown)]).astype(np.float64)
    costs = np.array(split[: len(before)], dtype=np.float64)
    costs[-1] = 0.0
    last = len(before) - 1
    able = {}
    for number in range(len(before)):
        for cuts in combinations(range(1, last), number):
            parts = np.diff(before[[0, *cuts, last]])
            if (parts >= size[0]).all() and (parts <= size[1]).all():
                able[cuts] = float(costs[list(cuts)].sum())
    told = tuple(_parted(before, costs, size).tolist())
    if not able:
        assert told == ()
    else:
        assert told in able
        assert able[told] == min(able.values())
