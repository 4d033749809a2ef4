"""Why a trial as played succeeds more or less often than its textbook says, in words."""

from __future__ import annotations

from doseline.demand.enrolment import MONTH_DAYS, whole_days
from doseline.programme.trial import Trial
from doseline.programme.trial_rules import EventRule, ResponseRule


def as_played(trial: Trial, *, recorded: bool = False) -> str:
    """Why the success of a trial in the futures differs from the textbook's, in a few sentences.

    `recorded` says that a record of its patients so far is given.
    """
    lines = [
        "Success as played is the share of the futures shown here in which the rule succeeds: "
        "patients come at the sites\u2019 own rates, as written or as recorded, and the trial "
        f"closes to enrolment on {trial.until_on} or as much later as it begins, full or not"
    ]
    if trial.waits_min is not None:
        lines[0] += f", and who waits {_days(trial.waits_min)} for a place goes elsewhere"
    if trial.dose_finding is not None:
        lines.append(
            "One whose rule still asks for patients then has found no dose; the design knows no "
            "last day"
        )
    elif trial.response_rule is not None:
        lines.append(_responses_played(trial.response_rule))
    elif trial.event_rule is not None:
        lines.append(_events_played(trial, trial.event_rule))
    if recorded:
        lines.append(
            "The record says who came and not how they fared: their outcomes are drawn like those "
            "of all others, also where the trial could not have gone on with them"
        )
    lines.append("A stated chance of the stage comes on top of either")
    return ". ".join(lines)


def _responses_played(rule: ResponseRule) -> str:
    if rule.kind == "single":
        said = "A trial that is not full by then has not succeeded"
    else:
        said = (
            "A trial that is not full by then needs as many responses of fewer patients, and one "
            "that is still in its first stage has not succeeded"
        )
    said += "; the design is always filled. Who stops the course still counts, in both"
    if not rule.pauses and rule.kind != "single":
        said += (
            ". Patients who come while the first stage is observed (the overrun) are treated, and "
            "change nothing of its decision"
        )
    return said


def _events_played(trial: Trial, rule: EventRule) -> str:
    lost = f"{100.0 * rule.lost_a_year_fraction:.3g} % of the patients a year are lost in both"
    return (
        f"The design enrols all {trial.patients} patients evenly, puts them in a group in turn, "
        "and waits for every event of its last look; without them it has not succeeded. As played "
        "a patient\u2019s group is drawn, and the last look comes at the latest "
        f"{months_text(rule.follow_up_min)} after the last patient, with the events seen by then "
        "at the boundary of the last look; patients who come while a look is reviewed (the "
        f"overrun, {_days(rule.review_min)}) are treated, and change nothing of its decision. "
        f"{lost if rule.lost_a_year_fraction else 'Nobody leaves in either'}"
    )


def _days(minutes: int) -> str:
    return f"{whole_days(minutes)} days"


def months_text(minutes: int) -> str:
    """A duration in months, to three digits.

    >>> months_text(18 * 43_830)
    '18 months'
    """
    return f"{minutes / 1440.0 / MONTH_DAYS:.3g} months"
