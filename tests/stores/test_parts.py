"""Replications are kept whole, of one run, and used again only as what they are."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from doseline.errors import InputError
from doseline.programme import Programme
from doseline.programme.programme import Input
from doseline.simulate.fingerprint import fingerprint
from doseline.stores.parts import Parts, about_of, is_as_written
from tests.simulate.lost_workers import Deadly
from tests.simulate.worlds import Weekly, tiny
from tests.stores.kept_runs import Counted, run


def parts(folder: Path) -> list[Path]:
    return sorted(folder.rglob("part-*.parquet"))


def rows(folder: Path) -> list[dict[str, Any]]:
    return [row for path in parts(folder) for row in pq.read_table(path).to_pylist()]


def test_what_was_kept_is_read_back_as_it_was(tmp_path: Path) -> None:
    first = run(Parts(tmp_path))
    kept = Counted(tmp_path)
    assert run(kept) == first == run(None)
    assert kept.worked_out == 0


def test_a_run_with_parts_missing_is_filled_up_to_the_same_parts(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    result = run(Parts(whole))
    shutil.copytree(whole, broken)
    for path in parts(broken)[2:9]:
        path.unlink()
    kept = Counted(broken)
    assert run(kept) == result
    assert kept.worked_out == 7
    assert [p.name for p in parts(broken)] == [p.name for p in parts(whole)]
    assert rows(broken) == rows(whole)


@pytest.mark.parametrize("harm", ["cut short", "empty", "no parquet"])
def test_a_damaged_part_is_worked_out_anew(tmp_path: Path, harm: str) -> None:
    result = run(Parts(tmp_path))
    path = parts(tmp_path)[4]
    before = path.read_bytes()
    match harm:
        case "cut short":
            path.write_bytes(before[: len(before) // 2])
        case "empty":
            path.write_bytes(b"")
        case _:
            path.write_text("not a table")
    kept = Counted(tmp_path)
    assert run(kept) == result
    assert kept.worked_out == 1
    assert path.read_bytes() == before


def test_a_part_with_one_bit_changed_anywhere_is_noticed(tmp_path: Path) -> None:
    result = run(Parts(tmp_path))
    path = parts(tmp_path)[4]
    before = path.read_bytes()
    for place in range(len(before)):
        path.write_bytes(before[:place] + bytes([before[place] ^ 1]) + before[place + 1 :])
        assert not is_as_written(path), place
        with pytest.raises(InputError, match="expected a whole part"):
            about_of(path)
    kept = Counted(tmp_path)
    assert run(kept) == result
    assert kept.worked_out == 1
    assert path.read_bytes() == before


def test_a_part_whose_rows_are_not_all_there_is_worked_out_anew(tmp_path: Path) -> None:
    result = run(Parts(tmp_path), replications=100)
    path = parts(tmp_path)[0]
    table = pq.read_table(path)
    assert len(table) > 1
    pq.write_table(table.slice(1), path)
    kept = Counted(tmp_path)
    assert run(kept, replications=100) == result
    assert kept.worked_out == len(table)


def test_parts_of_another_run_are_never_mixed_in(tmp_path: Path) -> None:
    run(Parts(tmp_path))
    kept = Counted(tmp_path)
    other = run(kept, seed=4)
    assert kept.worked_out == 12
    assert other == run(None, seed=4)


def test_a_part_of_another_run_in_the_folder_is_refused(tmp_path: Path) -> None:
    run(Parts(tmp_path / "a"))
    run(Parts(tmp_path / "b"), seed=4)
    (mine, theirs) = (parts(tmp_path / name)[0] for name in "ab")
    shutil.copy(theirs, mine)
    with pytest.raises(InputError, match=r"part-0+-0+-\w+\.parquet.*seed 4, expected seed 3"):
        run(Parts(tmp_path / "a"))


def test_more_replications_add_to_those_that_are_kept(tmp_path: Path) -> None:
    run(Parts(tmp_path), replications=5)
    kept = Counted(tmp_path)
    assert run(kept, replications=70) == run(None, replications=70)
    assert kept.worked_out == 65


def test_a_killed_worker_changes_neither_the_result_nor_the_parts(tmp_path: Path) -> None:
    """A worker kills itself by its own process number; nor does their number change anything."""
    deadly = Deadly(str(tmp_path), (5,))
    one = run(Parts(tmp_path / "one"), patients=deadly)
    assert not (tmp_path / "killed-5").exists()
    two = run(Parts(tmp_path / "two"), patients=deadly, workers=2)
    assert (tmp_path / "killed-5").exists()
    assert one == two
    names = [[p.name for p in parts(tmp_path / n)] for n in ("one", "two")]
    assert names[0] == names[1]
    assert rows(tmp_path / "one") == rows(tmp_path / "two")


def changed(programme: Programme) -> dict[str, Programme]:
    site = programme.sites[0]
    return {
        "seed of a site": replace(
            programme, sites=(replace(site, daily_capacity=9), *programme.sites[1:])
        ),
        "policy": replace(programme, policy=replace(programme.policy, spare_vials=1)),
        "horizon": replace(programme, until_on=programme.until_on.replace(day=30)),
    }


@pytest.mark.parametrize("name", list(changed(tiny())))
def test_another_programme_has_another_fingerprint(name: str) -> None:
    assert fingerprint(changed(tiny())[name]) != fingerprint(tiny())


def test_notes_and_the_place_of_the_file_do_not_change_the_fingerprint() -> None:
    world = tiny()
    noted = replace(world, inputs=(Input("sites[0]", "x", ("assumption",)),), file="elsewhere.yaml")
    assert fingerprint(noted) == fingerprint(world)


def test_what_has_no_canonical_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="function must be one of a module"):
        run(Parts(tmp_path), patients=lambda n: Weekly()(n))
