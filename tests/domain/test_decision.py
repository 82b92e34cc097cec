"""Decision tables: hit policies, no match, overlaps and gaps."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.decision import (
    Aggregation,
    Decision,
    DecisionFault,
    HitPolicy,
    InputClause,
    OutputClause,
    Rule,
)
from engine.domain.expression import compile_expression
from engine.domain.sfeel import compile_literal, compile_tests

Row = tuple[list[str], list[str]]


def table(
    inputs: list[str],
    rows: list[Row],
    *,
    policy: HitPolicy = HitPolicy.UNIQUE,
    aggregation: Aggregation | None = None,
    outputs: tuple[str, ...] = ("tier",),
    is_whole: bool = False,
    domain: str | None = None,
    default: object = None,
) -> Decision:
    return Decision(
        "customer_tier",
        "客户分层",
        policy,
        tuple(
            InputClause(
                f"i{at}",
                text,
                compile_expression(text),
                is_whole=is_whole,
                domain=compile_tests(domain) if domain else None,
            )
            for at, text in enumerate(inputs)
        ),
        tuple(OutputClause(f"o_{name}", name, name, default=default) for name in outputs),  # type: ignore[arg-type]
        tuple(
            Rule(number, f"r{number}", tuple(map(compile_tests, tests)), tuple(map(compile_literal, results)))
            for number, (tests, results) in enumerate(rows, 1)
        ),
        aggregation,
    )


def ask(decision: Decision, **facts: Any) -> Any:
    return decision.evaluate({"vehicle": facts, **facts}, {})


PRICES = table(
    ["price"], [(["< 100000"], ['"low"']), (["[100000..300000]"], ['"mid"']), (["> 300000"], ['"high"'])]
)


@pytest.mark.parametrize(
    ("price", "tier"), [(99_999.99, "low"), (100_000, "mid"), (Decimal(300_000), "mid"), (300_001, "high")]
)
def test_the_one_row_that_applies_gives_the_result(price: Any, tier: str) -> None:
    assert {"tier": tier} == ask(PRICES, price=price)


def test_no_row_means_no_result_and_never_an_old_one() -> None:
    decision = table(["use"], [(['"A"'], ['"low"', "1"])], outputs=("tier", "rank"))

    assert {"tier": "low", "rank": 1} == ask(decision, use="A")
    assert {"tier": None, "rank": None} == ask(decision, use="B")
    assert {"tier": None} == ask(PRICES, price=None)


def test_a_default_stands_in_when_no_row_applies() -> None:
    decision = table(["use"], [(['"A"'], ['"low"'])], default="normal")

    assert {"tier": "normal"} == ask(decision, use="B")


def test_two_rows_under_unique_are_a_fault_that_names_them() -> None:
    decision = table(["price"], [(["<= 5"], ['"low"']), (["-"], ['"any"']), (["> 9"], ['"high"'])])

    with pytest.raises(DecisionFault) as fault:
        ask(decision, price=5)

    assert "1, 2" in fault.value.say("zh")
    assert "客户分层" in fault.value.say("en")


def test_any_wants_agreement() -> None:
    agree = table(["price"], [(["<= 5"], ['"x"']), (["<= 9"], ['"x"'])], policy=HitPolicy.ANY)
    differ = table(["price"], [(["<= 5"], ['"x"']), (["<= 9"], ['"y"'])], policy=HitPolicy.ANY)

    assert {"tier": "x"} == ask(agree, price=1)
    assert {"tier": "y"} == ask(differ, price=7)
    with pytest.raises(DecisionFault, match="disagree"):
        ask(differ, price=1)


ROWS: list[Row] = [(["< 10"], ["1.5"]), (["< 5"], ["2"]), (["< 5"], [""]), (["< 3"], ["0.1"])]


@pytest.mark.parametrize(
    ("aggregation", "price", "expected"),
    [
        (None, 4, [{"tier": Decimal("1.5")}, {"tier": 2}, {"tier": None}]),
        (None, 99, []),
        (Aggregation.SUM, 1, {"tier": Decimal("3.6")}),
        (Aggregation.MIN, 1, {"tier": Decimal("0.1")}),
        (Aggregation.MAX, 1, {"tier": 2}),
        (Aggregation.COUNT, 1, {"tier": 4}),
        (Aggregation.COUNT, 99, {"tier": 0}),
        (Aggregation.SUM, 99, {"tier": None}),
    ],
)
def test_collect_gives_all_rows_or_their_sum(
    aggregation: Aggregation | None, price: int, expected: Any
) -> None:
    decision = table(["price"], ROWS, policy=HitPolicy.COLLECT, aggregation=aggregation)

    assert expected == ask(decision, price=price)


def test_a_sum_of_texts_is_a_fault() -> None:
    decision = table(["-1"], [(["-"], ['"a"'])], policy=HitPolicy.COLLECT, aggregation=Aggregation.SUM)

    with pytest.raises(DecisionFault):
        ask(decision)


def test_a_value_of_another_kind_names_table_row_and_input() -> None:
    with pytest.raises(DecisionFault) as fault:
        ask(PRICES, price="99999")

    assert "第 1 行“price”" in fault.value.say("zh")


def test_a_decision_keeps_its_evidence() -> None:
    decided = PRICES.decide({"price": 5}, {})

    assert ["r1"] == [rule.id for rule in decided.rules]
    assert {"price": 5} == decided.inputs


def test_rows_can_be_dated() -> None:
    decision = table(
        ["today", "use"],
        [
            (['< date("2026-07-01")', '"A"'], ['"old"']),
            (['>= date("2026-07-01")', '"A"'], ['"new"']),
            (["-", 'not("A")'], ['"other"']),
        ],
    )

    assert {"tier": "old"} == ask(decision, today=date(2026, 6, 30), use="A")
    assert {"tier": "new"} == ask(decision, today=date(2026, 7, 1), use="A")
    assert [] == decision.overlaps() == decision.gaps()


@pytest.mark.parametrize(
    ("rows", "pairs"),
    [
        ([(["<= 5"], ["1"]), ([">= 5"], ["2"])], [(1, 2)]),
        ([(["< 5"], ["1"]), ([">= 5"], ["2"])], []),
        ([(["[1..5)"], ["1"]), (["[5..9]"], ["2"]), (["(8..10)"], ["3"])], [(2, 3)]),
        ([(["-"], ["1"]), (["null"], ["2"])], [(1, 2)]),
        ([(["not(5)"], ["1"]), (["5"], ["2"]), (["6"], ["3"])], [(1, 3)]),
        ([(['"A","B"'], ["1"]), (['"B","C"'], ["2"])], [(1, 2)]),
        ([(['not("A")'], ["1"]), (['not("B")'], ["2"])], [(1, 2)]),
        ([(["true"], ["1"]), (["not(true)"], ["2"])], []),
        ([(["not(null)"], ["1"]), (["null"], ["2"])], []),
    ],
)
def test_overlaps_are_found_without_running(rows: list[Row], pairs: list[tuple[int, int]]) -> None:
    found = table(["x"], rows).overlaps()

    assert pairs == [(overlap.first.number, overlap.second.number) for overlap in found]


def test_whole_numbers_have_nothing_between_them() -> None:
    rows: list[Row] = [(["<= 5"], ["1"]), ([">= 6"], ["2"])]
    between: list[Row] = [(["(5..6)"], ["1"]), (["-"], ["2"])]

    assert ["x = 5.5"] == [str(gap) for gap in table(["x"], rows).gaps()]
    assert [] == table(["x"], rows, is_whole=True).gaps()
    assert [(1, 2)] == [(o.first.number, o.second.number) for o in table(["x"], between).overlaps()]
    assert [1] == [rule.number for rule in table(["x"], between, is_whole=True).unreachable()]


@pytest.mark.parametrize(
    ("rows", "domain", "gaps"),
    [
        ([(["< 5"], ["1"]), (["> 5"], ["2"])], None, ["x = 5"]),
        ([(["[1..5]"], ["1"]), (["> 5"], ["2"])], None, ["x = 0"]),
        ([(["[1..5]"], ["1"]), (["> 5"], ["2"])], ">= 1", []),
        ([(['"A"'], ["1"]), (['"B"'], ["2"])], None, ["x = 其他/other"]),
        ([(['"A"'], ["1"]), (['"B"'], ["2"])], '"A","B"', []),
        ([(['"A"'], ["1"])], '"A","B"', ['x = "B"']),
        ([(["true"], ["1"])], None, ["x = false"]),
        ([(["-"], ["1"])], None, []),
    ],
)
def test_gaps_are_found_without_running(rows: list[Row], domain: str | None, gaps: list[str]) -> None:
    assert gaps == [str(gap) for gap in table(["x"], rows, domain=domain).gaps()]


def test_a_gap_of_several_inputs_gives_an_example_for_each() -> None:
    decision = table(
        ["price", "use"], [(["< 5", '"A"'], ["1"]), ([">= 5", "-"], ["2"]), (["< 5", '"B"'], ["3"])]
    )

    assert ["price = 4, use = 其他/other"] == [str(gap) for gap in decision.gaps()]


def test_collect_has_neither_overlaps_nor_gaps() -> None:
    decision = table(["x"], [(["< 5"], ["1"]), (["< 9"], ["2"])], policy=HitPolicy.COLLECT)

    assert [] == decision.overlaps() == decision.gaps()


CELLS = st.sampled_from(
    ["-", "< 3", "<= 3", "> 3", ">= 3", "3", "[1..4]", "(1..4)", "not(3)", "not([2..5])", "1, 5"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_what_is_said_without_running_is_what_happens(cells: list[tuple[str, str]]) -> None:
    decision = table(["x", "y"], [(list(pair), [str(at)]) for at, pair in enumerate(cells)])
    points = [(Decimal(x) / 2, Decimal(y) / 2) for x in range(-2, 16) for y in range(-2, 16)]
    counts = [
        sum(all(t.test(v) for t, v in zip(rule.tests, point, strict=True)) for rule in decision.rules)
        for point in points
    ]

    assert any(count > 1 for count in counts) == bool(decision.overlaps())
    assert any(count == 0 for count in counts) == bool(decision.gaps())
