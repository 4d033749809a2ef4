"""A relaxation with few choices open at first costs what it costs with all of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.instances.generate import instance
from doseline.plan.large import from_relaxation
from doseline.plan.large.begun import Beginning
from doseline.plan.large.folded import Charges, Folded, charges_of, whole_from
from doseline.plan.large.from_relaxation import by_relaxation, near_by
from doseline.plan.large.sifted import Sifted
from doseline.plan.large.swept import Swept
from doseline.plan.large.threads import Threads
from doseline.plan.model.candidates import gather
from doseline.plan.model.matrix import Floats
from doseline.plan.model.model import constrained
from doseline.plan.model.objective import COSTS
from doseline.plan.model.variables import Problem
from doseline.plan.solving.arrays import Arrays, Flags, arrays_of
from doseline.plan.solving.dive import whole_batches, whole_columns
from doseline.plan.solving.neighbours import priced
from doseline.plan.solving.relaxation import Relaxation, Relaxed, safe_bound
from doseline.plan.solving.rounded import broken, nothing_made
from doseline.plan.solving.solve import Limits, solve
from doseline.plan.solving.structure import structure_of
from tests.plan.several_products import stated
from tests.plan.tiny import FROM, UNTIL, World, worlds

LATER = 600.0


class Stated:
    """A problem with what a search needs of it."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.arrays = problem, arrays_of(problem.matrix)
        self.structure = structure_of(problem)
        self.charges = charges_of(problem, self.arrays)

    def near(self, share: float, seed: int) -> Flags:
        """Some of the choices, by chance."""
        drawn = np.random.default_rng(seed).random(len(self.structure.serve))
        return np.asarray(drawn < share)

    def sifted(self, near: Flags) -> Sifted:
        until = perf_counter() + LATER
        return Sifted(self.arrays, self.charges, self.structure.serve, near, until)

    def beginning(self) -> Beginning:
        until, pool = perf_counter() + LATER, ThreadPoolExecutor(2)
        loose = priced(self.arrays, self.structure)
        days = np.array([o.wanted_on.toordinal() for o in self.problem.sets.orders])
        lots = np.array(sorted(self.problem.lots.values()), dtype=np.int64)
        folded = Folded(loose, self.charges, until)
        return Beginning(
            loose, self.structure, folded, days, lots, until, 1, lambda: pool, lambda _: None
        )


@pytest.fixture(scope="module")
def small() -> Stated:
    return Stated(stated("base", "S"))


@pytest.fixture(scope="module")
def tested() -> Stated:
    """Some batches are tested on import: a choice may have to pay for two things."""
    return Stated(stated("cross_border", "S"))


@pytest.fixture(scope="module")
def week() -> Stated:
    """The doses of a large instance's first week, every second one of them."""
    made = instance("L")
    until = made.from_on + timedelta(days=6)
    orders = [o for o in made.orders if o.wanted_on <= until][::2]
    problem = constrained(gather(made.programme, orders, made.from_on, until, None, merge=True))
    for add in COSTS:
        add(problem)
    return Stated(problem)


def whole_of(arrays: Arrays) -> Relaxed:
    found = Relaxation(arrays, perf_counter() + LATER).solve()
    assert found is not None
    return found


@pytest.mark.parametrize("which", ["small", "tested", "week"])
@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_it_costs_what_the_whole_does_and_proves_it(
    which: str, share: float, request: pytest.FixtureRequest
) -> None:
    stated: Stated = request.getfixturevalue(which)
    arrays, sifted = stated.arrays, stated.sifted(stated.near(share, 1))
    whole, found = whole_of(arrays), sifted.solve()
    assert found is not None
    assert found.objective == pytest.approx(whole.objective, rel=1e-9)
    assert arrays.objective(found.values) == pytest.approx(whole.objective, rel=1e-9)
    assert not broken(arrays, found.values, arrays.sums(found.values)).any()
    assert safe_bound(arrays, found.row_duals) == pytest.approx(whole.objective, rel=1e-8)
    assert sifted.proven == pytest.approx(whole.objective, rel=1e-8)
    assert (sifted.duals == found.row_duals).all()


def test_most_choices_stay_closed(week: Stated) -> None:
    beginning = week.beginning()
    shares = beginning.folded.relaxation.solve()
    sifted = week.sifted(near_by(beginning.folded, week.structure, shares))
    assert sifted.solve() is not None
    opened = ~sifted._closed[week.structure.serve]
    assert opened.mean() < 0.6
    assert near_by(beginning.folded, week.structure, None).all()


