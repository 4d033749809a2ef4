"""What stands between a batch and its release, all of it at once, each with its rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from doseline.errors import LifeError, NotPermitted
from doseline.records.guards import release as ready
from doseline.records.state import Record
from doseline.records.things import Batch, Test

__all__ = ["blocks", "overdue"]


def blocks(record: Record, batch: Batch) -> tuple[str, ...]:
    """Every guard of release that refuses this batch now, in the order of the work.

    The guards of one person (who may sign) are left out: they hang on who asks.
    """
    if batch.state in ("planned", "issued", "in process"):
        return (f"Batch {batch.id} is {batch.state}: it is not filled yet.",)
    master = record.master(batch.master)
    tests = [test for test in master.tests if test.stage == "release"]
    guards: tuple[Callable[[], None], ...] = (
        lambda: ready.batch_is_not_on_hold(batch),
        *(partial(ready.step_is_checked, record, batch, step) for step in master.steps),
        lambda: ready.yield_is_known(batch),
        lambda: ready.labels_are_reconciled(batch),
        *(partial(ready.release_test_has_passed, record, batch, test) for test in tests),
        lambda: ready.no_test_has_failed(record, batch),
        lambda: ready.late_tests_have_started(record, batch),
        lambda: ready.deviations_do_not_block(record, batch),
        lambda: ready.record_is_reviewed(record, batch),
    )
    return tuple(_refusals(guards))


def _refusals(guards: tuple[Callable[[], None], ...]) -> Iterator[str]:
    for guard in guards:
        try:
            guard()
        except (NotPermitted, LifeError) as refused:
            yield str(refused)


def overdue(record: Record, now: str) -> tuple[Test, ...]:
    """Tests whose deadline has passed without an outcome."""
    ended = ("passed", "failed", "invalid")
    return tuple(t for t in record.tests.values() if t.due_at < now and t.state not in ended)
