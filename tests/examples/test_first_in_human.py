"""What the example from the first patient to the market says of itself."""

from __future__ import annotations

from pathlib import Path

from doseline.demand import Drawing, successes
from doseline.formats import read_programme

DAY = 1440


def test_a_cohort_is_observed_for_eight_weeks_after_its_therapy(repository: Path) -> None:
    """The observation counts from the first dose, and that is the imaging dose."""
    trial = read_programme(repository / "examples/first_in_human/programme.yaml").trial["phase_1"]
    finding = trial.dose_finding
    assert finding is not None
    for arm in trial.arms:
        imaging, therapy, cycle_2 = arm.visits
        assert (imaging.product, therapy.product) == ("imaging", None)
        assert therapy.early_days == 0
        assert finding.observed_min == (therapy.day - imaging.day + 56) * DAY
        # the toxicity of the first cycle is known when the second may begin
        assert finding.observed_min <= (cycle_2.day - imaging.day) * DAY


def test_about_one_future_in_nine_is_not_through_with_dose_finding_in_time(
    repository: Path,
) -> None:
    """As the guide to forecasting demand says."""
    programme = read_programme(repository / "examples/first_in_human/programme.yaml")
    found = successes(programme, programme.trial["phase_1"], 1, 1000, Drawing())
    assert abs((1 - found.mean()) - 1 / 9) < 0.02
