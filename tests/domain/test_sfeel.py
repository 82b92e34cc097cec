"""Cells of decision tables: what they match, what they refuse, and that an unset value never slips through."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.expression_values import Mismatch
from engine.domain.sfeel import CellError, compile_literal, compile_tests


@pytest.mark.parametrize(
    ("cell", "matching", "other"),
    [
        ("-", [1, "A", None, True, date(2026, 1, 1)], []),
        ("  -  ", [1, None], []),
        ("", [1, None], []),
        ("\u3000", [1, None], []),
        ('"A"', ["A"], ["B", "a", "", None]),
        ('"A","B"', ["A", "B"], ["C", "A,B", None]),
        (' "A" , "B" ', ["A", "B"], ["C"]),
        ('"say \\"hi\\""', ['say "hi"'], ["say hi"]),
        ('"续保"', ["续保"], ["脱保"]),
        ("5", [5, 5.0, Decimal("5.00")], [6, 4.99, None]),
        ("= 5", [5], [6]),
        ("-1.5", [-1.5, Decimal("-1.5")], [1.5]),
        ("- 1", [-1], [1]),
        ("0,1", [0, 1], [2, 0.5]),
        ("0.3", [Decimal("0.1") + Decimal("0.2"), 0.3], [0.30001]),
        ("< 5", [4, 4.999, -9], [5, 6, None]),
        ("<= 5", [5, 4], [5.01]),
        (">5", [6, 5.01], [5, None]),
        (">= 5", [5, 6], [4]),
        ("[1..5]", [1, 3, 5], [0.99, 5.01, None]),
        ("(1..5]", [1.01, 5], [1, 6]),
        ("[1..5)", [1, 4.99], [5]),
        ("]1..5[", [2, 4.99], [1, 5]),
        ("[-3..-1]", [-2], [0]),
        ("< 1, [3..4], 9", [0, 3, 4, 9], [1, 2, 5]),
        ("not(5)", [4, 6], [5, None]),
        ("not(< 3, > 5)", [3, 4, 5], [2, 6, None]),
        ('not("A","B")', ["C", ""], ["A", "B", None]),
        ("true", [True], [False, None]),
        ("not(true)", [False], [True, None]),
        ("true, false", [True, False], [None]),
        ("null", [None], [1, "A", False]),
        ("not(null)", [0, "", False], [None]),
        ('null, "A"', [None, "A"], ["B"]),
        ('not(null, "A")', ["B"], [None, "A"]),
        ('date("2026-02-28")', [date(2026, 2, 28)], [date(2026, 3, 1), None]),
        ('>= date("2026-01-01")', [date(2026, 1, 1)], [date(2025, 12, 31)]),
        ('[date("2026-01-01")..date("2026-12-31")]', [date(2026, 6, 1)], [date(2027, 1, 1)]),
    ],
)
def test_a_cell_matches(cell: str, matching: list[object], other: list[object]) -> None:
    tests = compile_tests(cell)

    assert [True] * len(matching) == [tests.test(value) for value in matching]
    assert [False] * len(other) == [tests.test(value) for value in other]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("5", "5"),
        ('"5"', 5),
        ("true", "true"),
        ("true", 1),
        ("1", True),
        ('date("2026-01-01")', "2026-01-01"),
        ('date("2026-01-01")', datetime(2026, 1, 1, tzinfo=UTC)),
        ("> 5", float("nan")),
        ('"A"', ["A"]),
    ],
)
def test_a_value_of_another_kind_is_a_fault_and_no_silent_miss(cell: str, value: object) -> None:
    with pytest.raises(Mismatch):
        compile_tests(cell).test(value)


@pytest.mark.parametrize(
    ("cell", "column", "hint"),
    [
        ("“A”", 1, "curly quote"),
        ("'A'", 1, "double quotes"),
        ("＞5", 1, "full-width"),
        ("≥ 5", 1, ">="),
        ('"A"，"B"', 4, "full-width comma"),
        ('"A"、"B"', 4, "enumeration comma"),
        ("（1..5]", 1, "full-width parenthesis"),
        ("A", 1, "not quoted"),
        ('"A" or "B"', 5, "not quoted"),
        ("True", 1, "small letters"),
        ('"A', 1, "not closed"),
        ("[1..5", 6, "incomplete"),
        ("[1.5]", 5, "[1..5]"),
        ("[5..1]", 1, "empty"),
        ("(1..1]", 1, "empty"),
        ("< ", 2, "incomplete"),
        ("< < 5", 3, "a value is wanted"),
        ('< "A"', 3, "order"),
        ("> true", 3, "order"),
        ('5, "A"', 4, "mixed"),
        ("5 6", 3, "commas"),
        ("5,", 3, "incomplete"),
        ("not 5", 5, "parentheses"),
        ("not(5", 5, "missing"),
        ("not(not(5))", 5, "out of place"),
        ("== 5", 1, "write the value itself"),
        ("!= 5", 1, "not("),
        ("? > 5", 1, "no ?"),
        ("-, 5", 1, "stands alone"),
        ("1,000", 3, "thousands"),
        ("007", 1, "starts with 0"),
        ("1e5", 1, "unknown character"),
        ("1234567890123456789", 1, "18 digits"),
        ('date("2026-02-30")', 1, "not a date"),
        ('date("26-1-1")', 1, "not a date"),
        ("vehicle.price", 1, "not quoted"),
        ("__import__('os')", 1, ""),
        ("today()", 1, "not quoted"),
        ("x > 5", 1, "not quoted"),
        ("9**9", 2, "unknown character"),
        ("1+1", 2, "unknown character"),
        ('"A"' + ',"A"' * 100, 1, "more than 100"),
        ('"' + "x" * 1000 + '"', 1000, "longer"),
    ],
)
def test_a_cell_outside_the_subset_is_refused_with_column_and_remedy(
    cell: str, column: int, hint: str
) -> None:
    with pytest.raises(CellError) as refused:
        compile_tests(cell, where="tier.dmn:row_1")

    assert "bad_cell" == refused.value.code
    assert hint in refused.value.say("en")
    assert column == refused.value.params["column"]
    assert "tier.dmn:row_1" in refused.value.say("zh")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('"A"', "A"),
        (" 5 ", 5),
        ("-2", -2),
        ("0.85", Decimal("0.85")),
        ("true", True),
        ("null", None),
        ("", None),
        ('date("2026-01-31")', date(2026, 1, 31)),
    ],
)
def test_a_result_cell_is_one_literal(cell: str, expected: object) -> None:
    found = compile_literal(cell)

    assert expected == found
    assert type(expected) is type(found)


@pytest.mark.parametrize(
    "cell", ["-", "A", '"A","B"', "> 5", "[1..5]", 'not("A")', "1+1", "open('x')", "“A”"]
)
def test_a_result_cell_holds_nothing_else(cell: str) -> None:
    with pytest.raises(CellError):
        compile_literal(cell)


PIECES = st.sampled_from(
    [
        *'- "A" "B" 1 5.5 true null not ( ) [ ] .. , < <= > = “ ? A 0 not('.split(),
        " ",
        "'",
        'date("2026-01-01")',
    ]
)
VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(max_size=5) | st.dates()
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=30), VALUES)
def test_no_cell_escapes_the_subset(cell: str, value: object) -> None:
    with suppress(CellError, Mismatch):
        assert isinstance(compile_tests(cell).test(value), bool)
    with suppress(CellError):
        compile_literal(cell)


NUMBERS = st.integers(-20, 20)


@given(NUMBERS, NUMBERS, NUMBERS, st.sampled_from("[(]"), st.sampled_from("])["))
def test_a_range_and_its_negation_part_all_numbers(
    low: int, high: int, value: int, start: str, end: str
) -> None:
    if low >= high:
        return
    cell = f"{start}{low}..{high}{end}"
    inside = (value > low or (value == low and start == "[")) and (
        value < high or (value == high and end == "]")
    )

    assert inside is compile_tests(cell).test(value)
    assert inside is not compile_tests(f"not({cell})").test(value)
