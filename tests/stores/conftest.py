"""The folders of these tests are those of the tests of the record."""

from tests.records.conftest import tmp_path

__all__ = ["tmp_path"]
