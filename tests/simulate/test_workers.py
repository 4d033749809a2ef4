"""Where work is done makes no difference, also where a worker is lost."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from doseline.programme import Programme
from doseline.simulate import LOST, SimulationResult, Until, simulate
from doseline.simulate.collecting import missing
from doseline.simulate.workers import TRIES, AnyTask, Here, Processes, Shared, answers
from doseline.studies.pool import run_all
from tests.simulate.worlds import FROM, UNTIL, Weekly, failing, tiny


def run(patients: Any, **how: Any) -> SimulationResult:
    return simulate(
        failing(tiny(), 0.2),
        patients,
        seed=3,
        replications=12,
        from_on=FROM,
        until_on=UNTIL,
        **how,
    )


class Careless:
    """An executor that loses the workers of some tasks, so many times each."""

    def __init__(self, losses: dict[int, int]) -> None:
        self.losses = dict(losses)
        self.tasks: list[AnyTask] = []
        self.submitted = 0

    def submit(self, task: AnyTask) -> None:
        self.tasks.insert(0, pickle.loads(pickle.dumps(task)))
        self.submitted += 1

    def completed(self) -> Iterator[tuple[AnyTask, Any]]:
        while self.tasks:
            task = self.tasks.pop(0)
            if self.losses.get(task.number, 0) > 0:
                self.losses[task.number] -= 1
                yield task, LOST
            else:
                yield task, task()


def test_a_lost_chunk_is_done_again_and_the_result_is_the_same() -> None:
    executor = Careless({0: 1, 4: 2})
    assert run(Weekly(), executor=executor) == run(Weekly())
    assert executor.submitted == 12 + 3


def test_a_chunk_that_is_always_lost_is_done_here() -> None:
    executor = Careless({2: 99})
    assert run(Weekly(), executor=executor) == run(Weekly())
    assert executor.submitted == 12 + TRIES - 1


def test_where_a_run_stops_hangs_on_its_batches_alone() -> None:
    until = Until(4, lambda result: sum(s.due for s in result.services) >= 50)
    executor = Careless({1: 1, 3: 99})
    stopped = run(Weekly(), until=until, executor=executor)
    assert stopped == run(Weekly(), until=until)
    assert len(stopped.replications) == 8
    assert run(Weekly(), until=Until(5, lambda _: False)) == run(Weekly())


def test_an_error_of_the_work_itself_is_raised_and_not_tried_again() -> None:
    executor = Careless({})
    with pytest.raises(ZeroDivisionError):
        list(answers(executor, divmod, 1, [0]))
    assert executor.submitted == 1


def test_an_error_on_a_process_is_raised_here() -> None:
    with Processes(1) as processes, pytest.raises(ZeroDivisionError):
        list(answers(processes, divmod, 1, [0]))


def test_what_tasks_share_is_unpacked_once_in_a_worker() -> None:
    sent = Shared([1, 2])
    first, again = (pickle.loads(pickle.dumps(sent)) for _ in range(2))
    assert first is again
    assert first.value == [1, 2]


def test_jobs_of_a_study_survive_lost_workers_too() -> None:
    world = tiny()
    found = run_all(world, [_name, _sites, _name], executor=Careless({1: 1, 2: 99}))
    assert found == [world.name, len(world.sites), world.name]


def _name(programme: Programme) -> str:
    return programme.name


def _sites(programme: Programme) -> int:
    return len(programme.sites)


@pytest.mark.parametrize("size", [1, 3, 50])
def test_the_chunks_hold_each_missing_replication_once(size: int) -> None:
    have = {1, 2, 7, 30, 31, 32}
    spans = list(missing(range(0, 40), size, have))
    assert [n for span in spans for n in span] == [n for n in range(40) if n not in have]
    assert max(len(span) for span in spans) <= size


def test_tasks_done_here_are_done_in_order() -> None:
    assert list(answers(Here(), pow, 2, [1, 2, 3])) == [(0, 2), (1, 4), (2, 8)]
