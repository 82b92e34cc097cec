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
from engine.tables import Customer, HistoryEvent, Renewal
from tests.acceptance import answers
from tests.support.console import TODAY, complete, open_tasks, renewal_of, signed_in, task_of

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
    agent = signed_in(app, "AG001")
    agent.get(f"/renewals/{renewal_of(book, CAR)}")
    reveal = agent.form_to(f"/renewals/{renewal_of(book, CAR)}/reveal#customer")
    agent.submit(reveal, {"field": "phone", "reason": "准备致电客户"}, status=409)
    assert "原文不再显示" in agent.text
    assert kept.phone not in agent.text


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
