"""Whether the libraries of the extra `tables` are there."""

from __future__ import annotations

from importlib.util import find_spec

NEEDS_TABLES = "needs the extra tables (pip install 'doseline[tables]')"


def has_tables() -> bool:
    """Whether Parquet files can be written and asked."""
    return all(_is_there(name) for name in ("pyarrow", "duckdb"))


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ValueError:  # taken out of sys.modules
        return False
