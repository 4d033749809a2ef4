"""A file that gets its name when it is whole, and never takes the place of another."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from doseline.errors import StoreError

__all__ = ["new_file"]


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Where to write meanwhile; at the end of the block the file is on the disk under its name.

    Raises StoreError where the name is taken, before or after; what was written meanwhile is then
    thrown away, and so it is when the block ends with an error.
    """
    if path.exists():
        raise StoreError(f"{path}: there is a file already")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    try:
        yield partial
        _to_disk(partial)
        _named(partial, path)
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            partial.with_name(partial.name + suffix).unlink(missing_ok=True)
    if os.name == "posix":
        _to_disk(path.parent)


def _named(partial: Path, path: Path) -> None:
    """Give the file its name, unless someone took it meanwhile."""
    try:
        try:
            os.link(partial, path)  # unlike a renaming, it never replaces
        except FileExistsError:
            raise
        except OSError:  # a file system without links: take the name first, then the place
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            os.replace(partial, path)
    except FileExistsError:
        raise StoreError(f"{path}: there is a file already") from None


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
