"""`doseline record papers`, on the example in memory."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from doseline.cli import app, record_papers
from tests.records.life import plant

PARTICULARS = str(plant.EXAMPLE / "particulars.yaml")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> "Run":
    ledger = plant.after("fill").desk.ledger
    folder = SimpleNamespace(ledger=ledger, close=lambda: None)
    monkeypatch.setattr(record_papers, "opened", lambda store, now: folder)
    return Run(tmp_path / "papers")


class Run:
    def __init__(self, out: Path) -> None:
        self.out = out

    def __call__(self, *words: str, particulars: str = PARTICULARS) -> SimpleNamespace:
        batch = [] if "--batch" in words else ["--batch", "H-18-028"]
        named = ["--particulars", particulars, "--out", str(self.out)]
        got = CliRunner().invoke(app, ["record", "papers", "store", *batch, *named, *words])
        return SimpleNamespace(code=got.exit_code, out=got.stdout, err=got.stderr)


def test_papers_of_a_filled_batch_are_written_and_told(run: Run) -> None:
    got = run("--json")
    assert got.code == 0, got.err
    told = json.loads(got.out)
    assert (told["command"], told["batch"]) == ("record papers", "H-18-028")
    assert told["papers"] == sorted(str(path) for path in run.out.iterdir())
    assert (run.out / "vial-labels.pdf").read_bytes().startswith(b"%PDF")
    assert not (run.out / "release-certificate.pdf").exists()


def test_papers_never_join_papers_of_another_state(run: Run) -> None:
    run.out.mkdir()
    (run.out / "release-certificate.pdf").write_bytes(b"old")
    got = run()
    assert (got.code, got.out) == (2, "")
    assert "expected a new folder" in got.err
    assert [path.name for path in run.out.iterdir()] == ["release-certificate.pdf"]


def test_what_cannot_be_printed_ends_with_two_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    text = Path(PARTICULARS).read_text(encoding="utf-8")
    wrong = tmp_path / "particulars.yaml"
    for old, new, said in (
        ('gtin: "09501101530003"', 'gtin: "09501101530004"', "check digit should be 3"),
        ("name: Example Clinic", "name: 例クリニック", "could not be displayed"),
        ("emergency_phone", "phone", "phone: unknown key; expected products"),
    ):
        wrong.write_text(text.replace(old, new), encoding="utf-8")
        got = run(particulars=str(wrong))
        assert (got.code, got.out) == (2, "")
        assert said in got.err
        assert not run.out.exists()
    got = run("--batch", "H-18-029")
    assert got.code == 2
    assert "did you mean H-18-028" in got.err
