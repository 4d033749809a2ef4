"""Dose orders from a file: what they mean, and every fault with line, column and mend."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from typer.testing import CliRunner

from doseline.cli import app
from doseline.demand import orders, patients
from doseline.errors import Fault, InputError
from doseline.formats import read_programme, rows_text
from doseline.formats.orders_file import OrdersFile, read_orders
from doseline.operations.orders import DoseOrder
from doseline.programme import Programme

BROKEN = Path(__file__).parent.parent / "data" / "broken_orders"
EXPECTED: dict[str, list[list[Any]]] = YAML(typ="safe", pure=True).load(BROKEN / "expected.yaml")
VALID = (BROKEN / "valid.csv").read_bytes()
HEADING = "id,product,protocol,site,patient,wanted_on,activity_gbq"


@pytest.fixture(scope="module")
def programme() -> Programme:
    return read_programme(BROKEN / "programme.yaml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("orders")


def read(folder: Path, programme: Programme, *lines: str) -> OrdersFile:
    path = folder / "orders.csv"
    path.write_text("\n".join(lines))
    return read_orders(path, programme)


def faults_of(path: Path, programme: Programme) -> tuple[Fault, ...]:
    with pytest.raises(InputError) as refused:
        read_orders(path, programme)
    return refused.value.faults


def test_every_broken_file_says_what_is_expected_of_it() -> None:
    files = {path.name for path in BROKEN.glob("*.csv")} - {"valid.csv"}
    assert files == set(EXPECTED)
    assert len(files) >= 20


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_broken_file_names_line_column_and_mend_of_every_fault_and_nothing_else(
    programme: Programme, name: str
) -> None:
    faults = faults_of(BROKEN / name, programme)
    for line, column, mend in EXPECTED[name]:
        assert any(
            (f.file, f.line, f.field) == (str(BROKEN / name), line, column) and mend in f.message
            for f in faults
        ), f"{line, column, mend} is not among {[str(f) for f in faults]}"
    assert len(faults) == len(EXPECTED[name])
    assert not any("\n" in str(fault) for fault in faults)


def test_a_file_that_is_not_there_is_told_as_a_file_of_orders(programme: Programme) -> None:
    (fault,) = faults_of(BROKEN, programme)
    assert fault.message == "is a directory; expected a file of dose orders such as orders.csv"


# -- what the rows mean --------------------------------------------------------------------


def test_the_rows_of_the_sound_file_are_real_forecast_and_cancelled(programme: Programme) -> None:
    found = read_orders(BROKEN / "valid.csv", programme)
    assert [o.id for o in found.orders] == ["P-1/1", "P-2/1", "P-1/2", "K-1"]
    assert [o.id for o in found.forecast] == ["F-1-1", "F-1-2", "F-1-3", "F-2"]
    assert [o.id for o in found.cancelled] == ["P-3/1"]


def test_a_row_that_says_everything_is_the_order_it_says(programme: Programme) -> None:
    assert read_orders(BROKEN / "valid.csv", programme).orders[0] == DoseOrder(
        id="P-1/1",
        product="dose",
        protocol="trial",
        site="reykjavik",
        patient="P-1",
        course_number=1,
        placed_at=2 * 1440 + 17 * 60,  # 3 January, the site's usual hour 17:00 UTC
        wanted_on=date(2024, 1, 10),
        earliest_on=date(2024, 1, 9),
        latest_on=date(2024, 1, 17),
        activity_mbq=200.0,
        started=False,
        units=1,
    )


def test_what_a_row_leaves_out_follows_from_the_rest(programme: Programme) -> None:
    orders = {o.id: o for o in read_orders(BROKEN / "valid.csv", programme).orders}
    plain = orders["P-2/1"]
    assert (plain.course_number, plain.started, plain.units) == (1, False, 1)
    assert plain.earliest_on == plain.latest_on == plain.wanted_on == date(2024, 1, 12)
    assert plain.activity_mbq == pytest.approx(2.7 * 37)
    later = orders["P-1/2"]
    assert later.started
    # 14 days before 24 January, 17:00 UTC, counted from 1 January 00:00
    assert later.placed_at == 9 * 1440 + 17 * 60
    assert plain.placed_at == 0  # 14 days before 12 January lie before the programme's start
    kit = orders["K-1"]
    assert (kit.patient, kit.activity_mbq, kit.units) == ("supply", 0.0, 5)


def test_a_forecast_of_several_doses_is_so_many_orders_of_as_many_patients(
    programme: Programme,
) -> None:
    first, second, third, single = read_orders(BROKEN / "valid.csv", programme).forecast
    assert [o.patient for o in (first, second, third)] == ["F-1-1", "F-1-2", "F-1-3"]
    assert second == replace(first, id="F-1-2", patient="F-1-2")
    assert (single.id, single.patient, single.course_number, single.started) == (
        "F-2", "P-4", 2, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("column", "written"),
    [("activity", "28.5 mCi"), ("activity", "1.0545 GBq"), ("activity_gbq", "1.0545"),
     ("activity_mci", "28.5"), ("activity_gbq", "10545e-4")],
)  # fmt: skip
def test_an_activity_means_the_same_in_each_of_its_columns(
    folder: Path, programme: Programme, column: str, written: str
) -> None:
    (plant,) = programme.manufacturers
    wide = replace(plant, lines=(replace(plant.lines[0], bulk_max_mbq=5000.0),))
    (order,) = read(
        folder,
        replace(programme, manufacturers=(wide,)),
        HEADING.replace("activity_gbq", column),
        f"A,dose,trial,tokyo,A,2024-01-12,{written}",
    ).orders
    assert order.activity_mbq == 1054.5


def test_a_dose_may_be_as_large_as_the_largest_bulk_and_no_larger(
    folder: Path, programme: Programme
) -> None:
    row = "A,dose,trial,tokyo,A,2024-01-12,"
    assert read(folder, programme, HEADING, f"{row}1").orders[0].activity_mbq == 1000.0
    with pytest.raises(InputError, match="at most 1 GBq"):
        read(folder, programme, HEADING, f"{row}1.001")


def test_where_a_line_states_no_limit_no_dose_is_too_large(
    folder: Path, programme: Programme
) -> None:
    (plant,) = programme.manufacturers
    other = replace(plant.lines[0], id="other", bulk_max_mbq=None)
    open_ended = replace(programme, manufacturers=(replace(plant, lines=(*plant.lines, other)),))
    row = "A,dose,trial,tokyo,A,2024-01-12,7"
    assert read(folder, open_ended, HEADING, row).orders[0].activity_mbq == 7000.0


def test_cold_orders_need_no_column_for_activity_or_patient(
    folder: Path, programme: Programme
) -> None:
    lines = ["id,product,protocol,site,wanted_on"]
    lines += [f"K-{day},kit,supply,tokyo,2024-01-{day}" for day in (12, 19)]
    found = read(folder, programme, *lines)
    assert [o.patient for o in found.orders] == ["supply", "supply"]


def test_a_visit_may_have_a_product_of_its_own(folder: Path, programme: Programme) -> None:
    row = "A,kit,trial,tokyo,A,2024-01-12,"
    with pytest.raises(InputError, match='found "kit", expected dose'):
        read(folder, programme, HEADING, row)
    trial = programme.trial["trial"]
    first, *rest = trial.arms[0].visits
    arm = replace(trial.arms[0], visits=(replace(first, product="kit"), *rest))
    own = replace(programme, trials=(replace(trial, arms=(arm,)),))
    assert read(folder, own, HEADING, row).orders[0].product == "kit"


def test_a_cancelled_order_leaves_its_dose_to_another_and_may_stand_on_any_day(
    folder: Path, programme: Programme
) -> None:
    found = read(
        folder,
        programme,
        f"{HEADING},status",
        "A-1,dose,trial,tokyo,A,2024-01-11,0.1,cancelled",  # a Thursday
        "A-2,dose,trial,tokyo,A,2024-01-12,0.1,open",
    )
    assert ([o.id for o in found.cancelled], [o.id for o in found.orders]) == (["A-1"], ["A-2"])


def test_a_forecast_may_name_a_dose_that_is_ordered(folder: Path, programme: Programme) -> None:
    found = read(
        folder,
        programme,
        f"{HEADING},kind",
        "A-1,dose,trial,tokyo,A,2024-01-12,0.1,order",
        "A-2,dose,trial,tokyo,A,2024-01-19,0.1,forecast",
    )
    assert (len(found.orders), len(found.forecast)) == (1, 1)


def test_a_forecast_that_does_not_say_which_dose_is_the_first_of_its_product(
    folder: Path, programme: Programme
) -> None:
    found = read(
        folder,
        programme,
        f"{HEADING},kind,course_number",
        "F-1,dose,imaged,tokyo,,2024-01-12,0.1,forecast,",
        "F-2,kit,imaged,tokyo,,2024-01-12,,forecast,",
        "F-3,dose,trial,tokyo,,2024-01-12,0.1,forecast,",
        "A-1,kit,imaged,tokyo,A,2024-01-12,,order,",
    )
    numbers = {o.id: (o.course_number, o.started) for o in (*found.forecast, *found.orders)}
    assert numbers == {
        "F-1": (2, True),
        "F-2": (1, False),
        "F-3": (1, False),
        "A-1": (1, False),
    }


def test_a_dose_of_any_arm_may_be_ordered(folder: Path, programme: Programme) -> None:
    trial = programme.trial["trial"]
    (short,) = trial.arms
    long = replace(short, id="long", visits=(*short.visits, replace(short.visits[1], day=29)))
    both = replace(programme, trials=(replace(trial, arms=(short, long)), *programme.trials[1:]))
    row = "A/{0},dose,trial,tokyo,A,2024-01-12,0.1,{0}"
    (third,) = read(folder, both, f"{HEADING},course_number", row.format(3)).orders
    assert third.course_number == 3
    with pytest.raises(InputError, match='course_number: found "4", expected at most 3'):
        read(folder, both, f"{HEADING},course_number", row.format(4))


def test_real_orders_without_a_column_for_patients_are_told_once(
    folder: Path, programme: Programme
) -> None:
    lines = [f"{n},dose,trial,tokyo,2024-01-12,0.1" for n in "ABC"]
    with pytest.raises(InputError) as refused:
        read(folder, programme, HEADING.replace("patient,", ""), *lines)
    (fault,) = refused.value.faults
    assert (fault.line, fault.field) == (1, "patient")


# -- laws ----------------------------------------------------------------------------------


def test_what_the_command_demand_writes_is_read_back_as_the_orders_it_drew(
    tmp_path: Path, programme: Programme
) -> None:
    file = BROKEN / "programme.yaml"
    told = CliRunner().invoke(
        app, ["demand", str(file), "--samples", "1", "--seed", "4", "--out", str(tmp_path)]
    )
    assert told.exit_code == 0, told.output
    drawn = orders(programme, patients(programme, 4, 0))
    assert {o.protocol for o in drawn} == {"trial", "imaged", "supply"}
    found = read_orders(tmp_path / "orders.csv", programme)
    assert found == OrdersFile(drawn)


@given(mbq=st.floats(0.001, 1000.0))
@settings(max_examples=100)
def test_an_activity_written_in_gbq_is_read_back_to_the_last_digit_but_one(
    folder: Path, programme: Programme, mbq: float
) -> None:
    row = {"id": "A", "product": "dose", "protocol": "trial", "site": "tokyo", "patient": "A",
           "wanted_on": date(2024, 1, 12), "activity_gbq": mbq / 1000.0}  # fmt: skip
    (order,) = read(folder, programme, rows_text([row])).orders
    assert order.activity_mbq == pytest.approx(mbq, rel=3e-16, abs=0)


PIECES = [b",", b";", b"\n", b'"', b"trial", b"tokyo", b"supply", b"2024-01-12", b"1e9", b"-1",
          b"forecast", b"0", b"99999", b"GBq", b" ", b"\xff", b"#N/A", b"9999-99-99"]  # fmt: skip


@given(data=st.data())
@settings(max_examples=200)
def test_a_sound_file_with_a_few_places_overwritten_is_read_or_refused_plainly(
    folder: Path, programme: Programme, data: st.DataObject
) -> None:
    changed = bytearray(VALID)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed)))
        length = data.draw(st.integers(0, 12))
        piece = data.draw(st.sampled_from(PIECES) | st.text(max_size=3).map(str.encode))
        changed[at : at + length] = piece
    path = folder / "changed.csv"
    path.write_bytes(changed)
    found, faults = OrdersFile(()), None
    try:
        found = read_orders(path, programme)
    except InputError as error:
        faults = error.faults
    assert faults is None or faults
    assert not any("\n" in str(fault) for fault in faults or ())
    listed = [*found.orders, *found.forecast, *found.cancelled]
    assert len({o.id for o in listed}) == len(listed)
    assert all(o.earliest_on <= o.wanted_on <= o.latest_on for o in listed)


@given(text=st.text(max_size=60))
def test_no_text_raises_anything_but_an_input_error(
    folder: Path, programme: Programme, text: str
) -> None:
    path = folder / "text.csv"
    path.write_bytes(text.encode("utf-8", "replace"))
    with pytest.raises(InputError):
        read_orders(path, programme)
