"""Consents: given with a proof, withdrawn by a word, in effect at once, and everything that was said stays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from admin.app import create_app
from engine import api
from engine.api import BadInput, ConsentKind, ConsentState, Engine, Forbidden, NotFound, Present
from engine.domain.consents import Statement, standing
from engine.errors import InvalidForm
from engine.tables import Consent, Customer, HistoryEvent, Renewal
from tests.acceptance import answers
from tests.support.console import TODAY, complete, open_tasks, renewal_of, signed_in, task_of

CAR = 7
CALL, MESSAGE, SHARE = ConsentKind.MARKETING_CALL, ConsentKind.MARKETING_MESSAGE, ConsentKind.SHARE_TO_LIFE
GIVEN = {
    "kinds": ["marketing_call", "share_to_life"],
    "answer": "given",
    "method": "signed",
    "evidence": "授权书 2026-0117",
}


def customer(engine: Engine, car: int = CAR) -> Customer:
    with engine.store.reading() as session:
        renewal = session.get_one(Renewal, renewal_of(engine, car))
        return session.get_one(Customer, renewal.customer_id)


def say(engine: Engine, who: str = "AG001", car: int = CAR, **said: Any) -> api.Stated:
    return api.record_consent(engine, customer(engine, car).id, said, actor=api.actor_of(engine, who))


def file_of(engine: Engine, who: str = "SP01", car: int = CAR) -> api.CustomerFile:
    with engine.store.reading() as session:
        actor, present = api.actor_of(engine, who), Present.of(engine.clock)
        return api.customer_file(
            session, actor, customer(engine, car).id, present, deployed_of=engine.deployed
        )


def states(engine: Engine) -> dict[ConsentKind, ConsentState]:
    return {line.kind: line.state for line in file_of(engine).consents.lines}


def told(engine: Engine) -> list[tuple[str, str]]:
    with engine.store.reading() as session:
        rows = session.scalars(
            select(HistoryEvent).where(HistoryEvent.action.like("consent_%")).order_by(HistoryEvent.seq)
        )
        return [(row.action, row.payload["kind"]) for row in rows]


def test_what_was_said_stands_in_the_file_with_its_past(book: Engine) -> None:
    before = file_of(book)
    assert {ConsentState.UNASKED} == {line.state for line in before.consents.lines}

    assert api.Stated(in_effect=2) == say(book, **GIVEN)
    say(book, kinds=["share_to_life"], answer="withdrawn")

    assert {CALL: "given", MESSAGE: "unasked", SHARE: "withdrawn"} == states(book)
    words = file_of(book).consents.words
    assert [False, True, True] == [word.is_given for word in words]
    assert ("书面签署", "授权书 2026-0117") == (words[1].method.zh, words[1].evidence)
    assert [
        ("consent_given", "marketing_call"),
        ("consent_given", "share_to_life"),
        ("consent_withdrawn", "share_to_life"),
    ] == told(book)
    with book.store.reading() as session:
        sealed = session.execute(text("SELECT evidence_sealed FROM consent")).scalars()
        assert not [one for one in sealed if one and "授权书".encode() in bytes(one)]


def test_the_form_of_the_act_that_asks_records_it_with_its_task(book: Engine) -> None:
    complete(
        book,
        6,
        "record_contact",
        answers.record_contact(TODAY, "22"),
    )
    task = task_of(book, 6, "update_customer")
    given = {
        "consent_answer": "given",
        "consent_kinds": ["marketing_message"],
        "consent_method": "wechat",
        "consent_evidence": "微信截图 88",
        "consent_until": str(TODAY + timedelta(days=30)),
    }

    complete(book, 6, "update_customer", answers.update_customer(TODAY, **given))

    with book.store.reading() as session:
        row = session.scalars(select(Consent)).one()
        assert (task.id, "marketing_message", True, "AG001") == (
            row.task_id,
            row.kind,
            row.is_given,
            row.recorded_by,
        )
    line = next(one for one in file_of(book, car=6).consents.lines if one.kind is MESSAGE)
    assert (ConsentState.GIVEN, TODAY + timedelta(days=30)) == (line.state, line.valid_until)


@pytest.mark.one_database
def test_no_more_contact_is_a_withdrawal_and_a_new_consent_lifts_it(book: Engine) -> None:
    complete(book, CAR, "record_contact", answers.record_contact(TODAY, "62"))

    assert {CALL: "withdrawn", MESSAGE: "withdrawn", SHARE: "unasked"} == states(book)
    assert (True, True, False) == _flags(book)
    again = say(book, kinds=["marketing_call"], answer="withdrawn")
    assert api.Stated() == again, "it stands withdrawn already"

    say(book, **GIVEN)

    assert (False, True, False) == _flags(book)
    assert "marketing_call" in {kind for action, kind in told(book) if action == "consent_given"}


def _flags(engine: Engine) -> tuple[bool, bool, bool]:
    row = customer(engine)
    return row.do_not_contact, row.no_messages, row.no_sharing


@pytest.mark.one_database
def test_a_request_for_deletion_withdraws_everything_and_takes_no_consent(book: Engine) -> None:
    say(book, **GIVEN)
    actor = api.actor_of(book, "SP01")

    api.request_erasure(book, renewal_of(book, CAR), reason="客户来电要求", actor=actor)

    assert {ConsentState.WITHDRAWN} == set(states(book).values())
    assert (True, True, True) == _flags(book)
    with pytest.raises(api.ConsentAfterErasure):
        say(book, **GIVEN)
    assert not file_of(book).may_state


@pytest.mark.one_database
def test_without_consent_to_share_people_of_the_life_insurer_see_no_number(book: Engine, app: Flask) -> None:
    say(book, kinds=["share_to_life"], answer="withdrawn")
    number = renewal_of(book, CAR)

    for who in ("AG001", "SU01", "TR01"):
        with pytest.raises(NotFound):
            api.phone_to_call(book, number, actor=api.actor_of(book, who), address=None)
    assert api.phone_to_call(book, number, actor=api.actor_of(book, "SP01"), address=None).number
    with book.store.transaction() as tx:  # as of one that had ended before: its people stay as they were
        tx.get_one(Renewal, number).agent_no = "AG001"
    with pytest.raises(api.SharingWithdrawn):
        api.phone_to_call(book, number, actor=api.actor_of(book, "AG001"), address=None)
    agent = signed_in(app, "AG001")
    agent.get(f"/renewals/{number}")
    assert agent.soup.find("form", action=f"/renewals/{number}/call") is None
    typed = agent.form_to(f"/renewals/{number}/erasure")
    assert agent.soup.find("form", action=f"/renewals/{number}/reveal#customer") is None
    for field in ("phone", "plate"):
        sent = {"field": field, "reason": "准备致电"}
        agent.submit(typed, sent, status=409, action=f"/renewals/{number}/reveal")
        assert "不再向寿险人员显示" in agent.text


@pytest.mark.one_database
def test_a_message_that_was_declined_is_no_way_of_notice(book: Engine) -> None:
    say(book, car=4, kinds=["marketing_message"], answer="withdrawn")
    complete(book, 4, "dispatch_list", answers.dispatch_list(TODAY, agent_no="AG001"))
    while not _has(book, 4, "approve_visit_plan"):
        form = next(t.form_id for t in _open(book, 4) if hasattr(answers, t.form_id))
        complete(book, 4, form, getattr(answers, form)(TODAY))

    with pytest.raises(InvalidForm) as refused:
        complete(book, 4, "approve_visit_plan", answers.approve_visit_plan(TODAY, notice_channel="sms"))
    assert "撤回同意" in refused.value.params["problems"]["notice_channel"].zh
    assert "到期函" in refused.value.params["problems"]["notice_channel"].zh
    complete(book, 4, "approve_visit_plan", answers.approve_visit_plan(TODAY, notice_channel="letter"))


@pytest.mark.one_database
def test_who_wants_no_contact_gets_no_letter_either(book: Engine) -> None:
    complete(book, 4, "dispatch_list", answers.dispatch_list(TODAY, agent_no="AG001"))
    while not _has(book, 4, "approve_visit_plan"):
        form = next(t.form_id for t in _open(book, 4) if hasattr(answers, t.form_id))
        complete(book, 4, form, getattr(answers, form)(TODAY))
    with book.store.transaction() as tx:  # as it stands before the renewal has fallen silent
        row = tx.get_one(Customer, customer(book, 4).id)
        row.do_not_contact = True
        tx.record("customer_asked", at=book.clock.now(), actor="SYSTEM", instance_id=renewal_of(book, 4))

    with pytest.raises(InvalidForm) as refused:
        complete(book, 4, "approve_visit_plan", answers.approve_visit_plan(TODAY, notice_channel="letter"))
    assert "请改选“不通知”" in refused.value.params["problems"]["notice_channel"].zh
    complete(book, 4, "approve_visit_plan", {"verdict": "approved", "notice_channel": "none"})


def _open(engine: Engine, car: int) -> list[Any]:
    return open_tasks(engine, car)


def _has(engine: Engine, car: int, form: str) -> bool:
    return any(task.form_id == form for task in _open(engine, car))


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("change", "told_what"),
    [
        pytest.param({"kinds": []}, "请至少勾选一项", id="nothing ticked"),
        pytest.param({"method": "told"}, "同意须有凭据", id="a consent by word of mouth"),
        pytest.param({"evidence": "无"}, "凭据编号或存放处", id="no proof"),
        pytest.param({"said_on": "2026-11-25"}, "不能晚于今天", id="tomorrow"),
        pytest.param({"said_on": "昨天"}, "请选择日期", id="no day"),
        pytest.param({"valid_until": "2026-11-01"}, "不能早于今天", id="over before it began"),
    ],
)
def test_what_makes_no_sense_is_refused(book: Engine, change: dict[str, Any], told_what: str) -> None:
    with pytest.raises(BadInput) as refused:
        say(book, **{**GIVEN, **change})
    assert told_what in refused.value.say("zh")
    assert [] == told(book)


@pytest.mark.one_database
def test_only_the_five_working_roles_of_the_scope_record_it(book: Engine) -> None:
    for who in ("AG001", "SU01", "TR01", "SP01", "CC01"):
        say(book, who, **GIVEN)
    with pytest.raises(NotFound):
        say(book, "AG009", **GIVEN)
    with pytest.raises(Forbidden):
        say(book, "AU01", **GIVEN)


@pytest.mark.one_database
def test_it_is_a_form_in_the_file_that_keeps_what_was_typed(book: Engine, app: Flask) -> None:
    agent = signed_in(app, "AG001")
    path = f"/customers/{customer(book).id}"
    agent.get(path)

    agent.submit(
        agent.form("consent"), {"kinds": ["share_to_life"], "answer": "given", "method": "signed"}, status=400
    )
    assert "凭据" in agent.text
    ticked = agent.soup.select("#consent input[name=kinds][checked]")
    assert ["share_to_life"] == [box["value"] for box in ticked]
    agent.submit(agent.form("consent"), {"evidence": "授权书 13812345678"})

    assert "已登记 1 项" in agent.text
    assert "授权书 138****5678" in agent.text
    agent.get(f"/renewals/{renewal_of(book, CAR)}")
    assert "同意“向寿险公司提供信息（单独同意）”（书面签署，长期有效" in agent.text


@pytest.mark.one_database
def test_the_check_of_a_file_opens_with_what_the_system_knows(book: Engine, app: Flask) -> None:
    task = task_of(book, 6, "complete_customer_file")
    shown = file_of(book, "TR01", car=6)
    trainer = signed_in(app, "TR01")

    trainer.get(f"/tasks/{task.id}")

    form = trainer.form("task-form")
    entries = dict(trainer.entries(form))
    assert (str(shown.percent), "incomplete") == (entries["completeness"], entries["result"])
    ticked = {value for key, value in trainer.entries(form) if key == "missing_items"}
    assert {"consent", "preferred_time"} <= ticked
    panel = trainer.soup.find(id="file")
    assert panel is not None
    assert f"{shown.percent}%" in panel.get_text()
    assert "联系时段偏好" in panel.get_text()
    trainer.submit(form, {"ledger_checked": "true"})
    assert "完成" in trainer.text


@pytest.fixture
def app(book: Engine) -> Flask:
    return create_app(book)


DAY = date(2026, 11, 24)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("said", "state"),
    [
        ([], "unasked"),
        ([(True, None)], "given"),
        ([(True, DAY)], "given"),
        ([(True, DAY - timedelta(days=1))], "expired"),
        ([(True, None), (False, None)], "withdrawn"),
        ([(False, None), (True, None)], "given"),
    ],
)
def test_the_last_word_counts(said: list[tuple[bool, date | None]], state: str) -> None:
    statements = [
        Statement(kind=CALL, is_given=given, said_on=DAY, valid_until=until) for given, until in said
    ]

    assert state == standing(statements, CALL, DAY)
    assert "unasked" == standing(statements, SHARE, DAY)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("said", "state"),
    [
        ([(False, 0), (True, 14)], "withdrawn"),
        ([(True, 0), (False, 14)], "given"),
        ([(True, 14), (False, 0), (True, 3)], "withdrawn"),
        ([(True, 3), (False, 3)], "withdrawn"),
        ([(False, 3), (True, 3)], "given"),
    ],
)
def test_the_latest_day_of_an_answer_counts_whenever_it_was_recorded(
    said: list[tuple[bool, int]], state: str
) -> None:
    statements = [
        Statement(kind=CALL, is_given=given, said_on=DAY - timedelta(days=ago)) for given, ago in said
    ]

    assert state == standing(statements, CALL, DAY)


@pytest.mark.one_database
def test_an_older_consent_recorded_later_is_kept_but_lifts_nothing(book: Engine, app: Flask) -> None:
    say(book, kinds=["marketing_call"], answer="withdrawn", said_on=str(TODAY))
    agent = signed_in(app, "AG001")
    agent.get(f"/customers/{customer(book).id}")

    form = agent.soup.find("form", id="consent")
    assert form is not None
    older = {"answer": "given", "method": "signed", "evidence": "授权书 2026-0117"}
    agent.submit(form, {**older, "kinds": "marketing_call", "said_on": str(TODAY - timedelta(days=14))})

    assert "1 项仅作记录：客户另有日期更晚的答复" in agent.text
    assert (True, False, False) == _flags(book)
    line = next(one for one in file_of(book).consents.lines if one.kind is CALL)
    assert (ConsentState.WITHDRAWN, TODAY) == (line.state, line.said_on)
    assert [True, False] == [word.is_given for word in file_of(book).consents.words]
    agent.get(f"/renewals/{renewal_of(book, CAR)}")
    assert f"客户已于 {TODAY} 另有答复，以该答复为准" in agent.text


@pytest.mark.one_database
def test_a_withdrawal_said_again_on_a_later_day_outlives_a_consent_of_between(book: Engine) -> None:
    for ago in (10, 0):
        day = TODAY - timedelta(days=ago)
        assert api.Stated(in_effect=1) == say(
            book, kinds=["marketing_call"], answer="withdrawn", said_on=str(day)
        )

    between = say(book, **{**GIVEN, "kinds": ["marketing_call"], "said_on": str(TODAY - timedelta(days=5))})

    assert api.Stated(outdated=1) == between
    assert (True, False, False) == _flags(book)


@pytest.mark.one_database
def test_the_form_chooses_no_answer_and_says_in_words_what_is_missing(book: Engine, app: Flask) -> None:
    agent = signed_in(app, "AG001")
    agent.get(f"/customers/{customer(book).id}")
    assert "未登记：仅限现有保单的续保服务联系" in agent.text
    form = agent.soup.find("form", id="consent")
    assert form is not None and form.select_one("select[name=answer] option[selected]") is None
    call = {"kinds": "marketing_call", "answer": "given"}

    for typed, words in (
        ({}, "请填写“客户的答复”：请选择“同意”或“撤回或不同意”。"),
        ({"answer": "given"}, "请填写“同意事项”：请至少勾选一项。"),
        ({**call, "method": "told"}, "同意须有凭据，请选择书面签署、电话录音、短信回复、微信回复之一。"),
        ({**call, "method": "signed"}, "请填写“凭据”：请写明凭据编号或存放处"),
    ):
        agent.submit(form, typed, status=400)
        assert words in agent.text
        assert "told”" not in agent.text and "的值“”" not in agent.text
