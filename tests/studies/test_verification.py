"""The folder of a plan is verified by a stranger, and refused where one figure was altered."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from doseline.cli import app
from doseline.errors import InputError
from doseline.studies.certified import CERTIFICATE, FILES, content_digest, digest_of
from doseline.studies.verification import verify_study

ROOT = Path(__file__).parents[2]
ONE_CELL = ROOT / "tests" / "data" / "one_cell_two_sites.yaml"
PERIOD = ("--from", "2024-01-22", "--weeks", "3")


def run(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["plan", *map(str, words)])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plan")
    assert run(ONE_CELL, *PERIOD, "--out", path)[0] == 0
    return path


def refused(path: Path, **more: Any) -> str:
    """What is said of a folder that must not verify."""
    asked = {"programme": None, "orders_file": None, **more}
    with pytest.raises(InputError) as found:
        verify_study(path, progress=lambda *_: None, **asked)
    return str(found.value)


# -- as it was written -------------------------------------------------------------------------


def test_a_plan_is_verified_from_its_folder_alone(folder: Path) -> None:
    code, text, _ = run("--verify", folder)
    assert code == 0
    assert "certified: no schedule of the model that meets as many costs less than" in text
    assert "not checked: the programme is the copy in the folder" in text


def test_a_plan_is_verified_against_a_programme_file(folder: Path) -> None:
    code, text, _ = run(ONE_CELL, "--verify", folder, "--json")
    said, planned = json.loads(text), json.loads((folder / "plan.json").read_text())
    assert (code, said["holds"], said["breaches"]) == (0, True, [])
    assert (said["objective"], said["met"]) == (planned["objective"], planned["met"])
    assert (said["bound"], said["gap"]) == (
        planned["certified"]["bound"],
        planned["certified"]["gap"],
    )
    assert said["solver"]["gap"] == planned["gap"]
    assert said["met"] > 0
    assert not any("copy in the folder" in t for t in said["not_checked"])


def test_the_same_plan_leaves_the_same_files_but_for_the_seconds(
    folder: Path, tmp_path: Path
) -> None:
    assert run(ONE_CELL, *PERIOD, "--out", tmp_path)[0] == 0
    for name in (*FILES, CERTIFICATE):
        first, second = ((p / name).read_text() for p in (folder, tmp_path))
        drop = re.compile(r'"seconds": [\d.]+')
        assert drop.sub("", first) == drop.sub("", second), name


def test_no_solver_is_needed(folder: Path) -> None:
    """The whole command, in an interpreter in which the solver cannot be had."""
    code = (
        "import sys; sys.modules['highspy'] = None; sys.argv = "
        f"['doseline', 'plan', {str(ONE_CELL)!r}, '--verify', {str(folder)!r}]; "
        "from doseline.cli import main; sys.exit(main())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert "verified without a solver" in ran.stdout


def test_orders_of_a_file_are_compared_where_the_file_is_named(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    rows = ["id,product,protocol,site,patient,wanted_on,activity_gbq"]
    rows += ["a,dose,trial,reykjavik,p-1,2024-01-24,0.2", "b,dose,trial,tokyo,p-2,2024-01-26,0.1"]
    orders.write_text("\n".join(rows) + "\n")
    out = tmp_path / "plan"
    assert run(ONE_CELL, *PERIOD, "--orders", orders, "--out", out)[0] == 0
    code, text, _ = run(ONE_CELL, "--verify", out)
    assert code == 0
    assert "not checked: the orders are the copy in the folder" in text
    code, text, _ = run(ONE_CELL, "--verify", out, "--orders", orders)
    assert code == 0
    assert "copy in the folder" not in text
    orders.write_text("\n".join(rows).replace("0.1", "0.11") + "\n")
    told = refused(out, programme=ONE_CELL, orders_file=orders)
    assert f"orders.json  b: the order differs from {orders}" in told


def test_another_programme_is_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    text = ONE_CELL.read_text()
    assert "vials_max: 2" in text
    other.write_text(text.replace("vials_max: 2", "vials_max: 3"))
    assert "not the programme of" in refused(folder, programme=other)


# -- altered -----------------------------------------------------------------------------------


def copied(folder: Path, path: Path) -> Path:
    shutil.rmtree(path, ignore_errors=True)
    return Path(shutil.copytree(folder, path))


@settings(max_examples=150)
@given(data=st.data())
def test_any_digit_altered_in_any_file_is_refused(
    data: st.DataObject, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = copied(folder, tmp_path_factory.getbasetemp() / "digit")
    name = data.draw(st.sampled_from((*FILES, CERTIFICATE)))
    text = (path / name).read_text()
    places = [m.start() for m in re.finditer(r"\d", text)]
    at = data.draw(st.sampled_from(places))
    digit = str((int(text[at]) + data.draw(st.integers(1, 9))) % 10)
    (path / name).write_text(text[:at] + digit + text[at + 1 :])
    assert str(path) in refused(path)


@pytest.mark.parametrize("name", [*FILES, CERTIFICATE])
def test_a_file_that_is_missing_is_refused(name: str, folder: Path, tmp_path: Path) -> None:
    path = copied(folder, tmp_path / "less")
    (path / name).unlink()
    assert f"{name}  cannot be read: No such file or directory" in refused(path)


def forged(path: Path, name: str, alter: Callable[[Any], object]) -> None:
    """Alters a file and makes every digest anew, as a forger would."""
    document = json.loads((path / name).read_text())
    alter(document)
    (path / name).write_text(json.dumps(document))
    held = json.loads((path / CERTIFICATE).read_text())
    held["files"] = {n: digest_of(path / n) for n in FILES}
    held["digest"] = content_digest(held)
    (path / CERTIFICATE).write_text(json.dumps(held))


def changed(*steps: str | int, to: Any) -> Callable[[Any], object]:
    """Sets the value that some steps lead to; a function is given the value that stands there."""

    def alter(document: Any) -> None:
        for step in steps[:-1]:
            document = document[step]
        old = document[steps[-1]]
        document[steps[-1]] = to(old) if callable(to) else to

    return alter


def more(value: Any) -> Any:
    return value + 1


CLAIMS = ("certificate", "claims")
FORGED: list[tuple[str, Callable[[Any], object], str]] = [
    (CERTIFICATE, changed(*CLAIMS, "cost_cents", to=more), "claims.cost_cents: found"),
    (CERTIFICATE, changed(*CLAIMS, "bound_cents", to=more), "claims.bound_cents: found"),
    (CERTIFICATE, changed(*CLAIMS, "gap", to=0.001), "claims.gap: found 0.001"),
    (CERTIFICATE, changed(*CLAIMS, "met", to=more), "claims.met: found"),
    (CERTIFICATE, changed(*CLAIMS, "met_at_most", to=more), "claims.met_at_most: found"),
    (CERTIFICATE, changed(*CLAIMS, "orders", to=more), "claims.orders: found"),
    (CERTIFICATE, changed(*CLAIMS, "ties_cents", to=more), "claims.ties_cents: found"),
    (CERTIFICATE, changed("certificate", "cost", "bound", to="99999999.5"), "cost.bound: found"),
    (CERTIFICATE, changed("certificate", "held", to=more), "cost.matrix: found"),
    (CERTIFICATE, changed("certificate", "aim", to="cost, doses priced"), "held: found 0"),
    (CERTIFICATE, changed("certificate", "promises_break", to=True), "promises_break: found"),
    (CERTIFICATE, changed("certificate", "until_on", to="2024-02-18"), "until_on: found"),
    (CERTIFICATE, changed("certificate", "solver", "gap", to=0.5), "solver.gap: found 0.5"),
    (CERTIFICATE, changed("asked", "weeks", to=more), "until_on: found"),
    (CERTIFICATE, changed("asked", "seed", to=more), "plan.json  seed: found 1"),
    (CERTIFICATE, changed("seconds", to=more), "plan.json  seconds: found"),
    (CERTIFICATE, changed("format", to=2), "format: found 2, expected 1"),
    ("plan.json", changed("objective", to=more), "plan.json  objective: found"),
    ("plan.json", changed("bound", to=more), "plan.json  bound: found"),
    ("plan.json", changed("gap", to=more), "plan.json  gap: found"),
    ("plan.json", changed("met", to=more), "plan.json  met: found"),
    ("plan.json", changed("shifted", to=more), "plan.json  shifted: found"),
    ("plan.json", changed("certified", "bound", to=more), "plan.json  certified: found bound"),
    ("plan.json", changed("batches", 0, "vials", to=more), "plan.json  batches: found vials"),
    ("plan.json", changed("doses", 0, "eos_gbq", to=more), "plan.json  doses: found eos_gbq"),
    ("schedule.json", changed("batches", 0, "vials", to=more), "breaches."),
    ("schedule.json", changed("batches", 0, "charge_at", to=more), "breaches."),
    ("schedule.json", changed("batches", 0, "bulk_mbq", to=more), "breaches."),
    ("schedule.json", changed("allocations", 0, "eos_mbq", to=more), "breaches."),
    ("schedule.json", changed("allocations", 0, "order", to="nobody"), "breaches."),
    (
        "schedule.json",
        changed("shipments", 0, "received_at", to=more),
        "plan.json  doses: found received_at",
    ),
    ("schedule.json", changed("shipments", 0, "packages", to=more), "claims.cost_cents: found"),
    ("schedule.json", changed("batches", 0, "charge_at", to=10**15), "certificate.json"),
    ("schedule.json", changed("batches", 0, "vials", to="2"), "batches[0].vials: found"),
    ("orders.json", changed(0, "activity_mbq", to=more), "matrix: found"),
    ("orders.json", changed(0, "site", to="nowhere"), "certificate.json"),
]


@pytest.mark.parametrize(("name", "alter", "told"), FORGED, ids=[f"{n}:{t}" for n, _, t in FORGED])
def test_a_figure_altered_by_a_forger_is_refused(
    name: str, alter: Callable[[Any], object], told: str, folder: Path, tmp_path: Path
) -> None:
    """All digests are made anew: what is refused is refused because it is not so."""
    path = copied(folder, tmp_path / "forged")
    forged(path, name, alter)
    assert told in refused(path)


def test_a_forger_who_alters_nothing_is_believed(folder: Path, tmp_path: Path) -> None:
    path = copied(folder, tmp_path / "same")
    forged(path, CERTIFICATE, lambda _: None)
    assert run("--verify", path)[0] == 0


@settings(max_examples=60)
@given(data=st.data())
def test_no_forged_number_of_the_proof_certifies_more(
    data: st.DataObject, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = copied(folder, tmp_path_factory.getbasetemp() / "proof")
    held = json.loads((path / CERTIFICATE).read_text())["certificate"]
    rows = held["cost"]["multipliers"]["rows"]
    at = data.draw(st.integers(0, len(rows) - 1))
    value = data.draw(st.floats(-1e9, 1e9))
    forged(
        path,
        CERTIFICATE,
        changed("certificate", "cost", "multipliers", "rows", at, 1, to=value),
    )
    code, text, _ = run("--verify", path, "--json")
    if code == 0:
        assert json.loads(text)["bound"] == held["claims"]["bound_cents"] / 100.0
    else:
        assert code == 2


def numbers_in(value: Any, steps: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where the numbers of a document stand."""
    if isinstance(value, dict):
        return [s for key in sorted(value) for s in numbers_in(value[key], (*steps, key))]
    if isinstance(value, list):
        return [s for n, one in enumerate(value) for s in numbers_in(one, (*steps, n))]
    return [steps] if isinstance(value, int | float) and not isinstance(value, bool) else []


