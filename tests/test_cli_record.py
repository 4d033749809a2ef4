"""`doseline record` at the command line: what it prints, what it refuses, what it keeps secret."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from doseline.cli import app

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "clr131" / "record"
CLOCK = ["--clock", "2018-06-25 08:00 America/Toronto"]


def run(*words: str, code: int = 0, typed: str | None = None) -> str:
    done = CliRunner().invoke(app, ["record", *words], input=typed)
    assert done.exit_code == code, done.output + str(done.exception)
    return done.output


FOUNDERS = (
    "--administrator", "adam=Adam Ash", "--quality", "quinn=Quinn Quist",
    "--facility", "hamilton", "--trained-until", "2030-06-30 00:00 America/Toronto",
    "--administrator-secret-file", str(EXAMPLE / "adam.secret"),
    "--quality-secret-file", str(EXAMPLE / "quinn.secret"),
)  # fmt: skip


def init(store: Path, *more: str, code: int = 0) -> str:
    return run("init", str(store), *FOUNDERS, *more, code=code)


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    init(tmp_path / "demo", "--demo", *CLOCK)
    return tmp_path / "demo"


def test_a_record_is_begun_once(demo: Path) -> None:
    assert "no folder could be made" in init(demo, "--demo", *CLOCK, code=2)


def test_a_real_record_takes_no_other_clock(tmp_path: Path) -> None:
    assert "only a demonstration" in init(tmp_path / "real", *CLOCK, code=2)
    init(tmp_path / "real")
    said = run("show", str(tmp_path / "real"), *CLOCK, code=2)
    assert "only a demonstration takes another clock" in said


def test_a_real_record_runs_no_script(tmp_path: Path) -> None:
    init(tmp_path / "real")
    secrets = str(EXAMPLE / "secrets.json")
    said = run(
        "run", str(tmp_path / "real"), str(EXAMPLE / "plant.txt"), "--secrets", secrets, code=2
    )
    assert "only a demonstration runs one" in said


def test_a_record_needs_two_people(tmp_path: Path) -> None:
    said = init(tmp_path / "one", "--quality", "adam=Adam Ash", "--demo", code=2)
    assert "begins with two people" in said


def test_an_unknown_profile_is_refused_with_the_near_miss(tmp_path: Path) -> None:
    said = init(tmp_path / "x", "--profile", "us-212", "--demo", *CLOCK, code=2)
    assert "did you mean us-211" in said
    assert not (tmp_path / "x").exists()


def test_what_was_done_is_printed_entry_by_entry(demo: Path) -> None:
    said = run(
        "facility", str(demo), "--facility", "P02", "--name", "Rochester", "--zone",
        "America/Chicago", "--country", "US", "--rules", "us-211", "--by", "adam", *CLOCK,
    )  # fmt: skip
    assert said.split() == ["12", "facility/P02", "FacilityRegistered"]


def test_every_missing_word_is_named_at_once(demo: Path) -> None:
    said = run("facility", str(demo), "--facility", "P02", "--by", "adam", *CLOCK, code=2)
    for option in ("--name", "--zone", "--country", "--rules"):
        assert f"{option}: missing" in said


def test_a_refusal_names_its_rule_and_ends_with_2(demo: Path) -> None:
    said = run("hold", str(demo), "--batch", "B", "--cause", "x", "--by", "adam", *CLOCK, code=2)
    assert "[21 CFR 11.10(g)]" in said


def test_a_secret_is_asked_for_and_never_an_option(demo: Path) -> None:
    words = ("sign", str(demo), "--record", "master/M", "--meaning", "approved", "--by", "quinn")
    said = run(*words, *CLOCK, code=2, typed="wrong\n")
    assert "secret of quinn" in said
    assert "wrong" not in said.replace("on record", "")
    assert "[21 CFR 11.300(d)]" in said
    assert "--secret " not in run("sign", "--help")


def test_the_same_command_id_counts_once(demo: Path) -> None:
    words = (
        "facility", str(demo), "--facility", "P02", "--name", "R", "--zone", "UTC", "--country",
        "US", "--rules", "us-211", "--by", "adam", *CLOCK, "--command-id", "one",
    )  # fmt: skip
    assert run(*words) == run(*words)


def test_what_is_shown_as_json_is_one_document(demo: Path) -> None:
    document = json.loads(run("show", str(demo), "--json", *CLOCK))
    assert document["demo"] is True
    assert document["entries"] == 12
    assert run("show", str(demo), *CLOCK).startswith("DEMONSTRATION")


def test_verifying_finds_nothing_wrong_and_a_backup_comes_back(demo: Path, tmp_path: Path) -> None:
    assert "sound: 12 entries" in run("verify", str(demo))
    run("checkpoint", str(demo), "--out", str(tmp_path / "mark.txt"))
    run("backup", str(demo), "--out", str(tmp_path / "copy.sqlite"))
    back = str(tmp_path / "back")
    run(
        "restore", back, "--backup", str(tmp_path / "copy.sqlite"), "--against",
        str(tmp_path / "mark.txt"),
    )  # fmt: skip
    assert "sound: 12 entries" in run("verify", back, "--against", str(tmp_path / "mark.txt"))


def test_somebody_without_a_role_exports_nothing(demo: Path, tmp_path: Path) -> None:
    store, out = str(demo), tmp_path / "x"
    run("withdraw-role", store, "--person", "quinn", "--role", "quality", "--by", "adam", *CLOCK)
    words = ("--batch", "B", "--out", str(out), "--by", "quinn")
    assert "theirs is none" in run("export", store, *words, *CLOCK, code=2)
    assert not out.exists()


def test_a_checkpoint_of_another_record_is_not_borne_out(demo: Path, tmp_path: Path) -> None:
    init(tmp_path / "other", "--demo", *CLOCK)
    run("checkpoint", str(tmp_path / "other"), "--out", str(tmp_path / "mark.txt"))
    said = run("verify", str(demo), "--against", str(tmp_path / "mark.txt"), code=1)
    assert "NOT SOUND" in said


def test_no_record_is_no_record(tmp_path: Path) -> None:
    assert "there is no batch record" in run("show", str(tmp_path), code=2)


def test_a_script_that_goes_another_way_says_where(demo: Path, tmp_path: Path) -> None:
    script = tmp_path / "odd.txt"
    script.write_text(
        "@ 2018-06-25 09:00 America/Toronto\nadam: hold --batch B --cause why\n", encoding="utf-8"
    )
    said = run("run", str(demo), str(script), "--secrets", str(EXAMPLE / "secrets.json"), code=2)
    assert said.startswith(f"{script}:2  hold: ")


def test_every_fault_of_a_script_is_named_at_once(demo: Path, tmp_path: Path) -> None:
    script = tmp_path / "odd.txt"
    script.write_text(
        "@ yesterday\nadam: hodl --batch B\nadam: hold --bach B\nnobody\n", encoding="utf-8"
    )
    said = run("run", str(demo), str(script), "--secrets", str(EXAMPLE / "secrets.json"), code=2)
    lines = said.splitlines()
    assert [line.split()[0].rpartition(":")[2] for line in lines] == ["1", "2", "3", "3", "3", "4"]
    assert "did you mean hold" in said
    assert "did you mean batch" in said