@settings(max_examples=40)
@given(worlds(most=6), st.floats(0.0, 1.0), st.integers(0, 99))
def test_of_any_tiny_world_it_costs_what_the_whole_does(
    world: World, share: float, seed: int
) -> None:
    sets = gather(world.programme, world.orders, FROM, UNTIL, None)
    problem = constrained(sets)
    for add in COSTS:
        add(problem)
    stated = Stated(problem)
    whole = Relaxation(stated.arrays, perf_counter() + LATER).solve()
    sifted = stated.sifted(stated.near(share, seed))
    found = sifted.solve()
    assert (found is None) == (whole is None)
    if found is not None and whole is not None:
        slack = 1e-6 * (1.0 + abs(whole.objective))
        assert found.objective == pytest.approx(whole.objective, abs=slack)
        assert sifted.proven == pytest.approx(whole.objective, abs=slack)


def test_after_other_bounds_and_another_row_it_costs_what_the_whole_does(week: Stated) -> None:
    arrays, made = week.arrays, week.structure.made
    sifted = week.sifted(week.near(0.1, 2))
    root = sifted.solve()
    assert root is not None
    whole = Relaxation(arrays, perf_counter() + LATER, corners=True)
    most = float(np.ceil(root.values[made].sum()) + 1.0)
    for relaxation in (sifted, whole):
        relaxation.at_most(made, most)
        for column in made[::3].tolist():
            relaxation.bound(column, 0.0, 0.0)
    expected, found = whole.solve(), sifted.solve_on()
    assert expected is not None
    assert found is not None
    assert expected.objective > root.objective
    assert found.objective == pytest.approx(expected.objective, rel=1e-9)
    assert sifted.proven == pytest.approx(root.objective, rel=1e-8)
    for relaxation in (sifted, whole):
        for column in made[::3].tolist():
            relaxation.bound(column, float(arrays.lower[column]), float(arrays.upper[column]))
    expected, found = whole.solve(), sifted.solve_on()
    assert expected is not None
    assert found is not None
    assert found.objective == pytest.approx(expected.objective, rel=1e-9)


def test_without_time_nothing_is_proven(small: Stated) -> None:
    sifted = Sifted(
        small.arrays,
        small.charges,
        small.structure.serve,
        small.near(0.5, 1),
        perf_counter() - 1.0,
    )
    assert sifted.solve() is None
    assert sifted.proven == -np.inf
    sifted.stop_at(perf_counter() + LATER)
    assert sifted.solve() is not None


def test_where_what_is_open_cannot_be_all_is_opened(small: Stated) -> None:
    upper = small.arrays.upper.copy()
    able = next(n for n, mine in enumerate(small.structure.choices_of_order) if mine.size)
    upper[small.structure.unmet[able]] = 0.0  # must be met, by a choice that is closed at first
    arrays, serve = replace(small.arrays, upper=upper), small.structure.serve
    until = perf_counter() + LATER
    sifted = Sifted(arrays, small.charges, serve, small.near(0.0, 1), until)
    found = sifted.solve()
    assert found is not None
    assert found.objective == pytest.approx(whole_of(arrays).objective, rel=1e-9)
    assert not sifted._closed.any()
    lower = small.arrays.lower.copy()
    lower[small.structure.made] = small.arrays.upper[small.structure.made] + 1.0
    nothing = replace(small.arrays, lower=lower)
    assert Sifted(nothing, small.charges, serve, small.near(0.5, 1), until).solve() is None


def test_charges_of_a_part_stand_by_its_own_numbers(small: Stated) -> None:
    arrays, charges = small.arrays, small.charges
    columns = np.arange(0, arrays.columns, 2)
    rows = np.arange(1, arrays.rows, 2)
    part: Charges = charges.within(arrays, columns, rows)
    told = {
        (columns[s], columns[p], rows[t])
        for s, p, t in zip(part.serve, part.paid, part.tied, strict=True)
    }
    among = {
        (s, p, t)
        for s, p, t in zip(charges.serve, charges.paid, charges.tied, strict=True)
        if s % 2 == 0 and p % 2 == 0 and t % 2 == 1
    }
    assert told == among
    assert among
    assert set(rows[part.orders]) == {r for r in charges.orders.tolist() if r % 2 == 1}


# -- schedules from it ----------------------------------------------------------------------


