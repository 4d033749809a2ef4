"""Every column of a kept table has its entry in the reference."""

from __future__ import annotations

import re
from pathlib import Path

from doseline.stores.columns import SCHEMA
from doseline.stores.parts import Parts
from doseline.stores.query import kept
from doseline.studies.histories import BATCHES, DOSES
from tests.stores.kept_runs import run


def test_every_column_and_view_has_its_entry(repository: Path, tmp_path: Path) -> None:
    run(Parts(tmp_path))
    asked = kept(tmp_path)
    views = [
        row[0]
        for row in asked.sql("select view_name from duckdb_views() where not internal").fetchall()
    ]
    columns = {
        column
        for view in views
        for column in asked.sql(f"select * from {view} limit 0").columns
        if not column.endswith("_of")
    }
    told = set(re.findall(r"`([^`]+)`", (repository / "docs/reference/tables.md").read_text()))
    assert {*SCHEMA.names, *BATCHES, *DOSES, *views, *columns} - told == set()