@settings(max_examples=150)
@given(data=st.data())
def test_whatever_number_is_forged_the_answer_is_a_refusal_or_says_no_more(
    data: st.DataObject, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = copied(folder, tmp_path_factory.getbasetemp() / "number")
    names = (CERTIFICATE, "plan.json", "schedule.json", "orders.json")
    name = data.draw(st.sampled_from(names))
    document = json.loads((path / name).read_text())
    steps = data.draw(st.sampled_from(numbers_in(document)))
    wild = st.one_of(
        st.integers(-3, 3),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
    )
    forged(path, name, changed(*steps, to=data.draw(wild)))
    code, text, told = run("--verify", path, "--json")
    before = json.loads((folder / CERTIFICATE).read_text())["certificate"]["claims"]
    assert code in (0, 2), told
    if code == 0:
        said = json.loads(text)
        assert said["objective"] == before["cost_cents"] / 100.0
        assert said["bound"] <= said["objective"]
        assert (said["met"], said["met_at_most"]) == (before["met"], before["met_at_most"])


# -- how it is asked ---------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("--weeks", "3"), ("--seed", "1"), ("--audit",)])
def test_what_has_no_effect_beside_verify_is_refused(words: tuple[str, ...], folder: Path) -> None:
    code, _, told = run("--verify", folder, *words)
    assert code == 2
    assert "has no effect beside --verify" in told


def test_a_plan_needs_a_programme() -> None:
    code, _, told = run("--weeks", "3")
    assert code == 2
    assert "expected a programme file" in told


def test_what_is_no_folder_of_a_plan_is_refused(tmp_path: Path) -> None:
    assert "certificate.json  cannot be read: No such file" in refused(tmp_path)
    (tmp_path / CERTIFICATE).write_text("[1, 2")
    assert "found no JSON" in refused(tmp_path)
    (tmp_path / CERTIFICATE).write_text("[1, NaN]")
    assert "found NaN, expected a finite number" in refused(tmp_path)
    (tmp_path / CERTIFICATE).write_text("[1, 2]")
    assert "expected a certificate" in refused(tmp_path)
    (tmp_path / CERTIFICATE).write_text('{"format": 1}')
    assert "digest: missing" in refused(tmp_path)
