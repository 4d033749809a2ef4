"""What the rule of a trial says: the textbook's figures, and the share of the futures beside it."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest

from doseline.programme.trial import Arm, Trial, Visit
from doseline.programme.trial_rules import DoseFinding, EventRule, ResponseRule
from doseline.studies.as_played import as_played
from doseline.studies.figures import Figure
from doseline.studies.trial_rules import ASSUMED, PLAYED, RuleSays, rule_says
from tests.demand.worlds import FLAT, ONE_DOSE, busy_trial, trial_of

DAY = 1440
SHARE = Figure(0.7, 0.6, 0.8)
LEVELS = tuple(Arm(name, FLAT, (Visit(1),)) for name in ("low", "high"))
BOIN = DoseFinding("boin", (0.1, 0.3), expansion=10)
SIMON = ResponseRule("optimal", 0.10, 0.30, 0.28)
EVENTS = EventRule(0.5, 0.5, 180 * DAY, follow_up_min=18 * 43_830, review_min=30 * DAY)


def finding(rule: DoseFinding = BOIN) -> Trial:
    return trial_of(busy_trial(arms=LEVELS, patients=30, dose_finding=rule))


def responses(rule: ResponseRule = SIMON) -> Trial:
    return trial_of(busy_trial(arms=(ONE_DOSE,), patients=40, response_rule=rule))


def events(rule: EventRule = EVENTS, patients: int = 120) -> Trial:
    return trial_of(busy_trial(20.0, arms=(ONE_DOSE,), patients=patients, event_rule=rule))


def says(trial: Trial, *played: Figure) -> RuleSays:
    found = rule_says(trial, 1, *played)
    assert found is not None
    return found


def names(found: RuleSays) -> list[str]:
    return [f.name for f in found.figures]


@pytest.mark.parametrize(
    "trial", [finding(), responses(), events()], ids=("boin", "simon", "events")
)
def test_success_as_played_stands_right_behind_the_textbooks_and_changes_nothing_else(
    trial: Trial,
) -> None:
    alone, beside = says(trial), says(trial, SHARE)
    listed = names(beside)
    assert listed.index(PLAYED) == listed.index(ASSUMED) + 1
    assert [f for f in beside.figures if f.name != PLAYED] == list(alone.figures)
    (played,) = (f for f in beside.figures if f.name == PLAYED)
    assert (played.kind, played.value) == ("share", SHARE)
    assert (alone.as_played, beside.as_played) == ("", as_played(trial))
    assert beside.method == alone.method


def test_success_as_played_stands_first_where_the_textbook_has_no_figure() -> None:
    few = says(events(patients=60), SHARE)  # fewer patients than events
    assert names(few) == [PLAYED]


def test_a_trial_without_a_rule_says_nothing() -> None:
    assert rule_says(trial_of(busy_trial()), 1, SHARE) is None


def test_dose_finding_succeeds_where_it_does_not_end_without_a_dose() -> None:
    found = {f.name: f.value for f in says(finding(DoseFinding("3+3", (0.3, 0.5)))).figures}
    none, success = found["ends without a dose"], found[ASSUMED]
    assert 0.1 < none.mean < 0.9
    assert success == Figure(1 - none.mean, 1 - none.high, 1 - none.low)


def test_figures_of_dose_finding_with_an_expansion_are_named_as_those_before_it() -> None:
    found = says(finding())
    counted = [f.name for f in found.figures if f.kind == "number"]
    assert len(counted) == 4
    assert all(name.endswith(", before expansion") for name in counted)
    assert "adds up to 10 at the dose found" in found.method
    plain = says(finding(replace(BOIN, expansion=0)))
    assert not any("expansion" in text for text in (*names(plain), plain.method))
    assert [f.value for f in plain.figures] == [f.value for f in found.figures]


def test_the_limit_of_the_follow_up_is_among_the_boundaries_of_a_trial_of_events() -> None:
    *looks, limit = says(events()).boundaries
    assert len(looks) == len(EVENTS.looks_fraction)
    assert limit.startswith("at the latest 18 months after the last patient came")
    assert limit.rpartition("z = ")[2] == looks[-1].rpartition("z = ")[2]


@pytest.mark.parametrize(
    ("trial", "said", "unsaid"),
    [
        (finding(), "no last day", "responses"),
        (responses(), "needs as many responses of fewer patients", "overrun"),
        (responses(replace(SIMON, pauses=False)), "(the overrun) are treated", "18 months"),
        (responses(replace(SIMON, kind="single")), "not full by then has not succeeded", "stage,"),
        (events(), "at the latest 18 months after the last patient", "are lost in both"),
        (events(), "(the overrun, 30 days)", "first stage"),
        (events(replace(EVENTS, lost_a_year_fraction=0.025)), "2.5 % of the patients a year",
         "Nobody is lost"),
        (replace(finding(), waits_min=60 * DAY), "who waits 60 days for a place", "first stage"),
    ],
)  # fmt: skip
def test_the_words_say_what_makes_the_futures_differ(trial: Trial, said: str, unsaid: str) -> None:
    text = as_played(trial)
    assert said in text
    assert unsaid not in text
    assert str(date(2026, 12, 31)) in text
    assert "not how they fared" not in text
    assert "not how they fared" in as_played(trial, recorded=True)


def test_the_textbooks_chance_of_simon_is_exact() -> None:
    found = {f.name: f.value for f in says(responses(), SHARE).figures}
    exact = sum(
        math.comb(10, a) * math.comb(19, b) * 0.28 ** (a + b) * 0.72 ** (29 - a - b)
        for a in range(2, 11)
        for b in range(20)
        if a + b > 5
    )
    assert found[ASSUMED].mean == pytest.approx(exact, abs=1e-12)
    assert found[ASSUMED].low == found[ASSUMED].high
