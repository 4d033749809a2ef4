"""Jobs in rounds on processes that stay: the same answers, whatever becomes of the processes."""

from __future__ import annotations

import multiprocessing
import os
import threading
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from doseline.programme import Programme
from doseline.studies.crew import Crew, processes
from tests.hand_world import world


def named(number: int, programme: Programme) -> str:
    return f"{number}: {programme.name}"


def killed_elsewhere(number: int, programme: Programme) -> str:
    """Kills any process but the first."""
    if multiprocessing.parent_process() is not None:
        os._exit(1)
    return named(number, programme)


EXPECTED = [f"{n}: one cell, two sites" for n in range(3)]


def test_answers_come_in_the_order_of_the_jobs_round_after_round() -> None:
    with Crew(world(), workers=2) as crew:
        for _ in range(2):
            assert crew.run([partial(named, n) for n in range(3)], "jobs") == EXPECTED


def test_a_killed_process_loses_nothing() -> None:
    with Crew(world(), workers=2) as crew:
        assert crew.run([partial(killed_elsewhere, n) for n in range(3)], "jobs") == EXPECTED
        assert crew.run([partial(named, n) for n in range(3)], "jobs") == EXPECTED


def test_progress_is_told_job_by_job() -> None:
    told: list[tuple[str, int, int]] = []
    with Crew(world(), 1, lambda what, done, total: told.append((what, done, total))) as crew:
        crew.run([partial(named, n) for n in range(2)], "jobs")
    assert told == [("jobs", 1, 2), ("jobs", 2, 2)]


def test_processes_started_beforehand_take_every_programme_that_comes() -> None:
    other = replace(world(), name="another")
    with processes(2, ["doseline.programme", "no.such.module"]) as pool:
        crew = Crew(world(), 2, pool=pool)
        assert crew.run([partial(named, n) for n in range(3)], "jobs") == EXPECTED
        assert Crew(other, 2, pool=pool).run([partial(named, n) for n in range(2)], "jobs") == [
            "0: another",
            "1: another",
        ]
        assert crew.run([partial(named, n) for n in range(3)], "jobs") == EXPECTED


def test_nothing_of_the_processes_is_left_when_they_end() -> None:
    threads = set(threading.enumerate())
    with processes(2, []) as pool, Crew(world(), 2, pool=pool) as crew:
        assert crew.run([partial(named, n) for n in range(3)], "jobs") == EXPECTED
    assert set(threading.enumerate()) <= threads
    with Crew(world(), 2) as crew:
        assert crew.run([partial(named, n) for n in range(3)], "jobs") == EXPECTED
    assert set(threading.enumerate()) <= threads


def test_one_worker_needs_no_process() -> None:
    with processes(1, []) as pool:
        assert pool is None


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("job", [named, killed_elsewhere])
def test_a_job_begun_beside_a_round_is_answered_when_it_is_asked(workers: int, job: Any) -> None:
    with Crew(world(), workers) as crew:
        answers = [crew.begin(partial(job, 0)), crew.begin(partial(job, 1))]
        assert crew.run([partial(named, n) for n in range(3)], "jobs") == EXPECTED
        assert [answer() for answer in answers] == EXPECTED[:2]
