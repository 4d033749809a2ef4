"""What a second supplier buys, split by cause."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.programme.hazard import Hazard, Lasts
from doseline.studies.suppliers.bought import Bought, Suppliers
from doseline.studies.suppliers.causes import CAUSES, MEANS, SAID, acting
from doseline.studies.suppliers.second_supplier import second_supplier
from doseline.studies.suppliers.waterfall import in_order, over_all_orders, worlds_of
from tests.studies.suppliers.two_plants import plants


@pytest.fixture(scope="module")
def found() -> Suppliers:
    return second_supplier(plants(), design="three", replications=6, seed=4)


def part(of: Bought, cause: str) -> float:
    return next(p.otif.mean for p in of.parts if p.cause == cause)


def test_each_further_supplier_has_a_row(found: Suppliers) -> None:
    assert [(b.supplier, b.beside) for b in found.bought] == [
        ("second", ("plant",)), ("third", ("plant", "second")),
    ]  # fmt: skip


def test_the_parts_add_up_to_the_gain(found: Suppliers) -> None:
    for row in found.bought:
        total = math.fsum(p.otif.mean for p in row.parts)
        assert total == pytest.approx(row.gain.mean)
        assert row.gain.mean == pytest.approx(row.after.mean - row.before.mean)
        assert [p.cause for p in row.parts] == ["capacity", *CAUSES]


def test_where_one_plant_is_too_few_a_second_buys_capacity(found: Suppliers) -> None:
    first = found.bought[0]
    assert part(first, "capacity") > 0.05
    assert first.gain.mean > 0.0
    assert first.cost.mean > 0.0


def test_what_a_cause_does_not_touch_is_nothing(found: Suppliers) -> None:
    for row in found.bought:
        assert part(row, "border") == 0.0
        assert part(row, "permission_lag") == 0.0


def test_a_supplier_that_is_never_permitted_buys_nothing_and_the_lag_says_so() -> None:
    late = plants(permitted_from=date(2024, 3, 30))
    (row,) = second_supplier(late, design="two", replications=4, seed=4).bought
    assert row.gain.mean == 0.0
    assert row.doses.mean == 0.0
    assert row.cost_per_dose is None
    assert part(row, "capacity") > 0.0
    without = math.fsum(part(row, c) for c in ("capacity", "separate_failures", "common_cause"))
    assert part(row, "permission_lag") == pytest.approx(-without)


def test_the_mean_over_all_orders_adds_up_too() -> None:
    (row,) = second_supplier(plants(), design="two", replications=2, shapley=True).bought
    assert math.fsum(p.otif.mean for p in row.parts) == pytest.approx(row.gain.mean)


def test_suppliers_may_come_in_another_order() -> None:
    (row,) = second_supplier(
        plants(), design="two", suppliers=("second", "plant"), replications=1
    ).bought
    assert (row.supplier, row.beside) == ("plant", ("second",))


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"design": "one"}, "has one supplier"),
        ({"design": "two", "suppliers": ("secand", "plant")}, "no supplier 'secand'"),
        ({"design": "two", "question": "x"}, "no question 'x'"),
    ],
)
def test_what_cannot_be_asked_is_said(given_: dict[str, object], message: str) -> None:
    with pytest.raises(LookupError, match=message):
        second_supplier(plants(), replications=2, **given_)  # type: ignore[arg-type]


def test_with_every_cause_acting_the_programme_is_as_it_stands() -> None:
    assert acting(plants(), CAUSES) == plants()


def test_with_no_cause_acting_nothing_fails_and_nothing_waits() -> None:
    still = acting(plants(permitted_from=date(2024, 3, 1)), ())
    assert all(m.failures == () and m.learning is None for m in still.manufacturers)
    assert all(s.outages is None for s in still.sources)
    assert all(p.from_on == still.from_on for p in still.permissions)
    assert still.borders == ()


def test_of_a_hazard_each_world_keeps_the_stops_that_act_in_it() -> None:
    a_week = Lasts(exactly_min=10_080)
    stops = Hazard(
        "stops", "Stops", "manufacturer", ("plant", "second"), 2.0, a_week, common_fraction=0.25
    )
    reactor = Hazard("reactor", "Reactor", "source", ("reactor",), 1.0, a_week)
    storm = Hazard("storm", "Storm", "carrier", ("air",), 1.0, a_week)
    programme = replace(plants(), hazards=(stops, reactor, storm))
    together = {h.id: h for h in acting(programme, ("common_cause",)).hazards}
    apart = {h.id: h for h in acting(programme, ("separate_failures",)).hazards}
    assert (together["stops"].own_per_year, together["stops"].common_per_year) == (0.0, 0.5)
    assert (apart["stops"].own_per_year, apart["stops"].common_per_year) == (1.5, 0.0)
    assert set(together) == {"stops", "reactor", "storm"}
    assert set(apart) == {"stops", "storm"}
    assert [h.id for h in acting(programme, ()).hazards] == ["storm"]
    assert acting(programme, CAUSES).hazards == programme.hazards


def test_a_stop_of_a_firm_of_several_plants_is_a_common_cause() -> None:
    firm = Hazard("firm", "Firm", "firm", ("sponsor",), 1.0, Lasts(exactly_min=10_080))
    alone = replace(plants(), hazards=(firm,))
    assert acting(alone, ("separate_failures",)).hazards == (firm,)
    one_firm = replace(
        alone, manufacturers=tuple(replace(m, firm="sponsor") for m in alone.manufacturers)
    )
    assert acting(one_firm, ("separate_failures",)).hazards == ()
    assert acting(one_firm, ("common_cause",)).hazards == (firm,)


def test_a_cause_misspelt_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown cause 'weather'"):
        acting(plants(), ("weather",))


def test_every_cause_is_explained() -> None:
    assert set(SAID) == set(MEANS) == {"capacity", *CAUSES}


@given(st.lists(st.floats(-1, 1), min_size=8, max_size=8))
def test_both_splits_share_out_the_whole_gain(values: list[float]) -> None:
    causes = ("a", "b", "c")
    worlds = worlds_of(causes, shapley=True)
    gains = {w: [v] for w, v in zip(worlds, values, strict=True)}
    whole = gains[frozenset(causes)][0] - gains[frozenset()][0]
    for split in (in_order, over_all_orders):
        assert math.fsum(v[0] for v in split(gains, causes).values()) == pytest.approx(
            whole, abs=1e-12
        )


@given(st.lists(st.floats(-1, 1), min_size=8, max_size=8), st.permutations(["a", "b", "c"]))
def test_over_all_orders_no_order_is_left(values: list[float], order: list[str]) -> None:
    worlds = worlds_of(("a", "b", "c"), shapley=True)
    gains = {w: [v] for w, v in zip(worlds, values, strict=True)}
    usual, other = over_all_orders(gains, ("a", "b", "c")), over_all_orders(gains, order)
    for cause in order:
        assert usual[cause] == pytest.approx(other[cause], abs=1e-12)
