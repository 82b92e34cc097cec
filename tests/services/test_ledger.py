"""The weekly frozen copies: when they are made, that they are made once, and that nothing changes them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from engine import api, jobs
from engine.api import Engine, LedgerWish, NotFound, Present
from engine.domain.tampering import Tampering
from engine.domain.workdays import DayKind
from engine.queries.ledger import LedgerPage
from engine.queries.ledger_copies import CopyPage
from engine.queries.verification import verify
from engine.services.ledger import AlreadyConfirmed
from engine.store.queue import QUEUE
from engine.tables import HistoryEvent, LedgerCopy
from tests.acceptance import answers
from tests.support.console import TODAY, at, complete

MONDAY = date(2026, 11, 30)
WEEK = "2026-W49"


def copies(engine: Engine, week: str | None = None) -> list[LedgerCopy]:
    with engine.store.reading() as session:
        query = select(LedgerCopy).order_by(LedgerCopy.week, LedgerCopy.workplace_code)
        return [copy for copy in session.scalars(query) if week in (None, copy.week)]


def events(engine: Engine, action: str) -> list[HistoryEvent]:
    with engine.store.reading() as session:
        query = select(HistoryEvent).where(HistoryEvent.action == action)
        return list(session.scalars(query.order_by(HistoryEvent.seq)))


def opened(engine: Engine, copy_id: int, who: str = "CC01", **more: Any) -> CopyPage:
    with engine.store.reading() as session:
        return api.copy_page(session, api.actor_of(engine, who), copy_id, Present.of(engine.clock), **more)


def live(engine: Engine, who: str = "CC01", **wish: Any) -> LedgerPage:
    with engine.store.reading() as session:
        return api.ledger_page(
            session,
            api.actor_of(engine, who),
            LedgerWish(**wish),
            Present.of(engine.clock),
            deployed_of=engine.deployed,
        )


def go_to(engine: Engine, day: date, hour: int) -> api.TickReport:
    return api.advance_clock(engine, to=at(engine, day, hour), actor=api.SYSTEM)


@pytest.fixture
def monday(book: Engine) -> Engine:
    """The book on Monday 2026-11-30 at seven, an hour after the copies were due."""
    go_to(book, MONDAY, 7)
    return book


def test_every_workplace_gets_one_copy_a_week_at_six_on_monday(book: Engine) -> None:
    go_to(book, MONDAY - timedelta(days=1), 23)
    assert [] == copies(book, WEEK)

    report = go_to(book, MONDAY, 7)

    made = copies(book, WEEK)
    assert ["ZC01", "ZC02"] == [copy.workplace_code for copy in made]
    assert {at(book, MONDAY, 6)} == {copy.frozen_at for copy in made} == {copy.due_at for copy in made}
    assert 2 == report.ledgers_frozen


def test_a_second_turn_in_the_week_makes_no_other(monday: Engine) -> None:
    before = len(copies(monday))

    for day in range(5):
        go_to(monday, MONDAY + timedelta(days=day), 20)
        assert 0 == api.freeze_ledgers(monday, now=monday.clock.now())

    assert before == len(copies(monday))
    assert 1 == len([event for event in events(monday, "ledgers_frozen") if event.subject == WEEK])


def test_what_was_missed_while_nothing_ran_is_caught_up_within_the_week(book: Engine) -> None:
    api.set_clock(book, at(book, MONDAY + timedelta(days=2), 15), actor=api.SYSTEM)

    api.tick(book)

    late = copies(book, WEEK)
    assert {(at(book, MONDAY, 6), at(book, MONDAY + timedelta(days=2), 15))} == {
        (copy.due_at, copy.frozen_at) for copy in late
    }
    assert all(line.is_late for line in live(book).copies if line.week == WEEK)


def test_a_copy_that_is_there_is_not_made_again_when_another_was_lost(book: Engine) -> None:
    api.set_clock(book, at(book, MONDAY, 7), actor=api.SYSTEM)
    other = api.build_engine(book.settings)

    made = [api.freeze_ledgers(engine, now=book.clock.now()) for engine in (other, book)]

    other.store.engine.dispose()
    assert [2, 0] == made
    assert 2 == len(copies(book, WEEK))


def test_a_holiday_monday_moves_the_copies_to_the_first_workday(book: Engine) -> None:
    api.set_holiday(
        book,
        MONDAY,
        kind=DayKind.HOLIDAY,
        name="调休",
        source="通知",
        actor=api.Actor(name="AD01", roles=frozenset({api.Role.ADMIN})),
    )

    go_to(book, MONDAY, 23)
    assert [] == copies(book, WEEK)
    go_to(book, MONDAY + timedelta(days=1), 7)

    assert {at(book, MONDAY + timedelta(days=1), 6)} == {copy.frozen_at for copy in copies(book, WEEK)}


def test_without_a_renewal_nothing_is_due(book: Engine) -> None:
    assert not api.ledgers_are_due(book, book.clock.now())
    assert api.ledgers_are_due(book, at(book, MONDAY, 6))
    assert not api.ledgers_are_due(book, at(book, MONDAY, 5))


def test_a_copy_says_what_the_page_said_and_later_changes_do_not_change_it(monday: Engine) -> None:
    wanted = live(monday, workplace="ZC01", limit=100)
    copy = copies(monday, WEEK)[0]
    frozen = opened(monday, copy.id, limit=100)
    assert wanted.rows == frozen.rows
    assert wanted.head == frozen.head

    complete(monday, 7, "record_contact", answers.record_contact(MONDAY, "12"))
    go_to(monday, MONDAY + timedelta(days=3), 12)

    assert wanted.rows != live(monday, workplace="ZC01", limit=100).rows
    assert frozen.rows == opened(monday, copy.id, limit=100).rows
    assert opened(monday, copy.id).is_sound


def test_the_history_holds_the_hash_of_what_a_copy_says(monday: Engine) -> None:
    copy = copies(monday, WEEK)[0]

    (event,) = [e for e in events(monday, "ledger_frozen") if e.subject == f"ZC01:{WEEK}"]

    assert (copy.row_count, opened(monday, copy.id).digest) == (
        event.payload["rows"],
        event.payload["digest"],
    )


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("DELETE FROM ledger_copy", id="removing"),
        pytest.param("UPDATE ledger_copy SET row_count = 0", id="changing a figure"),
        pytest.param("UPDATE ledger_copy SET week = '2020-W01'", id="moving it to another week"),
    ],
)
def test_the_database_refuses_to_change_a_copy(monday: Engine, statement: str) -> None:
    with pytest.raises(DatabaseError, match="冻结副本不可更改"), monday.store.engine.begin() as connection:
        connection.execute(text(statement))

    assert 2 == len(copies(monday, WEEK))


def test_a_copy_that_was_forged_past_the_guard_is_told_apart(monday: Engine) -> None:
    copy = copies(monday, WEEK)[0]
    with monday.store.transaction() as tx:
        row = tx.get_one(LedgerCopy, copy.id)
        row.body = {**row.body, "rows": row.body["rows"][1:]}

    assert not opened(monday, copy.id).is_sound


def test_a_copy_is_masked_and_sealed(monday: Engine) -> None:
    copy = copies(monday, WEEK)[0]
    with monday.store.engine.connect() as connection:
        stored = connection.execute(select(LedgerCopy.__table__.c.body_sealed)).scalars().all()

    assert "测试" not in str(copy.body)
    assert "川A0" not in str(copy.body)
    assert "测*" in str(copy.body)
    assert all("测*".encode() not in bytes(one) for one in stored)


@pytest.mark.parametrize(
    ("who", "rows"),
    [
        pytest.param("CC01", 10, id="the channel department: all"),
        pytest.param("TR01", 10, id="the trainer: those of the workplace"),
        pytest.param("SP01", 10, id="the specialist: those served"),
        pytest.param("SU01", 10, id="a supervisor: the team's"),
        pytest.param("AU01", 10, id="the auditor of the branch: all"),
        pytest.param("AG001", None, id="an agent: none"),
        pytest.param("AG009", None, id="an agent of another workplace: none"),
    ],
)
def test_a_copy_opens_to_those_whose_rows_it_holds(monday: Engine, who: str, rows: int | None) -> None:
    copy = copies(monday, WEEK)[0]
    if rows is None:
        with pytest.raises(NotFound):
            opened(monday, copy.id, who)
        return

    page = opened(monday, copy.id, who, limit=4)

    assert (4, rows) == (len(page.rows), copy.row_count)
    rest = opened(monday, copy.id, who, limit=100, after=page.next_position)
    assert (5, rows - 4, None) == (rest.first_no, len(rest.rows), rest.next_position)


def test_a_trainer_and_a_specialist_confirm_a_copy_each_once(monday: Engine) -> None:
    copy = copies(monday, WEEK)[0]
    assert opened(monday, copy.id, "TR01").may_confirm

    for who in ("TR01", "SP01"):
        api.confirm_copy(monday, copy.id, actor=api.actor_of(monday, who))

    page = opened(monday, copy.id, "TR01")
    assert ["trainer", "specialist"] == [one.role for one in page.confirmed]
    assert not page.may_confirm
    assert 2 == len(next(line for line in live(monday, "TR01").copies if line.id == copy.id).confirmed_by)
    with pytest.raises(AlreadyConfirmed):
        api.confirm_copy(monday, copy.id, actor=api.actor_of(monday, "TR01"))


@pytest.mark.parametrize("who", ["CC01", "SU01", "AG001", "AU01"])
def test_nobody_else_confirms(monday: Engine, who: str) -> None:
    copy = copies(monday, WEEK)[0]

    with pytest.raises(NotFound):
        api.confirm_copy(monday, copy.id, actor=api.actor_of(monday, who))

    assert [] == events(monday, "ledger_confirmed")


def test_today_of_the_book_its_week_has_copies_already(book: Engine) -> None:
    assert {"2026-W47", "2026-W48"} == {copy.week for copy in copies(book)}
    assert TODAY.isocalendar().week == 48


def test_on_a_server_a_worker_is_given_the_job_once_and_does_it(book: Engine) -> None:
    if not book.store.is_shared:
        pytest.skip("workers need PostgreSQL")
    api.set_clock(book, at(book, MONDAY, 7), actor=api.SYSTEM)

    for _ in range(2):
        jobs.enqueue_due(book)

    with book.store.engine.connect() as connection:
        waiting = connection.execute(
            text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'freeze_ledgers'")
        )
        assert 1 == waiting.scalar_one()
    with ThreadPoolExecutor(1) as thread:  # a browser test of this process may have left a loop
        thread.submit(lambda: asyncio.run(_work_off(book))).result()
    assert ["ZC01", "ZC02"] == [copy.workplace_code for copy in copies(book, WEEK)]
    assert not api.ledgers_are_due(book, book.clock.now())


async def _work_off(engine: Engine) -> None:
    app = jobs.build_app(engine)
    async with app.open_async():
        await app.run_worker_async(queues=[QUEUE], wait=False, install_signal_handlers=False)


def test_the_verification_of_the_history_finds_a_forged_copy(monday: Engine) -> None:
    assert verify(monday).is_sound
    copy = copies(monday, WEEK)[0]
    with monday.store.transaction() as tx:
        row = tx.get_one(LedgerCopy, copy.id)
        row.body = {**row.body, "trainers": ["某人"]}

    (finding,) = verify(monday).findings

    assert (Tampering.LEDGER_EDITED, f"ZC01:{WEEK}") == (finding.kind, finding.detail)
    assert f"ZC01:{WEEK}" in finding.say("zh")


def test_the_verification_finds_a_copy_that_was_put_in_later(monday: Engine) -> None:
    first = copies(monday, WEEK)[0]
    with monday.store.transaction() as tx:
        tx.add(
            LedgerCopy(
                workplace_code="ZC01",
                workplace="钱塘职场",
                week="2026-W40",
                period_first=first.period_first,
                period_last=first.period_last,
                due_at=first.due_at,
                frozen_at=first.frozen_at,
                row_count=0,
                salt="00",
                body={"day": "2026-10-08", "trainers": [], "specialists": [], "rows": []},
            )
        )

    (finding,) = verify(monday).findings

    assert (Tampering.LEDGER_ADDED, "ZC01:2026-W40") == (finding.kind, finding.detail)