def dived(stated: Stated) -> Floats:
    """Values with whole batches, some orders in parts."""
    structure, sifted = stated.structure, stated.sifted(stated.near(0.3, 3))
    root = sifted.solve()
    assert root is not None
    found = whole_batches(sifted, root, stated.arrays, structure.made, structure.kind)
    found = whole_columns(sifted, found, stated.arrays, structure.how)
    found = None if found is None else sifted.solve_on()
    assert found is not None
    return found.values


def test_orders_that_are_whole_stay_and_the_others_become_so(week: Stated) -> None:
    values, structure = dived(week), week.structure
    loose, until = priced(week.arrays, structure), perf_counter() + LATER
    whole = whole_from(Folded(loose, week.charges, until), loose, structure, values, until)
    assert whole is not None
    assert not broken(week.arrays, whole, week.arrays.sums(whole)).any()
    served = values[structure.serve] > 1.0 - 1e-9
    assert 0 < served.sum() < len(structure.unmet)
    assert (whole[structure.serve[served]] > 0.5).mean() > 0.95
    assert np.abs(whole[structure.serve] - np.round(whole[structure.serve])).max() < 1e-6
    made = structure.made
    assert (np.round(whole[made]) <= np.round(values[made])).all()


@pytest.mark.parametrize("which", ["tested", "week"])
def test_a_schedule_breaks_no_row_and_the_bound_holds(
    which: str, request: pytest.FixtureRequest
) -> None:
    stated: Stated = request.getfixturevalue(which)
    arrays, structure, given_ = stated.arrays, stated.structure, stated.beginning()
    with Threads() as threads:
        search = by_relaxation(stated.problem, arrays, given_, threads)
        bound, duals = threads.bound()
    values = search.best.values
    assert not broken(arrays, values, arrays.sums(values)).any()
    root = whole_of(arrays).objective
    assert safe_bound(arrays, duals.rows) == pytest.approx(root, rel=1e-8)
    assert bound >= root - 1e-6 * abs(root)
    assert arrays.objective(values) >= bound
    if which == "tested":
        least = solve(arrays, Limits(gap=0.0, seconds=60.0))
        assert bound <= least.objective + 1e-6
        assert values[structure.unmet].mean() < 0.1


def test_where_time_is_over_nothing_is_met_and_nothing_bound(small: Stated) -> None:
    late = replace(small.beginning(), until=perf_counter() - 1.0)
    with Threads() as threads:
        search = by_relaxation(small.problem, small.arrays, late, threads)
        assert threads.bound()[0] == -np.inf
    assert search.best.values[small.structure.unmet].sum() == len(small.structure.unmet)


def test_dear_choices_are_shut_but_those_taken(small: Stated) -> None:
    given_, structure = small.beginning(), small.structure
    found = solve(given_.arrays, Limits(gap=0.01, seconds=60.0))
    reduced = np.zeros(small.arrays.columns)
    reduced[structure.serve] = np.arange(len(structure.serve))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(from_relaxation, "_SEARCHED", 1)
        held = from_relaxation._among_near(given_, found.values, reduced)
    open_ = held.upper[structure.serve] > 0.5
    taken = found.values[structure.serve] > 0.5
    assert open_[taken].all()
    assert not open_.all()
    first = [choices[0] for choices in structure.choices_of_order if choices.size]
    assert open_[first].all()
    assert (found.values <= held.upper + 1e-6).all()


# -- the search by pieces from small to large -----------------------------------------------


def test_settled_pieces_are_left_out_and_pieces_grow(small: Stated) -> None:
    loose = priced(small.arrays, small.structure)
    start = nothing_made(loose, small.structure)
    search = Swept(loose, small.structure, start)
    before, seen = search.best.objective, list[tuple[int, tuple[int, ...]]]()
    with ThreadPoolExecutor(2) as pool:
        for _ in range(30):
            size, costs = search._size, search.best.objective
            search.search(perf_counter() + LATER, 1, pool)
            if search.best.objective == costs:
                seen += [(search.rounds, piece) for piece in search._asked]
            else:
                seen = []
            assert search._size >= size
        pieces = [piece for _, piece in seen]
    assert len(pieces) == len(set(pieces)), "the same piece twice with nothing changed"
    assert search._size > 3.0
    assert search.best.objective < before
    values = search.best.values
    assert not broken(loose, values, loose.sums(values)).any()
    again = Swept(loose, small.structure, start)
    with ThreadPoolExecutor(1) as pool:
        again.search(perf_counter() + LATER, 30, pool)
    assert again.best.objective == pytest.approx(search.best.objective)
