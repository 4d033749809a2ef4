"""Trial designs that set the number of patients, exactly, step by step and by simulation.

Shares of response and toxicity, medians and hazard ratios are inputs; none is predicted.
"""

from doseline.demand.designs.boin import Boin, BoinRow, boin_boundaries, boin_mtd, boin_table
from doseline.demand.designs.characteristics import (
    DoseFindingCharacteristics,
    LevelCharacteristics,
    TwoStageCharacteristics,
    dose_finding_characteristics,
    two_stage_characteristics,
)
from doseline.demand.designs.dose_finding import DoseFinding, Step, ThreePlusThree, next_dose
from doseline.demand.designs.estimate import Estimate
from doseline.demand.designs.event_trial import (
    EventTrial,
    EventTrialCharacteristics,
    LookCharacteristics,
    event_trial_characteristics,
)
from doseline.demand.designs.group_sequential import (
    boundaries,
    crossing,
    drift_of,
    events_at,
    schoenfeld_events,
    spent,
    whole_events,
)
from doseline.demand.designs.single_arm import (
    SingleArm,
    critical_responders,
    exact_interval,
    exact_power,
    single_arm,
)
from doseline.demand.designs.two_stage import (
    SimonDesign,
    TwoStage,
    chance_of_success,
    chance_to_stop_early,
    expected_patients,
    simon_minimax,
    simon_optimal,
)

__all__ = [
    "Boin",
    "BoinRow",
    "DoseFinding",
    "DoseFindingCharacteristics",
    "Estimate",
    "EventTrial",
    "EventTrialCharacteristics",
    "LevelCharacteristics",
    "LookCharacteristics",
    "SimonDesign",
    "SingleArm",
    "Step",
    "ThreePlusThree",
    "TwoStage",
    "TwoStageCharacteristics",
    "boin_boundaries",
    "boin_mtd",
    "boin_table",
    "boundaries",
    "chance_of_success",
    "chance_to_stop_early",
    "critical_responders",
    "crossing",
    "dose_finding_characteristics",
    "drift_of",
    "event_trial_characteristics",
    "events_at",
    "exact_interval",
    "exact_power",
    "expected_patients",
    "next_dose",
    "schoenfeld_events",
    "simon_minimax",
    "simon_optimal",
    "single_arm",
    "spent",
    "two_stage_characteristics",
    "whole_events",
]
