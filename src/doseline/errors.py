"""The family of errors: every refusal of Doseline is a `DoselineError`.

    DoselineError
    ├── QuantityError    (ValueError)       an amount, unit or instant that cannot be
    ├── NuclideError     (LookupError)      a nuclide that the table does not hold
    ├── CalendarError    (ValueError)       a day, hour, zone or holiday rule that cannot be
    ├── ProgrammeError   (ValueError)       the programme is not sound; holds every fault at once
    │   └── InputError                      another input file, or the usage, is wrong
    ├── ScheduleError    (ValueError)       a schedule that contradicts itself
    ├── LifeError        (ValueError)       an event that a state refuses
    ├── LedgerError      (RuntimeError)     the ledger refuses an entry, or is not what was written
    │   ├── BodyError    (ValueError)       what an entry says has no exact bytes
    │   ├── ConflictError                   someone else wrote first, or the command id is taken
    │   └── StoreError                      the store failed; nothing is half-written
    ├── TransportError   (ValueError)       a package that may not be offered for transport
    ├── PaperError       (ValueError)       a paper or a label that cannot be printed truly
    ├── SolverError      (RuntimeError)     a solver failed (an infeasible plan is no error)
    └── NotPermitted     (PermissionError)  the signer may not do this

Outcomes are values; refusals are errors.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

__all__ = [
    "BodyError",
    "CalendarError",
    "ConflictError",
    "DoselineError",
    "Fault",
    "InputError",
    "LedgerError",
    "LifeError",
    "NotPermitted",
    "NuclideError",
    "PaperError",
    "ProgrammeError",
    "QuantityError",
    "ScheduleError",
    "SolverError",
    "StoreError",
    "TransportError",
    "did_you_mean",
    "near_miss",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in an input file, with its place and its mend.

    `file` and `line` say where (line 0 where a line has no meaning), `field` names the entry,
    `message` says what was found, what was expected, and the near miss if there is one.

    >>> print(Fault("programme.yaml", 58, "products[0].shelf_life", "missing; such as 120 h"))
    programme.yaml:58  products[0].shelf_life: missing; such as 120 h
    """

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line > 0 else self.file
        field = f"{self.field}: " if self.field else ""
        return f"{place}  {field}{self.message}"


class DoselineError(Exception):
    """Anything that Doseline refuses."""


class QuantityError(DoselineError, ValueError):
    """An amount, a unit or an instant that cannot be."""


class NuclideError(DoselineError, LookupError):
    """A nuclide that the table does not hold."""


class CalendarError(DoselineError, ValueError):
    """A day, an hour, a time zone or a holiday rule that cannot be."""


class ProgrammeError(DoselineError, ValueError):
    """The programme is not sound. `faults` holds everything wrong with it, in file order.

    >>> faults = [Fault("p.yaml", 3, "as_of", "missing"), Fault("p.yaml", 9, "seed", "missing")]
    >>> print(ProgrammeError(faults))
    p.yaml:3  as_of: missing
    p.yaml:9  seed: missing
    """

    faults: tuple[Fault, ...]

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class InputError(ProgrammeError):
    """Another input file, or the way the command was called, is wrong."""


class ScheduleError(DoselineError, ValueError):
    """A schedule that contradicts itself or the programme it was made for."""


class LifeError(DoselineError, ValueError):
    """An event that the state of an order, batch, vial or shipment refuses."""


class LedgerError(DoselineError, RuntimeError):
    """The ledger refuses an entry, or what is read is not what was written."""


class BodyError(LedgerError, ValueError):
    """What an entry says has no exact bytes: a fraction, a null, a text outside Unicode."""


class ConflictError(LedgerError):
    """A stream has moved on since it was read, or a command id stands for another command."""


class StoreError(LedgerError):
    """The store could not be read or written. Whatever was being written is not there."""


class TransportError(DoselineError, ValueError):
    """A package that may not be offered for transport as it is."""


class PaperError(DoselineError, ValueError):
    """A paper or a label that cannot be printed, or would not say what the record says."""


class SolverError(DoselineError, RuntimeError):
    """A solver failed. A plan that cannot be is an answer, not this."""


class NotPermitted(DoselineError, PermissionError):  # noqa: N818
    """The signer may not do this."""


def near_miss(found: str, known: Iterable[str]) -> str | None:
    """The known word most like the one found, or None if nothing is near.

    >>> near_miss("Tusday", ["Monday", "Tuesday", "Sunday"])
    'Tuesday'
    """
    by_lower = {word.lower(): word for word in known}
    matches = get_close_matches(found.strip().lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[matches[0]] if matches else None


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """The hint to hang on a message: " (did you mean Tuesday?)", or nothing.

    >>> did_you_mean("Tusday", ["Monday", "Tuesday"])
    ' (did you mean Tuesday?)'
    >>> did_you_mean("breakfast", ["Monday", "Tuesday"])
    ''
    """
    word = near_miss(found, known)
    return f" (did you mean {word}?)" if word is not None else ""
