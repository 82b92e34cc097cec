from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import api
from engine.api import BadInput, Engine, LedgerPage, LedgerWish, NotFound, Present
from engine.domain.codes import RenewalState
from engine.domain.ledger import count
from engine.tables import Renewal
from tests.acceptance import answers
from tests.support.console import DAYS_LEFT, TODAY, complete, counted, renewal_of
from tests.support.issued import issue_policy

WHOLE = {"first": TODAY - timedelta(days=100), "last": TODAY + timedelta(days=100), "limit": 100}


def ledger(engine: Engine, who: str, **wish: Any) -> LedgerPage:
    with engine.store.reading() as session:
        return api.ledger_page(
            session,
            api.actor_of(engine, who),
            LedgerWish(**wish),
            Present.of(engine.clock),
            deployed_of=engine.deployed,
        )


@pytest.mark.parametrize(
    ("who", "workplaces"),
    [
        pytest.param("CC01", ["ZC01", "ZC02"], id="the channel department: those of the branch"),
        pytest.param("AU01", ["ZC01", "ZC02"], id="the auditor of the branch"),
        pytest.param("SP01", ["ZC01"], id="a specialist: those served"),
        pytest.param("TR01", ["ZC01"], id="a trainer: the own one"),
        pytest.param("SU01", ["ZC01"], id="a supervisor: the own one"),
    ],
)
def test_the_workplaces_of_the_scope_are_offered(still_book: Engine, who: str, workplaces: list[str]) -> None:
    assert workplaces == sorted(one.code for one in ledger(still_book, who).workplaces)


@pytest.mark.parametrize("find", ["ZC02", "望江"])
def test_a_workplace_is_found_by_code_or_name_also_while_another_is_chosen(
    still_book: Engine, find: str
) -> None:
    page = ledger(still_book, "CC01", workplace="ZC01", find=find)

    assert page.head is not None
    assert "ZC02" == page.head.workplace_code
    assert {"ZC02"} == {one.code for one in page.workplaces}


def test_a_workplace_of_others_is_not_found(still_book: Engine) -> None:
    for wish in ({"workplace": "ZC02"}, {"workplace": "ZC02", "find": "ZC01"}):
        with pytest.raises(NotFound):
            ledger(still_book, "TR01", **wish)


def test_rows_come_by_expiry_and_know_their_days(still_book: Engine) -> None:
    rows = ledger(still_book, "TR01", **WHOLE).rows

    assert sorted(DAYS_LEFT[n] for n in DAYS_LEFT if n < 20) == [row.days_left for row in rows]


def test_the_header_counts_as_the_rows_do_whatever_became_of_them(book: Engine) -> None:
    dice = random.Random(4)
    states = [None, *(str(state) for state in RenewalState)]
    for _round in range(12):
        with book.store.transaction() as tx:
            for number in range(1, 12):
                tx.get_one(Renewal, renewal_of(book, number)).outcome = dice.choice(states)

        page = ledger(book, "TR01", **WHOLE)

        assert page.head is not None
        found = page.head.counts
        assert count(row.standing for row in page.rows) == found
        assert found.due == found.renewed + found.lost + found.lapsed + found.pending


def test_a_row_tells_of_contacts_quotes_and_the_new_policy(book: Engine) -> None:
    complete(book, 7, "record_contact", answers.record_contact(TODAY, "21"))
    complete(book, 6, "record_contact", answers.record_contact(TODAY, "12", note="电话13912345678再约"))
    issue_policy(book, 5, signed=TODAY)

    rows = {row.days_left: row for row in ledger(book, "TR01", **WHOLE).rows}

    missed, reached, renewed = rows[DAYS_LEFT[7]], rows[DAYS_LEFT[6]], rows[DAYS_LEFT[5]]
    assert ("21", None, 0) == (missed.result_code, missed.first_contact, missed.contacts)
    assert ("12", 1) == (reached.result_code, reached.contacts)
    assert reached.first_contact == reached.last_contact is not None
    assert "139****5678" in str(reached.note)
    assert ("renewed", "****000001", TODAY) == (renewed.standing, renewed.new_policy_no, renewed.signed_date)


