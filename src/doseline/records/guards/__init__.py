"""The guards: each a plain function named by what it ensures, asked by the commands.

They stand apart from the commands so that a test can take one away and see what it kept from
happening (tests/records/test_guards_taken_away.py).
"""

from doseline.records.guards import custody, people, release, things

__all__ = ["custody", "people", "release", "things"]
