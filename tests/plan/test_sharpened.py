"""Several products: cuts, product by product, lift the bound, and exact numbers prove it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from doseline.errors import SolverError
from doseline.plan.large import sharpened as module
from doseline.plan.large.climbing import Prices, duals_at
from doseline.plan.large.folded import Charges
from doseline.plan.large.growing import Growing, Product, Row
from doseline.plan.large.one_product import bare_product
from doseline.plan.large.places_apart import PlacesApart
from doseline.plan.large.sharpened import Sharpened, duals_sharpened, sharpened
from doseline.plan.model.matrix import Floats
from doseline.plan.model.variables import Problem
from doseline.plan.proof.cut_rows import Rounder
from doseline.plan.proof.duals import proven
from doseline.plan.solving.arrays import Arrays
from doseline.plan.solving.relaxation import Relaxation, safe_bound
from doseline.plan.solving.separation import Rows, rows_of
from doseline.plan.solving.solve import Limits, solve


def product_of(apart: PlacesApart, charges: Charges, dues: Floats, kind: int) -> Product:
    return Product(apart, bare_product(apart, charges, kind, dues, apart.dear), dues)


def test_cuts_lift_the_bound_and_exact_numbers_prove_it(
    problem: Problem, apart: PlacesApart, prices: Prices, found: Sharpened
) -> None:
    bound, duals = duals_sharpened(problem, apart, found, prices.dues, 600.0)
    assert duals.cuts
    assert bound > prices.bound * 1.002
    exact = proven(problem.matrix, duals)
    assert float(exact.bound) == pytest.approx(bound, rel=1e-6)
    assert float(exact.bound) <= bound * (1.0 + 1e-9)


def test_without_cuts_each_product_is_the_relaxation_at_its_dues(
    arrays: Arrays, apart: PlacesApart, charges: Charges, prices: Prices
) -> None:
    structure, total = apart.structure, arrays.constant - float(prices.dues @ apart.sides)
    for kind in np.unique(structure.kind).tolist():
        growing = Growing(product_of(apart, charges, prices.dues, kind), 1e12)
        assert growing.solve()
        total += growing.cost
    kept = np.setdiff1d(np.arange(arrays.rows), apart.shared)
    alone = replace(
        arrays,
        cost=arrays.cost + arrays.by_row[apart.shared].T @ prices.dues,
        row_lower=arrays.row_lower[kept],
        row_upper=arrays.row_upper[kept],
        by_row=arrays.by_row[kept],
        constant=arrays.constant - float(prices.dues @ apart.sides),
    )
    relaxed = Relaxation(alone, perf_counter() + 600.0).solve()
    assert relaxed is not None
    assert total == pytest.approx(relaxed.objective, rel=1e-9)
    assert total >= prices.bound * (1.0 - 1e-9)


def test_a_cut_of_a_product_is_the_row_that_its_derivation_gives(
    problem: Problem, apart: PlacesApart, charges: Charges, prices: Prices
) -> None:
    kind = -1
    rows: list[Row] = []
    while not rows:
        kind += 1
        growing = Growing(product_of(apart, charges, prices.dues, kind), 1e12)
        assert growing.solve()
        product = growing.product
        rows = module._Broken(product, rows_of(problem)).by(growing.values)
    told = Rounder(problem.matrix).rows([row.cut for row in rows])
    assert told.kept.tolist() == list(range(len(rows)))
    structure, ways = apart.structure, product.bare.ways
    for n, row in enumerate(rows):
        here = slice(told.starts[n], told.starts[n + 1])
        full = np.zeros(problem.matrix.columns)
        full[told.index[here]] = told.value[here]
        mine = np.zeros(product.arrays.columns)
        mine[row.columns] = row.values
        assert row.side == pytest.approx(told.lower[n])
        batches = structure.made[product.bare.places[product.owner]]
        assert mine[product.first :] == pytest.approx(full[batches])
        orders = len(product.bare.orders)
        unmet = mine[len(product.pair) : len(product.pair) + orders]
        assert unmet == pytest.approx(full[structure.unmet[product.bare.orders]])
        every = np.flatnonzero(structure.kind[structure.place] == kind)
        value = {
            (int(structure.order[c]), int(structure.place[c])): full[structure.serve[c]]
            for c in every.tolist()
        }
        of_way = [
            value[pair] for pair in zip(ways.order.tolist(), ways.place.tolist(), strict=True)
        ]
        assert mine[: len(product.pair)] == pytest.approx(of_way)


def test_the_clock_leaves_the_prices_as_they_were(
    problem: Problem, apart: PlacesApart, charges: Charges, prices: Prices
) -> None:
    at = prices.orders, prices.dues
    with ThreadPoolExecutor(2) as pool:
        stopped = sharpened(problem, apart, charges, at, pool, perf_counter() - 1.0)
    assert not stopped.cuts
    assert (stopped.orders == prices.orders).all()
    bound, duals = duals_sharpened(problem, apart, stopped, prices.dues, 600.0)
    plain = duals_at(apart, prices.orders, prices.dues, 600.0)
    assert bound == pytest.approx(safe_bound(apart.arrays, plain), rel=1e-9)
    assert not duals.cuts


def test_a_product_on_which_the_solver_fails_keeps_its_prices(
    problem: Problem,
    apart: PlacesApart,
    charges: Charges,
    prices: Prices,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = module._of_product

    def fails(rows: Rows, *more: Any) -> Any:
        if more[2] == 3:
            raise SolverError("HiGHS failed while solving")
        return real(rows, *more)

    monkeypatch.setattr(module, "_of_product", fails)
    at = prices.orders, prices.dues
    with ThreadPoolExecutor(2) as pool:
        found = sharpened(problem, apart, charges, at, pool, perf_counter() + 600.0)
    mine = bare_product(apart, charges, 3, prices.dues, apart.dear).orders
    assert (found.orders[mine] == prices.orders[mine]).all()
    assert found.cuts
    assert (found.orders != prices.orders).any()


def test_lines_that_fill_less_count_for_less(
    problem: Problem, apart: PlacesApart, charges: Charges, prices: Prices
) -> None:
    """Half the vials at every other place: cuts hold there too, by their derivation."""
    small = apart.room.copy()
    small[::2] = np.floor(small[::2] / 2.0)
    other = PlacesApart.__new__(PlacesApart)
    other.__dict__.update(apart.__dict__)
    other.room, other.included = small, np.minimum(apart.included, small)
    growing = Growing(product_of(other, charges, prices.dues, 1), 1e12)
    assert growing.solve()
    before = growing.cost
    broken = module._Broken(growing.product, rows_of(problem))
    rows = broken.by(growing.values)
    assert growing.cut(rows)
    assert growing.cost > before
    batches = np.arange(growing.product.first, growing.product.arrays.columns)
    flags = np.zeros(growing.product.arrays.columns, dtype=np.bool_)
    flags[batches] = True
    links = growing._links
    exact = replace(
        growing.product.arrays,
        whole=flags,
        by_row=sparse.vstack([growing.product.arrays.by_row, links], format="csr"),
        row_lower=np.concatenate([growing.product.arrays.row_lower, np.zeros(links.shape[0])]),
        row_upper=np.concatenate(
            [growing.product.arrays.row_upper, np.full(links.shape[0], np.inf)]
        ),
    )
    best = solve(exact, Limits(gap=0.05, seconds=600.0))
    assert best.values.size
    assert growing.cost <= best.objective * (1.0 + 1e-9)
    for row in rows:
        assert row.values @ best.values[row.columns] >= row.side - 1e-6


def test_batches_are_those_of_the_products_solved(
    apart: PlacesApart, prices: Prices, found: Sharpened
) -> None:
    before = np.full(len(apart.most), 0.25)
    batches = found.batches(before)
    first = found.products[0]
    mine = first.product.bare.places
    assert batches[mine] == pytest.approx(first.product.made(first.values))
    assert (batches >= -1e-9).all()
    assert (batches <= apart.most + 1e-9).all()
    served = float(sum(product.product.served(product.values).sum() for product in found.products))
    assert float(batches @ apart.room) >= served - 1e-6
    none = replace(found, products=())
    assert (none.batches(before) == before).all()
