from __future__ import annotations

from datetime import date, timedelta

import pytest

from engine.api import (
    SYSTEM,
    Engine,
    HomePage,
    InboxTab,
    InboxWish,
    Present,
    actor_of,
    deliver_message,
    home_page,
    inbox_page,
)
from tests.acceptance.desk import vin
from tests.support.console import DAYS_LEFT, TODAY, counted


def home(engine: Engine, who: str) -> HomePage:
    with engine.store.reading() as session:
        return home_page(session, actor_of(engine, who), Present.of(engine.clock))


def test_the_figures_of_work_are_those_of_the_inbox(still_book: Engine) -> None:
    page = home(still_book, "AG001")

    with still_book.store.reading() as session:
        wish = InboxWish(
            tab=InboxTab.ALL, due_from=TODAY + timedelta(days=1), due_to=TODAY + timedelta(days=7)
        )
        week = inbox_page(session, actor_of(still_book, "AG001"), wish, Present.of(still_book.clock)).rows

    assert page.work is not None
    assert (3, 2, len(week), 0) == (page.work.today, page.work.late, page.work.week, page.work.claimable)
    assert [0, 1, 1] == [row.late_days for row in page.work.first], "the most at risk comes first"


@pytest.mark.parametrize(
    ("who", "works", "governs"),
    [("AG001", True, False), ("CC01", True, False), ("AU01", False, True), ("PO01", False, True)],
)
def test_working_roles_see_their_work_and_governing_roles_the_running(
    still_book: Engine, who: str, works: bool, governs: bool
) -> None:
    page = home(still_book, who)

    assert (works, governs) == (page.work is not None, page.running is not None)


def test_the_standing_counts_open_renewals_by_stage_and_state(still_book: Engine) -> None:
    standing = home(still_book, "CC01").standing

    assert len(DAYS_LEFT) == standing.open == sum(standing.stage_total(stage) for stage in standing.stages)
    assert standing.open == sum(standing.state_total(state) for state in standing.states)
    assert 1 == standing.cells["win_back", "lapsed"]


def test_the_month_counts_what_is_due_and_renewed_but_not_what_is_excluded(book: Engine) -> None:
    before = home(book, "AG001").standing.month

    deliver_message(book, "policy_renewed", vin(10), data={"policy_no": "9105052027"}, actor=SYSTEM)
    after = home(book, "AG001").standing.month
    deliver_message(book, "list_withdrawn", vin(9), actor=SYSTEM)
    withdrawn = home(book, "AG001").standing.month

    assert (date(2026, 11, 1), date(2026, 11, 30)) == (before.first, before.last)
    assert (3, 0, 0.0) == (before.due, before.renewed, before.rate)
    assert (3, 1) == (after.due, after.renewed)
    assert (2, 1) == (withdrawn.due, withdrawn.renewed)


def test_the_next_expiries_without_contact_leave_out_contacted_and_expired_cars(still_book: Engine) -> None:
    rows = home(still_book, "AG001").standing.untouched

    assert [0, 5, 28, 35, 44] == [row.days_left for row in rows]


def test_those_with_most_late_tasks_of_the_scope_stand_first(still_book: Engine) -> None:
    standing = home(still_book, "SU01").standing

    counts = [person.count for person in standing.late_people]

    assert sorted(counts, reverse=True) == counts
    assert ("谭雪莲", "specialist") == (standing.late_people[0].name, standing.late_people[0].role)
    assert sum(counts) == standing.late


def test_governors_see_imports_deployments_and_incidents(still_book: Engine) -> None:
    running = home(still_book, "AU01").running

    assert running is not None
    assert [("2026-11.csv", 14)] == [(batch.file_name, batch.read) for batch in running.batches]
    assert [(1, "顾向阳")] == [(line.version, line.deployed_by) for line in running.deployments]
    assert (0, 0, 0) == (running.open_incidents, running.overdue_timers, running.failed_messages)


def test_the_page_takes_few_statements(still_book: Engine) -> None:
    person, present = actor_of(still_book, "CC01"), Present.of(still_book.clock)

    with still_book.store.reading() as session, counted(still_book) as statements:
        home_page(session, person, present)

    assert len(statements) <= 10
