"""The record of every batch, vial and becquerel, in a ledger that a stranger can check.

`Ledger` takes drafts and gives entries; a store keeps them (`doseline.stores`, or `MemoryStore`).
"""

from doseline.records.checkpoint import Checkpoint, Signer, Verifier
from doseline.records.entry import Draft, Entry
from doseline.records.founding import Founding
from doseline.records.ledger import Clock, Ledger
from doseline.records.memory import MemoryStore
from doseline.records.store import Seal, Store, Writing

__all__ = [
    "Checkpoint",
    "Clock",
    "Draft",
    "Entry",
    "Founding",
    "Ledger",
    "MemoryStore",
    "Seal",
    "Signer",
    "Store",
    "Verifier",
    "Writing",
]
