"""The Python interface: its names and signatures change only on purpose, with a changelog line."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

SIGNATURES = {
    "doseline.formats.read_programme": "(path)",
    "doseline.formats.write_programme": "(path_in, path_out, changes)",
    "doseline.demand.patients": (
        "(programme, seed, replication, from_on, until_on, cases, protocols, drawing)"
    ),
    "doseline.demand.order_table": (
        "(programme, seed, replications, from_on, until_on, protocols, drawing)"
    ),
    "doseline.demand.demand_counts": (
        "(programme, seed, samples, from_on, until_on, protocols, drawing, stages, progress)"
    ),
    "doseline.formats.read_orders": "(path, programme)",
    "doseline.demand.orders": (
        "(programme, patients, from_on, until_on, protocols, with_cancelled, offered)"
    ),
    "doseline.plan.plan": (
        "(programme, orders, *, from_on, until_on, standing, pins, limits, price_unmet, certified, "
        "progress)"
    ),
    "doseline.plan.verify": "(programme, orders, schedule, certificate, *, standing, pins)",
    "doseline.plan.audit": (
        "(programme, orders, planned, *, from_on, until_on, standing, kinds, limits)"
    ),
    "doseline.plan.replan": (
        "(programme, orders, before, happened, *, now_at, from_on, until_on, limits, "
        "price_moved_cents, alternatives, progress)"
    ),
    "doseline.plan.why": (
        "(programme, orders, planned, names, *, from_on, until_on, standing, most)"
    ),
    "doseline.plan.worth": (
        "(programme, orders, planned, *, from_on, until_on, standing, limits, slots)"
    ),
    "doseline.plan.headroom": "(programme, mix, *, from_on, until_on, keep_weekdays)",
    "doseline.simulate.simulate": (
        "(programme, patients, *, seed, replications, from_on, until_on, scenario, chance, "
        "workers, first_replication, periods, progress, executor, kept, until, engine, within)"
    ),
    "doseline.simulate.run_schedule": (
        "(programme, schedule, orders, *, seed, replications, from_on, until_on, scenario, "
        "chance, workers, first_replication, periods, progress, executor, kept, until)"
    ),
    "doseline.operations.check.breaches": "(programme, schedule, orders, *, standing)",
    "doseline.studies.assess": (
        "(programme, *, design, seed, replications, workers, quick, ranges_of, precision, progress)"
    ),
    "doseline.studies.size": (
        "(programme, *, design, questions, rules, by_cost, seed, workers, progress)"
    ),
    "doseline.studies.sensitivity": (
        "(programme, *, design, questions, seed, replications, workers, progress)"
    ),
    "doseline.studies.second_supplier": (
        "(programme, *, design, question, suppliers, shapley, seed, replications, workers, "
        "progress)"
    ),
    "doseline.studies.compare": (
        "(programme, designs, *, seed, replications, workers, from_on, until_on, scenario, "
        "progress, executor, kept)"
    ),
    "doseline.stores.query.kept": "(folders)",
    "doseline.stores.query.ask": "(sql, folders)",
    "doseline.stores.query.per_period": "(folders)",
    "doseline.stores.query.paired_differences": "(a, b, folders, *, period)",
    "doseline.report.write_report": "(assessment, programme, path, doing)",
}


def shape(function: object) -> str:
    """The names of the parameters, with a star before those that go by keyword only."""
    parts: list[str] = []
    starred = False
    for parameter in inspect.signature(function).parameters.values():  # type: ignore[arg-type]
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        parts.append(parameter.name)
    return f"({', '.join(parts)})"


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_public_function_keeps_its_name_and_signature(name: str) -> None:
    room, _, function = name.rpartition(".")
    assert shape(getattr(import_module(room), function)) == SIGNATURES[name]


def test_the_package_hands_on_the_ground_and_the_first_floor_only() -> None:
    import doseline

    assert sorted(doseline.__all__) == [
        "Activity",
        "Calibrated",
        "DoseOrder",
        "Money",
        "Programme",
        "Schedule",
        "__version__",
        "breaches",
        "nuclide",
    ]
    for name in doseline.__all__:
        assert getattr(doseline, name) is not None
