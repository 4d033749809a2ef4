"""Files in and out: programmes, orders, results. The only room that knows pydantic and YAML."""

from doseline.formats.enrolment_file import read_enrolment
from doseline.formats.new_programme import Answers, new_programme_text
from doseline.formats.orders_file import OrdersFile, read_orders
from doseline.formats.programme_file import check_counts, read_programme
from doseline.formats.results import (
    json_text,
    rows_text,
    write_json_atomically,
    write_rows,
    write_text_atomically,
)
from doseline.formats.schema import programme_schema, reference_markdown
from doseline.formats.writing import programme_to_text, write_programme

__all__ = [
    "Answers",
    "OrdersFile",
    "check_counts",
    "json_text",
    "new_programme_text",
    "programme_schema",
    "programme_to_text",
    "read_enrolment",
    "read_orders",
    "read_programme",
    "reference_markdown",
    "rows_text",
    "write_json_atomically",
    "write_programme",
    "write_rows",
    "write_text_atomically",
]
