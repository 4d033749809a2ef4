"""Patients that kill, once, the process which draws them: a lost worker on demand."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from doseline.operations.orders import Patient
from tests.simulate.worlds import Weekly


@dataclass(frozen=True)
class Deadly:
    """Those of `Weekly`; the process that first draws one of the replications kills itself."""

    folder: str
    replications: tuple[int, ...]

    def __call__(self, replication: int) -> Sequence[Patient]:
        mark = Path(self.folder) / f"killed-{replication}"
        is_worker = multiprocessing.parent_process() is not None
        if replication in self.replications and is_worker and not mark.exists():
            mark.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return Weekly()(replication)
