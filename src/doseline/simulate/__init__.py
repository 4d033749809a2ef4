"""The simulated future: the standing policy, or a fixed schedule, against chance."""

from doseline.simulate.hazards import dated_shocks, hazard_shocks
from doseline.simulate.kpis import KPIS, Figure, kpis, paired
from doseline.simulate.result import Period, Replication, Service, SimulationResult
from doseline.simulate.run import history, run_schedule, schedule_history, simulate

__all__ = [
    "KPIS",
    "Figure",
    "Period",
    "Replication",
    "Service",
    "SimulationResult",
    "dated_shocks",
    "hazard_shocks",
    "history",
    "kpis",
    "paired",
    "run_schedule",
    "schedule_history",
    "simulate",
]
