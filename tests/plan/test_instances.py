"""The planning instances of the benchmark: as documented, the same each time, and feasible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.instances import results
from benchmarks.instances.generate import Instance, instance, main, write
from benchmarks.instances.sizes import FROM, SIZES, VARIANTS, size_of
from doseline.formats import read_orders, read_programme
from doseline.operations.check import breaches
from doseline.operations.schedule import Schedule
from doseline.plan import Limits, Plan, Status, plan
from doseline.plan.model.candidates import gather

OF_S = tuple(v for v in VARIANTS if v != "several_products")


@pytest.fixture(scope="module")
def small() -> Instance:
    return instance("S")


@pytest.fixture(scope="module")
def planned(small: Instance) -> Plan:
    return plan(small.programme, small.orders, from_on=small.from_on, until_on=small.until_on)


def test_the_same_seed_gives_the_same_instance(small: Instance) -> None:
    assert instance("S") == small
    assert instance("S", seed=2).orders != small.orders


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("S", (60, 1, 2, 2, 12, 8)),
        ("M", (500, 8, 2, 6, 60, 6)),
        ("L", (5_000, 1, 3, 12, 300, 8)),
    ],
)
def test_sizes_are_as_documented(name: str, counts: tuple[int, ...]) -> None:
    made = instance(name)
    p = made.programme
    lines = sum(len(m.lines) for m in p.manufacturers)
    weeks = ((made.until_on - FROM).days + 1) // 7
    found = (len(made.orders), len(p.products), len(p.manufacturers), lines, len(p.sites), weeks)
    assert found == counts
    per_product = Counter(o.product for o in made.orders)
    vials = made.size.vials
    assert made.size.fewest == sum(-(-n // vials) for n in per_product.values())


@pytest.mark.parametrize("name", SIZES)
def test_the_batches_needed_are_close_to_the_slots_and_below_them(name: str) -> None:
    size = SIZES[name]
    assert 0.7 < size.fewest / size.slots < 0.95


def test_the_page_of_the_instances_says_how_large_they_are(repository: Path) -> None:
    page = (repository / "benchmarks/instances/README.md").read_text(encoding="utf-8")
    for s in SIZES.values():
        cells: list[object] = [s.name, f"{s.orders:,}", s.products, s.plants, s.lines, s.sites]
        cells += [s.weeks, s.vials, s.batches, s.fewest, s.slots, f"{s.fewest / s.slots:.2f}"]
        assert f"| {' | '.join(str(c) for c in cells)} |" in page
    assert all(f"`{variant}`" in page for variant in VARIANTS)


@pytest.mark.parametrize(("name", "variant"), [("S", v) for v in OF_S] + [("M", "base")])
def test_nearly_every_order_can_be_reached(name: str, variant: str) -> None:
    made = instance(name, variant)
    sets = gather(made.programme, made.orders, made.from_on, made.until_on, None)
    assert sum(1 for rows in sets.of_order.values() if rows) >= 0.98 * len(made.orders)


def test_each_variant_differs_by_what_it_is_named_for() -> None:
    base, lines = instance("S"), instance("S", "different_lines").programme
    activity, border = instance("S", "activity_bound"), instance("S", "cross_border").programme
    assert len({line.vials_max for _, line in base.programme.line.values()}) == 1
    assert len({line.vials_max for _, line in lines.line.values()}) == 2
    assert all(line.bulk_max_mbq for _, line in activity.programme.line.values())
    assert len({o.activity_mbq for o in activity.orders}) > len(
        {o.activity_mbq for o in base.orders}
    )
    assert {p.testing_min for p in border.permissions} == {0, 1440}
    assert size_of("L", "several_products").products == 8


# -- files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", OF_S)
def test_a_file_written_and_read_back_is_the_same_instance(variant: str, tmp_path: Path) -> None:
    made = instance("S", variant)
    programme, orders = write("S", variant, 1, tmp_path)
    read = read_programme(programme)
    assert replace(read, file="", inputs=()) == made.programme
    assert read_orders(orders, read).orders == made.orders


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_files_in_the_repository_are_what_the_generator_writes(
    seed: int, repository: Path, tmp_path: Path
) -> None:
    for path in write("S", "base", seed, tmp_path):
        kept = repository / "benchmarks" / "instances" / "S" / path.name
        assert kept.read_text(encoding="utf-8") == path.read_text(encoding="utf-8")


def test_an_unknown_instance_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["S", "base", "1", str(tmp_path)]) == 0
    assert main(["XS", "base", "1", str(tmp_path)]) == 2
    assert main(["S", "several_products", "1", str(tmp_path)]) == 2
    assert main(["S", "base"]) == 2
    told = capsys.readouterr().out
    assert "no size 'XS'; known: S, M, L, XL" in told
    assert "its lines are too few" in told
    assert "usage" in told


# -- plans ---------------------------------------------------------------------------------


def test_the_plan_of_a_small_instance_passes_the_checker(planned: Plan) -> None:
    assert (planned.status, planned.breaches) == (Status.OPTIMAL, ())
    assert planned.met >= 58


def test_activity_binds_and_not_vials_where_the_variant_says_so() -> None:
    made = instance("S", "activity_bound")
    found = plan(
        made.programme,
        made.orders,
        from_on=made.from_on,
        until_on=made.until_on,
        limits=Limits(gap=0.02),
    )
    lines = made.programme.line
    assert all(b.vials < lines[b.line][1].vials_max for b in found.schedule.batches)
    shares = [b.bulk_mbq / (lines[b.line][1].bulk_max_mbq or 1e99) for b in found.schedule.batches]
    assert max(shares) > 0.95
    assert {b.source for b in found.schedule.batches} == {s.id for s in made.programme.sources}


def a_vial_more(schedule: Schedule) -> Schedule:
    first, *rest = schedule.batches
    return replace(schedule, batches=(replace(first, vials=first.vials + 1), *rest))


def a_lot_less(schedule: Schedule) -> Schedule:
    first, *rest = schedule.batches
    fewer = replace(
        first,
        isotope_lots=first.isotope_lots - 1,
        isotope_mbq=first.isotope_mbq - 2_000.0,
    )
    return replace(schedule, batches=(fewer, *rest))


def a_day_later(schedule: Schedule) -> Schedule:
    first, *rest = schedule.batches
    return replace(schedule, batches=(replace(first, charge_at=first.charge_at + 1440), *rest))


def a_dose_forgotten(schedule: Schedule) -> Schedule:
    return replace(schedule, allocations=schedule.allocations[1:])


@pytest.mark.parametrize("spoil", [a_vial_more, a_lot_less, a_day_later, a_dose_forgotten])
def test_a_spoiled_plan_does_not_pass(
    spoil: Callable[[Schedule], Schedule], small: Instance, planned: Plan
) -> None:
    spoiled = spoil(planned.schedule)
    assert breaches(small.programme, spoiled, small.orders)


def test_a_solver_that_does_not_stop_is_stopped(
    small: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    solvers = (results.by_planner, results.by_plain_highs_in_time)
    both = results.row(small, 20.0, solvers).split(" | ")
    assert both[2] == both[7] == "60, 43"
    assert both[3] == both[8] == "449,142"
    monkeypatch.setattr(results, "PATIENCE", 0.0)
    monkeypatch.setattr(results, "_STARTING", 0.0)
    assert results.by_plain_highs_in_time(small, 20.0) is None
    assert "| nothing | | | | 0, then stopped |" in results.row(small, 20.0, solvers)
