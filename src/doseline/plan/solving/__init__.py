"""From a model to a schedule: HiGHS by its one door, cuts, dives and searches nearby."""
