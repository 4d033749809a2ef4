"""All products together with their batches given: what the whole relaxation says, soon told."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest

from doseline.plan.large.folded import Charges
from doseline.plan.large.lines_alone import Lines, lines_of
from doseline.plan.large.one_product import OneProduct
from doseline.plan.large.places_apart import PlacesApart
from doseline.plan.large.together import Together, _alike
from doseline.plan.model.variables import Problem
from doseline.plan.solving.arrays import Arrays, Ints, arrays_of
from doseline.plan.solving.relaxation import Relaxation

DEAR = 6_000_000.0


@pytest.fixture(scope="module")
def arrays(problem: Problem) -> Arrays:
    """Days of sites are short: nobody treats more than one."""
    arrays = arrays_of(problem.matrix)
    rules = np.array([limit.rule for limit in problem.matrix.limits])
    upper = arrays.row_upper.copy()
    upper[rules == "site capacity"] = 1.0
    return replace(arrays, row_upper=upper)


@pytest.fixture(scope="module")
def lines(arrays: Arrays, apart: PlacesApart) -> Lines:
    return lines_of(arrays, apart.structure)


@pytest.fixture
def together(apart: PlacesApart, charges: Charges, lines: Lines) -> Together:
    return Together(apart, charges, lines, DEAR, perf_counter() + 600.0)


@pytest.fixture(scope="module")
def made(apart: PlacesApart) -> Ints:
    """A batch of each product every fourth slot or so."""
    batches = np.zeros(len(apart.structure.made), dtype=np.int64)
    batches[1::4] = 1
    return batches


def _relaxed(arrays: Arrays, apart: PlacesApart, lines: Lines, made: Ints) -> float:
    """The relaxation of the whole with these batches, lines, crews and QC left out."""
    structure = apart.structure
    lower, upper, cost = arrays.lower.copy(), arrays.upper.copy(), arrays.cost.copy()
    lower[structure.made] = upper[structure.made] = made
    cost[structure.unmet] = DEAR
    row_upper = arrays.row_upper.copy()
    row_upper[lines.rows[np.isin(lines.rows, apart.shared)]] = np.inf
    whole = replace(arrays, lower=lower, upper=upper, cost=cost, row_upper=row_upper)
    found = Relaxation(whole, perf_counter() + 600.0).solve()
    assert found is not None
    return found.objective


def test_it_costs_what_the_relaxation_says_but_for_the_vial_each_batch_must_fill(
    arrays: Arrays, apart: PlacesApart, lines: Lines, together: Together, made: Ints
) -> None:
    cost, relaxed = together.cost(made), _relaxed(arrays, apart, lines, made)
    assert cost is not None
    assert relaxed * (1.0 - 1e-3) < cost <= relaxed * (1.0 + 1e-7)


def test_at_its_dues_the_products_cost_as_much_by_themselves(
    apart: PlacesApart, charges: Charges, together: Together, made: Ints
) -> None:
    """Strong duality: dues take the place of the rows between products."""
    found = together.priced(made)
    assert found is not None
    cost, dues = found
    assert (dues >= 0.0).all()
    assert dues.any()
    total = apart.arrays.constant - float(dues @ apart.sides)
    for kind in np.unique(apart.structure.kind).tolist():
        product = OneProduct(apart, charges, kind, dues, DEAR, perf_counter() + 600.0)
        alone = product.cost(made)
        assert alone is not None
        total += alone
    assert total == pytest.approx(cost, rel=1e-7)


def test_a_change_and_back_again_costs_the_same(together: Together, made: Ints) -> None:
    other = made.copy()
    other[made > 0] = np.arange(int((made > 0).sum())) % 2
    before, changed, after = together.cost(made), together.cost(other), together.cost(made)
    assert before is not None
    assert changed is not None
    assert changed > before
    assert after == pytest.approx(before, rel=1e-9)


def test_rows_that_cannot_bind_are_left_out(apart: PlacesApart, together: Together) -> None:
    served = abs(apart.arrays.by_row[apart.shared][:, apart.structure.serve])
    assert 0 < len(together._rows) < len(apart.shared)
    orders = np.zeros(len(apart.shared))
    for row in range(served.shape[0]):
        here = slice(served.indptr[row], served.indptr[row + 1])
        orders[row] = len(np.unique(apart.structure.order[served.indices[here]]))
    assert (orders[together._rows] > apart.sides[together._rows]).all()


def test_choices_are_alike_where_they_use_the_same_rows_as_much(apart: PlacesApart) -> None:
    use = apart.arrays.by_row[apart.shared][:, apart.structure.serve].tocsr()
    number, by_choice = _alike(use), use.T.tocsr()
    told: dict[int, tuple[bytes, bytes]] = {}
    for choice in range(0, by_choice.shape[0], 97):
        here = slice(by_choice.indptr[choice], by_choice.indptr[choice + 1])
        mine = by_choice.indices[here].tobytes(), by_choice.data[here].tobytes()
        assert told.setdefault(int(number[choice]), mine) == mine
    assert len(set(told.values())) == len(told) > 1


def test_without_time_there_is_no_cost(
    apart: PlacesApart, charges: Charges, lines: Lines, made: Ints
) -> None:
    late = Together(apart, charges, lines, DEAR, perf_counter() - 1.0)
    assert late.cost(made) is None
    assert late.priced(made) is None