def test_both_lines_expire_in_their_own_columns(still_book: Engine) -> None:
    rows = {row.days_left: row for row in ledger(still_book, "TR01", **WHOLE).rows}

    both, one = rows[DAYS_LEFT[8]], rows[DAYS_LEFT[7]]
    assert both.ctp_expiry == both.commercial_expiry == TODAY + timedelta(days=12)
    assert (None, TODAY + timedelta(days=28)) == (one.ctp_expiry, one.commercial_expiry)


@pytest.mark.parametrize(
    ("first", "last"), [(1, 0), (0, 400)], ids=["ends before it begins", "longer than a year"]
)
def test_an_impossible_period_is_refused(still_book: Engine, first: int, last: int) -> None:
    with pytest.raises(BadInput):
        ledger(
            still_book,
            "TR01",
            first=TODAY + timedelta(days=first),
            last=TODAY + timedelta(days=last),
        )


@pytest.mark.parametrize("after", ["x", "WzFd"])
def test_a_position_changed_by_hand_is_refused(still_book: Engine, after: str) -> None:
    with pytest.raises(BadInput):
        ledger(still_book, "TR01", after=after)


def test_the_workbook_has_all_rows_of_the_pages(still_book: Engine) -> None:
    with still_book.store.reading() as session:
        head, rows = api.ledger_sheet(
            session,
            api.actor_of(still_book, "TR01"),
            LedgerWish(limit=3),
            Present.of(still_book.clock),
            deployed_of=still_book.deployed,
        )

    page = ledger(still_book, "TR01", limit=100)
    assert page.head == head
    assert list(page.rows) == rows


def test_the_number_of_statements_does_not_grow_with_the_rows(still_book: Engine) -> None:
    ledger(still_book, "TR01")
    sent = []
    for limit in (1, 100):
        with counted(still_book) as statements:
            ledger(still_book, "TR01", limit=limit)
        sent.append(len(statements))

    assert sent[0] == sent[1]


def test_the_ledger_opens_with_the_own_workplace_then_the_last_one_seen(still_book: Engine) -> None:
    assert "ZC01" == opened(still_book, "TR01", last_seen="ZC02")
    both = [one.code for one in ledger(still_book, "CC01").workplaces]
    assert {"ZC01", "ZC02"} <= set(both)
    for code in both:
        assert code == opened(still_book, "CC01", last_seen=code)
    assert both[0] == opened(still_book, "CC01", last_seen="ZC99")


def test_a_specialists_books_open_on_a_workplace_served_by_liaison(book: Engine) -> None:
    with book.store.transaction() as tx:  # one renewal of a place he does not serve, first by name
        strays = tx.scalars(select(Renewal).where(Renewal.specialist_no == "SP01").limit(1)).all()
        for row in strays:
            row.workplace_code = "ZC02"
        tx.record("fact_changed", at=book.clock.now(), actor="cli", instance_id=strays[0].id)
    head = ledger(book, "SP01", last_seen="ZC02").head
    assert head is not None and "ZC01" == head.workplace_code
    with book.store.reading() as session:
        actor, present = api.actor_of(book, "SP01"), Present.of(book.clock)
        sheet = api.morning_sheet(
            session, actor, present, unit=None, last_seen="ZC02", deployed_of=book.deployed
        )
    assert sheet.unit is not None and "ZC01" == sheet.unit.code
    assert {"ZC01", "ZC02"} <= {one.code for one in sheet.choices}


def opened(engine: Engine, who: str, *, last_seen: str) -> str:
    head = ledger(engine, who, last_seen=last_seen).head
    assert head is not None
    return head.workplace_code


def test_a_lost_renewal_shows_no_new_policy(book: Engine) -> None:
    """A policy that turned up is no renewal with us once the renewal stands as lost."""
    issue_policy(book, 8, signed=TODAY)
    with book.store.transaction() as tx:
        row = tx.get_one(Renewal, renewal_of(book, 8))
        row.state = row.outcome = str(RenewalState.LOST)
        tx.record("clock_moved", at=book.clock.now(), actor="test", to="")

    (shown,) = [one for one in ledger(book, "TR01", **WHOLE).rows if one.renewal_id == renewal_of(book, 8)]

    assert (None, None, "lost") == (shown.new_policy_no, shown.signed_date, shown.standing)
