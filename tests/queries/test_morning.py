from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import api
from engine.api import Engine, MorningSheet, NotFound, Present
from tests.acceptance import answers
from tests.support.console import DAYS_LEFT, TODAY, complete, counted

pytestmark = pytest.mark.one_database


def sheet(engine: Engine, who: str, unit: str | None = None, **more: Any) -> MorningSheet:
    with engine.store.reading() as session:
        return api.morning_sheet(
            session,
            api.actor_of(engine, who),
            Present.of(engine.clock),
            unit=unit,
            deployed_of=engine.deployed,
            **more,
        )


def test_each_agent_has_a_part_with_what_is_late_due_today_and_coming(still_book: Engine) -> None:
    (part,) = sheet(still_book, "SU01").parts

    assert ("AG001", "高敬之", "agent") == (part.number, part.name, part.role)
    tasks = [task for row in part.rows for task in row.tasks]
    assert part.late == sum(1 for task in tasks if task.late_days) > 0
    assert part.late + part.today + part.ahead == len(tasks)
    assert all(task.due_date and task.due_date <= TODAY + timedelta(days=3) for task in tasks)


def test_what_is_latest_stands_first(still_book: Engine) -> None:
    (part,) = sheet(still_book, "SU01").parts

    late = [row.late_days for row in part.rows]
    assert sorted(late, reverse=True) == late


def test_what_lapses_within_a_week_is_on_the_sheet_and_marked(still_book: Engine) -> None:
    (part,) = sheet(still_book, "SU01").parts

    lapsing = {row.days_left for row in part.rows if row.is_lapsing}
    assert {days for n, days in DAYS_LEFT.items() if n < 20 and 0 <= days <= 7} == lapsing
    assert len(lapsing) == part.lapsing


def test_missing_contacts_are_counted_until_they_are_made(book: Engine) -> None:
    def missing() -> int:
        (part,) = sheet(book, "SU01").parts
        return next(row.missing_contacts for row in part.rows if row.days_left == 28)

    before = missing()
    complete(book, 7, "record_contact", answers.record_contact(TODAY, "12"))

    assert (2, 1) == (before, missing())


def test_who_wants_no_more_contact_misses_none(book: Engine) -> None:
    def part() -> Any:
        (found,) = sheet(book, "SU01").parts
        return found

    missing = part().missing
    complete(book, 7, "record_contact", answers.record_contact(TODAY, "62"))

    quiet = [row for row in part().rows if row.do_not_contact]
    assert {0} >= {row.missing_contacts for row in quiet}
    assert missing - 1 == part().missing


def test_what_asks_for_nothing_is_left_out(still_book: Engine) -> None:
    (part,) = sheet(still_book, "SU01").parts

    assert not {80, 61} & {row.days_left for row in part.rows}


@pytest.mark.parametrize(
    ("who", "units"),
    [
        pytest.param("SU01", ["ZC01-1"], id="a supervisor: the own team"),
        pytest.param("TR01", ["ZC01", "ZC01-1"], id="a trainer: the workplace and its teams"),
        pytest.param("SP01", ["ZC01", "ZC01-1"], id="a specialist: the workplaces served and their teams"),
    ],
)
def test_everybody_chooses_among_the_own_units(still_book: Engine, who: str, units: list[str]) -> None:
    assert units == [one.code for one in sheet(still_book, who).choices]


@pytest.mark.parametrize("unit", ["ZC02", "ZC02-1", "NOWHERE"])
def test_a_unit_of_others_is_not_found(still_book: Engine, unit: str) -> None:
    with pytest.raises(NotFound):
        sheet(still_book, "TR01", unit)


def test_nobody_without_renewals_has_a_sheet(still_book: Engine) -> None:
    found = sheet(still_book, "PO01")

    assert (None, ()) == (found.unit, found.parts)


def test_a_long_sheet_says_that_it_was_cut(still_book: Engine) -> None:
    found = sheet(still_book, "SU01", most=3)

    assert found.has_more
    assert 3 == sum(len(part.rows) for part in found.parts)


def test_rows_are_masked(still_book: Engine) -> None:
    text = str(sheet(still_book, "SU01").parts)

    assert "测试" not in text
    assert "川A0" not in text


def test_the_number_of_statements_does_not_grow_with_the_rows(still_book: Engine) -> None:
    sheet(still_book, "TR01")
    sent = []
    for most in (1, 300):
        with counted(still_book) as statements:
            sheet(still_book, "TR01", most=most)
        sent.append(len(statements))

    assert sent[0] == sent[1]


def test_the_sheet_opens_with_the_own_unit_then_the_last_one_seen(still_book: Engine) -> None:
    def opened(who: str, last_seen: str | None) -> str | None:
        unit = sheet(still_book, who, last_seen=last_seen).unit
        return unit.code if unit else None

    assert "ZC01" == opened("TR01", "ZC01-1"), "the own workplace"
    assert "ZC01-1" == opened("SP01", "ZC01-1"), "above workplaces: the last one seen"
    assert "ZC01" == opened("SP01", "ZC99") == opened("SP01", None)
