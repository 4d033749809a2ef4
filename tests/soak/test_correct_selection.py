"""How often `size` finds the best design, in a thousand repeated studies."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pytest

from doseline.studies.runs import Play
from doseline.studies.sizing.candidates import candidates, stand
from doseline.studies.sizing.search import Option, Response, Rules, Search
from doseline.studies.sizing.spans import play_span, responses, spans_of
from doseline.studies.variants import parent_design
from tests.studies.sizing.cells import cells
from tests.studies.sizing.stand_in import LADDER, TARGETS, search
from tests.studies.sizing.test_sequential import allowed

pytestmark = pytest.mark.soak

STUDIES = 1000


def test_the_best_design_of_a_known_ladder_is_found() -> None:
    """Rivals at the edge of the zone in service and in cost, seven designs, two periods."""
    right = 0
    for study in range(STUDIES):
        found = search(LADDER, study, TARGETS)
        right += found.least([0]) == "three" and found.least([0, 1]) == "four"
    print(f"\ncorrect in {right} of {STUDIES} studies of the stand-in")
    assert allowed(right, STUDIES, 0.95)


def test_the_best_design_of_a_tiny_world_is_found() -> None:
    """Every study plays futures of its own; two cells are enough, and one is not."""
    programme = cells()
    parent = parent_design(programme, None)
    found = candidates(programme, None, programme.questions)
    spans, order = spans_of(programme.questions), tuple(q.id for q in programme.questions)
    stood = {c.id: stand(programme, parent, c) for c in found}
    played = 0

    def observe(seed: int, asked: Mapping[str, range]) -> dict[str, list[Response]]:
        nonlocal played
        answers = {}
        for name, numbers in asked.items():
            run = Play(seed, len(numbers), 1, numbers.start, "kernel")
            answers[name] = responses([play_span(stood[name], s, run) for s in spans], spans, order)
            played += len(numbers)
        return answers

    right = 0
    for study in range(STUDIES):
        options = [Option(c.id, c.vials_a_week) for c in found]
        rules = Rules(zone=0.10, first=10, most=2000)
        target = programme.target.otif_fraction
        one = Search(options, (target,), partial(observe, study), rules)
        one.begin()
        right += one.least([0]) == "plant-2"
    print(f"\ncorrect in {right} of {STUDIES} studies of the tiny world, {played} futures")
    assert allowed(right, STUDIES, 0.95)
