"""Cohorts of a trial: one opens only once every patient of the one before has been observed.

The demand draws each patient's first day as it is with perfect supply. Where the supply is late,
so is every cohort behind it.
"""

from __future__ import annotations

from collections.abc import Iterable

from doseline.operations.orders import Patient

Cohort = tuple[str, int]


class Cohorts:
    """Who of each cohort still waits for a first dose, and the day of the last one given."""

    def __init__(self) -> None:
        self._waiting: dict[Cohort, set[str]] = {}
        self._last: dict[Cohort, int] = {}

    def gather(self, patients: Iterable[Patient]) -> None:
        """Note everybody whom somebody waits for."""
        listed = list(patients)
        awaited = {(p.protocol, p.cohort - 1) for p in listed if p.waits_days}
        for patient in listed:
            cohort = (patient.protocol, patient.cohort)
            if cohort in awaited:
                self._waiting.setdefault(cohort, set()).add(patient.id)

    def opens(self, patient: Patient) -> int | None:
        """The first day (ordinal) for a patient; None while the cohort before still waits."""
        before = (patient.protocol, patient.cohort - 1)
        if self._waiting.get(before):
            return None
        return self._last.get(before, 0) + patient.waits_days

    def dosed(self, patient: Patient, day: int) -> None:
        """A patient has had the first dose."""
        cohort = (patient.protocol, patient.cohort)
        self.gone(patient)
        self._last[cohort] = max(self._last.get(cohort, 0), day)

    def gone(self, patient: Patient) -> None:
        """A patient is no longer waited for."""
        self._waiting.get((patient.protocol, patient.cohort), set()).discard(patient.id)
