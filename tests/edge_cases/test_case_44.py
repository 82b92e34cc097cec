"""Domain case 44: a customer asks for deletion while the renewal runs; marketing stops, legal evidence stays."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from engine import api
from engine.api import Engine
from engine.errors import BadInput, NotFound
from engine.services.erasure import kept_until
from engine.services.retention import erase_kept
from engine.tables import Comment, Customer, HistoryEvent, Renewal
from tests.acceptance import answers
from tests.edge_cases.test_case_24_46 import list_cars
from tests.support.console import TODAY, at, complete, open_tasks, renewal_of, signed_in, task_of
from tests.support.lists import id_no

pytestmark = pytest.mark.one_database

CAR = 7
REASON = "客户来电要求删除，王专员受理"


def customer(engine: Engine) -> Customer:
    with engine.store.reading() as session:
        renewal = session.get_one(Renewal, renewal_of(engine, CAR))
        return session.get_one(Customer, renewal.customer_id)


def ask(engine: Engine, who: str = "SP01", reason: str = REASON) -> None:
    api.request_erasure(engine, renewal_of(engine, CAR), reason=reason, actor=api.actor_of(engine, who))


def test_case_44_contact_stops_and_the_exclusion_goes_to_approval(book: Engine) -> None:
    ask(book)

    assert customer(book).do_not_contact
    assert ["confirm_exclusion"] == [task.element_id for task in open_tasks(book, CAR)]
    with book.store.reading() as session:
        assert "X14" == session.get_one(Renewal, renewal_of(book, CAR)).exclusion_code


def test_case_44_what_the_law_has_kept_stays_and_is_shown_no_more(book: Engine, app: Flask) -> None:
    ask(book)

    kept = customer(book)
    expiry = TODAY + timedelta(days=28)
    assert (expiry.replace(year=expiry.year + 5), TODAY) == (kept.kept_until, kept.erasure_asked_on)
    assert kept.phone, "evidence of a contract is not deleted before its time"
    specialist, number, other = signed_in(app, "SP01"), renewal_of(book, CAR), renewal_of(book, 6)
    specialist.get(f"/renewals/{other}")
    typed = specialist.form_to(f"/renewals/{other}/reveal#customer")
    for field in ("phone", "name", "plate"):
        sent = {"field": field, "reason": "准备致电客户"}
        specialist.submit(typed, sent, status=409, action=f"/renewals/{number}/reveal")
        assert "原文不再显示" in specialist.text
        assert kept.phone not in specialist.text
    specialist.get(f"/renewals/{number}")
    assert not specialist.soup.find_all("form", action=f"/renewals/{number}/reveal#customer")


def two_rows(book: Engine) -> None:
    """Give the customer of car 7 another row, with an ID number, whose car 72 another agent serves."""
    known = customer(book)
    again = {"车主": known.name, "手机": known.phone, "证件号码": id_no(88)}
    list_cars(book, {"number": 72, "days": 40, "agent": "AG009", **again})


def rows_of(book: Engine) -> list[Customer]:
    with book.store.reading() as session:
        cars = [renewal_of(book, car) for car in (CAR, 72)]
        found = session.scalars(select(Renewal).where(Renewal.id.in_(cars)).order_by(Renewal.id))
        return [session.get_one(Customer, row.customer_id) for row in found]


def test_case_44_every_row_of_the_customer_is_covered(book: Engine) -> None:
    two_rows(book)

    ask(book, "AG001")

    first, second = rows_of(book)
    assert first.id != second.id
    until = (TODAY + timedelta(days=40)).replace(year=TODAY.year + 1 + 5)
    assert {(TODAY, until, True, True, True)} == {
        (row.erasure_asked_on, row.kept_until, row.do_not_contact, row.no_messages, row.no_sharing)
        for row in (first, second)
    }
    for car in (CAR, 72):
        assert ["confirm_exclusion"] == [task.element_id for task in open_tasks(book, car)]
    with pytest.raises(api.ErasureStands):
        api.reveal(
            book,
            renewal_of(book, 72),
            "phone",
            reason="准备致电",
            actor=api.actor_of(book, "CC01"),
            address=None,
        )


@pytest.mark.parametrize("act", ["reveal", "call"])
def test_case_44_a_row_that_was_overlooked_once_is_closed_all_the_same(book: Engine, act: str) -> None:
    two_rows(book)
    with book.store.transaction() as tx:
        row = tx.get_one(Customer, customer(book).id)
        row.erasure_asked_on = row.kept_until = TODAY
        tx.record("arranged", at=book.clock.now(), actor="SYSTEM", instance_id=renewal_of(book, CAR))
    actor, number = api.actor_of(book, "SP02"), renewal_of(book, 72)

    with pytest.raises(api.ErasureStands):
        if act == "call":
            api.phone_to_call(book, number, actor=actor, address=None)
        else:
            api.reveal(book, number, "plate", reason="准备致电", actor=actor, address=None)


def test_case_44_notes_of_every_row_are_kept_by_the_last_contract_and_erased_together(book: Engine) -> None:
    two_rows(book)
    for car, who in ((CAR, "AG001"), (72, "AG009")):
        api.add_comment(book, renewal_of(book, car), "周末再谈", actor=api.actor_of(book, who))
    ask(book)
    of_first, of_last = (at(book, day, 9) for day in (date(2031, 12, 25), date(2032, 1, 4)))

    assert 0 == erase_kept(book, now=of_first), "the other row's contract ended later"
    assert 2 == erase_kept(book, now=of_last)
    with book.store.reading() as session:
        assert [] == list(session.scalars(select(Comment)))


def test_case_44_a_refused_exclusion_brings_no_contact_back(book: Engine) -> None:
    ask(book)

    refused = answers.exclusion_review(TODAY, verdict="refused", exclusion_code="X14")
    complete(book, CAR, "exclusion_review", refused)

    assert "record_contact" not in {task.form_id for task in open_tasks(book, CAR)}


def test_case_44_a_refused_request_is_sent_to_approval_again_with_new_evidence(
    book: Engine, app: Flask
) -> None:
    ask(book)
    refused = answers.exclusion_review(TODAY, verdict="refused", exclusion_code="X14")
    complete(book, CAR, "exclusion_review", refused)
    specialist, number = signed_in(app, "SP01"), renewal_of(book, CAR)

    specialist.get(f"/renewals/{number}")
    specialist.submit(
        specialist.form_to(f"/renewals/{number}/erasure"), {"reason": "客户签字的申请书，扫描件 0117"}
    )

    assert "送剔除审批" in specialist.text
    assert ["confirm_exclusion"] == [task.element_id for task in open_tasks(book, CAR)]
    with book.store.reading() as session:
        evidence = session.get_one(Renewal, number).exclusion_evidence
        assert evidence is not None and "扫描件 0117" in evidence
    assert TODAY == customer(book).erasure_asked_on
    with pytest.raises(api.ErasureAsked):
        ask(book)


def test_case_44_the_history_tells_each_request_once_and_where_it_was_entered(
    book: Engine, app: Flask
) -> None:
    ask(book)
    refused = answers.exclusion_review(TODAY, verdict="refused", exclusion_code="X14")
    complete(book, CAR, "exclusion_review", refused)
    ask(book, reason="客户签字的申请书，扫描件 0117")

    specialist = signed_in(app, "SP01")
    specialist.get(f"/renewals/{renewal_of(book, CAR)}")
    told = specialist.text
    assert 2 == told.count("登记剔除原因：客户要求删除个人信息（来源：工作台登记）")
    assert 1 == told.count("剔除原因由 客户要求删除个人信息 改为 无"), "the refusal took the first one away"
    assert "来源：外部消息" not in told


def test_case_44_it_is_a_button_on_the_renewal_and_asked_once(book: Engine, app: Flask) -> None:
    specialist = signed_in(app, "SP01")
    address = f"/renewals/{renewal_of(book, CAR)}/erasure"

    specialist.get(address.removesuffix("/erasure"))
    form = specialist.form_to(address)
    specialist.submit(form, {"reason": "短"})
    assert "至少 4 个字" in specialist.text
    assert not customer(book).do_not_contact
    specialist.submit(form, {"reason": REASON})
    assert "已登记" in specialist.text
    assert "客户要求删除" in specialist.text
    specialist.submit(form, {"reason": REASON})
    assert "不需要再登记" in specialist.text
    with book.store.reading() as session:
        told = session.scalars(select(HistoryEvent).where(HistoryEvent.action == "erasure_requested")).all()
    assert [REASON] == [event.reason for event in told]


def test_case_44_nobody_asks_for_a_customer_out_of_scope(book: Engine) -> None:
    with pytest.raises(NotFound):
        ask(book, "AG009")
    with pytest.raises(BadInput):
        ask(book, reason=" 无 ")
    assert task_of(book, CAR, "record_contact").status == "open"


@pytest.mark.parametrize(
    ("last", "until"), [(date(2028, 2, 29), date(2033, 2, 28)), (date(2026, 12, 31), date(2031, 12, 31))]
)
def test_case_44_evidence_is_kept_five_years_after_the_contract(last: date, until: date) -> None:
    assert until == kept_until(last)
