"""A provincial month of 16,000 rows is read and judged in seconds (domain.md §6.2)."""

from __future__ import annotations

from datetime import date
from time import process_time

import pytest

from engine.domain.lists import read_list
from tests.support.lists import book, table, to_csv, to_xlsx


@pytest.mark.slow
@pytest.mark.parametrize("as_book", [False, True], ids=["csv", "xlsx"])
def test_month_of_sixteen_thousand_rows_costs_seconds(as_book):
    sheet = table("standard", book(8_000, date(2026, 11, 1), date(2027, 1, 31)))
    content = to_xlsx(sheet) if as_book else to_csv(sheet)

    began = process_time()
    read = read_list(content, "x", "standard")
    seconds = process_time() - began

    assert 16_000 == len(read.rows)
    assert seconds < 5
