"""The simulated future: the standing policy, or a fixed schedule, against chance."""

from doseline.simulate.collecting import Identity, Keeping, Until
from doseline.simulate.hazards import dated_shocks, hazard_shocks
from doseline.simulate.kpis import KPIS, Figure, kpis, paired, per_replication, variance_ratio
from doseline.simulate.result import Period, Replication, Service, SimulationResult
from doseline.simulate.run import histories, history, run_schedule, schedule_history, simulate
from doseline.simulate.workers import LOST, Executor, Task

__all__ = [
    "KPIS",
    "LOST",
    "Executor",
    "Figure",
    "Identity",
    "Keeping",
    "Period",
    "Replication",
    "Service",
    "SimulationResult",
    "Task",
    "Until",
    "dated_shocks",
    "hazard_shocks",
    "histories",
    "history",
    "kpis",
    "paired",
    "per_replication",
    "run_schedule",
    "schedule_history",
    "simulate",
    "variance_ratio",
]
