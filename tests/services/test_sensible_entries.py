"""What people enter must be able to be true: moments, quotes, numbers, days; and the record says where it came from.

Sources: domain.md §3.6 and §0.6 (quotes), §4.2 and §4.3 (contacts, states), §7 cases 25, 34, 35 and 38, §1 K-C2, P-L3
and S-S1. Today is Tuesday 2026-11-24, 10:30; the list came on 20 November.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from admin.app import create_app
from engine import api
from engine.api import Engine, InvalidForm, PhoneState, Present
from engine.errors import BadInput
from engine.tables import Customer, Deadline, HistoryEvent, OutboxMessage, Person, Renewal
from tests.acceptance import answers
from tests.acceptance.desk import vin
from tests.support.console import LISTED, TODAY, at, complete, open_tasks, renewal_of, signed_in, task_of

pytestmark = pytest.mark.one_database

KEY, FOLLOWED, PREPARED, SWEPT, ORPHAN = 7, 6, 3, 8, 5
"""Cars 28, 35, 58, 12 and 44 days before their expiry."""


def row(engine: Engine, car: int) -> Renewal:
    with engine.store.reading() as session:
        return session.get_one(Renewal, renewal_of(engine, car))


def customer(engine: Engine, car: int) -> Customer:
    with engine.store.reading() as session:
        found = session.get_one(Customer, row(engine, car).customer_id)
        assert found.phone
        return found


def told(engine: Engine, car: int) -> list[tuple[Any, ...]]:
    """The facts that changed, oldest first."""
    with engine.store.reading() as session:
        found = select(HistoryEvent).where(
            HistoryEvent.action == "fact_changed", HistoryEvent.instance_id == renewal_of(engine, car)
        )
        events = session.scalars(found.order_by(HistoryEvent.seq)).all()
    return [(one.payload["field"], one.payload["from"], one.payload["to"]) for one in events]


def history(engine: Engine, car: int) -> str:
    auditor = signed_in(create_app(engine), "AU01")
    auditor.get(f"/renewals/{renewal_of(engine, car)}")
    return auditor.text


def refused(engine: Engine, car: int, form_id: str, values: dict[str, Any]) -> dict[str, str]:
    """Why a form is not taken, by field."""
    with pytest.raises(InvalidForm) as problem:
        complete(engine, car, form_id, values)
    return {key: found.zh for key, found in problem.value.params["problems"].items()}


def phone_state(engine: Engine, car: int) -> PhoneState:
    actor = api.actor_of(engine, "AG001")
    held = row(engine, car).customer_id
    assert held is not None
    with engine.store.reading() as session:
        file = api.customer_file(session, actor, held, Present.of(engine.clock), deployed_of=engine.deployed)
    return file.phone_state


def corrected(engine: Engine, car: int, phone: str, **more: Any) -> None:
    """The agent cannot reach the customer and corrects the number."""
    complete(engine, car, "record_contact", answers.record_contact(engine.clock.today(), "22"))
    values = answers.update_customer(TODAY, result="changed", changed_items=["phone"], new_phone=phone) | more
    complete(engine, car, "update_customer", values)


def own_number(engine: Engine) -> str:
    with engine.store.reading() as session:
        found = session.scalars(select(Person).where(Person.employee_no == "AG001")).one().phone
    assert found
    return found


def test_case_25_an_agents_own_number_is_doubted_when_staff_enter_it_and_a_true_one_ends_the_doubt(
    book: Engine,
) -> None:
    corrected(book, FOLLOWED, own_number(book))
    assert customer(book, FOLLOWED).phone_doubtful
    assert PhoneState.DOUBTFUL is phone_state(book, FOLLOWED)
    assert ("phone_doubtful", False, True) in told(book, FOLLOWED)
    assert "号码存疑由 否 改为 是（来源：更新客户信息与下一机会）" in history(book, FOLLOWED)

    corrected(book, FOLLOWED, "13612340001")

    assert not customer(book, FOLLOWED).phone_doubtful
    assert ("phone_doubtful", True, False) in told(book, FOLLOWED)


def test_a_dead_number_is_untried_once_it_is_corrected_and_sound_once_somebody_answers(book: Engine) -> None:
    complete(book, FOLLOWED, "record_contact", answers.record_contact(TODAY, "22"))
    assert PhoneState.DEAD is phone_state(book, FOLLOWED)
    values = answers.update_customer(
        TODAY, result="changed", changed_items=["phone"], new_phone="13612340001"
    )
    complete(book, FOLLOWED, "update_customer", values)
    assert PhoneState.UNTRIED is phone_state(book, FOLLOWED)

    api.advance_clock(book, to=at(book, TODAY + timedelta(days=1), 11), actor=api.SYSTEM)
    complete(book, FOLLOWED, "record_contact", answers.record_contact(TODAY + timedelta(days=1), "11"))

    assert PhoneState.SOUND is phone_state(book, FOLLOWED)


def test_a_number_shared_by_more_than_three_is_doubted_for_all_of_them_until_it_is_not(book: Engine) -> None:
    shared, cars = "18600000001", (1, 2, 4, FOLLOWED)
    with book.store.transaction() as tx:
        for car in cars[:3]:
            renewal = tx.get_one(Renewal, renewal_of(book, car))
            tx.get_one(Customer, renewal.customer_id).phone = shared
        tx.record("note_of_a_test", at=book.clock.now(), actor="system")

    corrected(book, FOLLOWED, shared)
    assert [True] * 4 == [customer(book, car).phone_doubtful for car in cars]
    corrected(book, FOLLOWED, "13612340001")

    assert [False] * 4 == [customer(book, car).phone_doubtful for car in cars]
    assert [("phone_doubtful", False, True), ("phone_doubtful", True, False)] == told(book, 1)


def test_a_sale_told_with_a_corrected_number_keeps_the_numbers_of_both_customers_apart(book: Engine) -> None:
    former = customer(book, FOLLOWED)
    corrected(
        book,
        FOLLOWED,
        "13612340001",
        changed_items=["phone", "owner"],
        new_owner_name="新车主",
        new_owner_phone=own_number(book),
        transferred_on=TODAY.isoformat(),
    )

    with book.store.reading() as session:
        assert "13612340001" == session.get_one(Customer, former.id).phone
    owner = customer(book, FOLLOWED)
    assert ("新车主", own_number(book), True) == (owner.name, owner.phone, owner.phone_doubtful)
    changes = [one for one in told(book, FOLLOWED) if one[0] in ("phone", "customer")]
    assert ["phone", "customer", "phone"] == [one[0] for one in changes]
    assert changes[0][1] and changes[0][2].endswith("0001")
    assert changes[2][1] is None and changes[2][2][-4:] == own_number(book)[-4:]
    assert PhoneState.DOUBTFUL is phone_state(book, FOLLOWED)
    text = history(book, FOLLOWED)
    assert "来源：更新客户信息与下一机会" in text and "补正流失原因" not in text


def test_a_quote_and_the_facts_of_a_form_name_the_task_that_told_them(book: Engine) -> None:
    complete(book, KEY, "record_contact", answers.record_contact(TODAY, "11", quote_requested=True))
    complete(book, KEY, "give_actual_quote", answers.give_actual_quote(TODAY))

    text = history(book, KEY)

    assert "（来源：测算并反馈实际报价）" in text
    assert "重新实际报价）" not in text and "加急实际报价）" not in text


def test_a_contact_still_to_come_and_an_appointment_that_is_over_are_refused(book: Engine) -> None:
    late, soon = answers.record_contact(TODAY, "16"), f"{TODAY}T10:45"
    late |= {"contacted_at": f"{TODAY}T23:59", "appointment_place": "客户单位"}

    found = refused(book, KEY, "record_contact", late | {"appointment_at": f"{TODAY}T08:00"})

    assert {"contacted_at", "appointment_at"} == set(found)
    assert "还没有到（现在是 2026-11-24 10:30）" in found["contacted_at"]
    assert "已经过去（现在是 2026-11-24 10:30）" in found["appointment_at"]
    assert 0 == row(book, KEY).contacts
    complete(book, KEY, "record_contact", late | {"contacted_at": f"{TODAY}T10:30", "appointment_at": soon})
    assert 1 == row(book, KEY).contacts


def test_a_contact_before_the_renewal_was_listed_is_none_of_it(book: Engine) -> None:
    values = answers.record_contact(TODAY, "11")

    found = refused(
        book, KEY, "record_contact", values | {"contacted_at": f"{LISTED - timedelta(days=1)}T12:00"}
    )

    assert "列入清单的日期 2026-11-20" in found["contacted_at"]
    complete(book, KEY, "record_contact", values | {"contacted_at": f"{LISTED}T12:00"})


@pytest.mark.parametrize(
    ("amounts", "field"),
    [
        (("0", "0", "0"), "premium_low"),
        (("3000", "2900", "3100"), "premium_mid"),
        (("1", "2", "1000000"), "note"),
        (("300", "310", "330"), "note"),
    ],
)
def test_a_forecast_is_above_nothing_in_order_and_explained_where_it_is_odd(
    book: Engine, amounts: tuple[str, ...], field: str
) -> None:
    complete(book, PREPARED, "dispatch_list", answers.dispatch_list(TODAY))
    keys = ("premium_low", "premium_mid", "premium_high")
    values = answers.prepare_plan(TODAY) | dict(zip(keys, amounts, strict=True))

    found = refused(book, PREPARED, "prepare_plan", values)

    assert field in found
    if field == "note":
        assert "须说明理由" in found["note"]
        complete(book, PREPARED, "prepare_plan", values | {"note": "客户改为单三者，另减保额"})


def test_a_quote_is_valid_until_win_back_ends_at_the_latest_and_its_number_is_one_vehicles(
    book: Engine,
) -> None:
    for car in (KEY, FOLLOWED):
        complete(book, car, "record_contact", answers.record_contact(TODAY, "11", quote_requested=True))
    last = row(book, KEY).expiry_date + timedelta(days=30)
    values = answers.give_actual_quote(TODAY, valid_until=(last + timedelta(days=1)).isoformat())
    assert {"valid_until"} == set(refused(book, KEY, "give_actual_quote", values))
    values["valid_until"] = last.isoformat()
    complete(book, KEY, "give_actual_quote", values)

    same = answers.give_actual_quote(TODAY, quote_no=values["quote_no"])
    found = refused(book, FOLLOWED, "give_actual_quote", same)

    assert f"“{values['quote_no']}”已登记为另一辆车的实际报价" in found["quote_no"]
    assert vin(KEY)[-4:] not in found["quote_no"]
    data = {"premium": "3000", "quote_no": values["quote_no"]}
    with pytest.raises(BadInput, match="another vehicle"):
        api.deliver_message(book, "quote_received", vin(FOLLOWED), data=data, actor=api.SYSTEM)
    for wrong in ({"premium": "0"}, {"premium": "3000", "valid_until": "2027-12-28"}):
        with pytest.raises(BadInput):
            api.deliver_message(book, "quote_received", vin(FOLLOWED), data=wrong, actor=api.SYSTEM)
    api.deliver_message(book, "quote_received", vin(KEY), data=data, actor=api.SYSTEM)


def test_a_quote_does_not_take_an_application_back(book: Engine) -> None:
    complete(book, KEY, "record_contact", answers.record_contact(TODAY, "41"))
    assert "applying" == row(book, KEY).state

    data = {"premium": "3000", "quote_no": "Q-LATE-1"}
    api.deliver_message(book, "quote_received", vin(KEY), data=data, actor=api.SYSTEM)

    assert ("applying", True) == (row(book, KEY).state, row(book, KEY).has_actual_quote)


def test_the_customers_file_names_the_visit_that_was_arranged_as_the_next_day(book: Engine) -> None:
    day = TODAY + timedelta(days=3)
    appointed = {"appointment_at": f"{day}T15:00", "appointment_place": "客户单位"}
    complete(book, KEY, "record_contact", answers.record_contact(TODAY, "16", **appointed))
    actor, held = api.actor_of(book, "AG001"), row(book, KEY).customer_id
    assert held is not None

    with book.store.reading() as session:
        file = api.customer_file(session, actor, held, Present.of(book.clock), deployed_of=book.deployed)

    assert [day] == [contact.next_date for contact in file.contacts]


def test_a_visit_is_planned_within_the_cover(book: Engine) -> None:
    complete(book, PREPARED, "dispatch_list", answers.dispatch_list(TODAY))
    complete(book, PREPARED, "prepare_plan", answers.prepare_plan(TODAY))
    expiry = row(book, PREPARED).expiry_date
    values = answers.prepare_visit(TODAY, visit_date=(expiry + timedelta(days=1)).isoformat())

    found = refused(book, PREPARED, "prepare_visit", values)

    assert f"不能晚于 {expiry}" in found["visit_date"]
    complete(book, PREPARED, "prepare_visit", values | {"visit_date": expiry.isoformat()})


def clocks(engine: Engine, kind: str) -> list[tuple[date, str | None, str | None]]:
    """The last day, the owner and the ending of each deadline of a kind."""
    with engine.store.reading() as session:
        found = session.scalars(select(Deadline).where(Deadline.kind == kind).order_by(Deadline.id)).all()
    return [
        (
            (one.due_at - timedelta(microseconds=1)).astimezone(engine.clock.zone).date(),
            one.owner_no,
            one.ending,
        )
        for one in found
    ]


def route(engine: Engine, values: dict[str, Any]) -> None:
    task = task_of(engine, ORPHAN, "route_orphan")
    api.complete_task(engine, task.id, values, actor=api.actor_of(engine, "CC01"))


def test_the_first_contact_named_with_the_route_is_bounded_and_rules_the_clock(book: Engine) -> None:
    api.deliver_message(book, "agent_left", vin(ORPHAN), actor=api.SYSTEM)
    by = TODAY + timedelta(days=1)
    values = answers.route_orphan(TODAY, "AG007", route="new_agent")
    for wrong in ("2027-11-27", (TODAY + timedelta(days=100)).isoformat()):
        with pytest.raises(InvalidForm) as problem:
            route(book, values | {"deadline": wrong})
        assert {"deadline"} == set(problem.value.params["problems"])

    route(book, values | {"deadline": by.isoformat()})

    assert (by, "AG007", None) == clocks(book, "first_contact")[-1]
    assert f"在 {by} 前首次有效联系客户" in history(book, ORPHAN)
    api.advance_clock(book, to=at(book, by + timedelta(days=1), 9), actor=api.SYSTEM)
    assert "接手后逾期未联系客户" in history(book, ORPHAN)


def test_who_stands_in_is_given_the_day_too_and_handing_on_does_not_move_it_back(book: Engine) -> None:
    api.deliver_message(book, "agent_left", vin(ORPHAN), actor=api.SYSTEM)
    by = TODAY + timedelta(days=1)

    route(book, answers.route_orphan(TODAY, "SU01", deadline=by.isoformat()))
    assert (by, "SU01", None) == clocks(book, "first_contact")[-1]
    complete(book, ORPHAN, "take_over_orphan", answers.take_over_orphan(TODAY, "AG007"))

    assert (by, "AG007", None) == clocks(book, "first_contact")[-1]


def test_a_contact_that_a_take_over_tells_of_has_taken_place(book: Engine) -> None:
    api.deliver_message(book, "agent_left", vin(ORPHAN), actor=api.SYSTEM)
    route(book, answers.route_orphan(TODAY, "SU01"))
    to_come = TODAY + timedelta(days=1)
    values = answers.take_over_orphan(
        TODAY,
        "AG007",
        contact_result="11",
        first_contact_date=to_come.isoformat(),
        channel="phone",
        contact_person="owner",
        next_follow_up_date=to_come.isoformat(),
    )

    assert {"first_contact_date"} == set(refused(book, ORPHAN, "take_over_orphan", values))
    complete(book, ORPHAN, "take_over_orphan", values | {"first_contact_date": TODAY.isoformat()})


def sweep(engine: Engine, **more: Any) -> date:
    """The specialist's sweep seven days before the expiry; returns its day."""
    day = TODAY + timedelta(days=5)
    api.advance_clock(engine, to=at(engine, day, 10), actor=api.SYSTEM)
    values = {"disposition": "hesitating", "final_quote": "3000", "support_needed": ["none"], **more}
    complete(engine, SWEPT, "final_sweep", values)
    return day


def test_the_follow_up_day_of_a_sweep_is_kept_and_told_when_nothing_happened(book: Engine) -> None:
    by = TODAY + timedelta(days=7)
    sweep(book, next_follow_up_date=by.isoformat())
    assert by == row(book, SWEPT).next_contact_date
    assert f"约定 {by} 跟进客户" in history(book, SWEPT)

    api.advance_clock(book, to=at(book, by, 9), actor=api.SYSTEM)

    assert "约定的跟进日到，仍无新的有效联系，已提醒" in history(book, SWEPT)
    assert [None] == [one[2] for one in clocks(book, "follow_up")]
    with book.store.reading() as session:
        sent = session.scalars(select(OutboxMessage).where(OutboxMessage.template == "agent_new_list")).all()
    assert {"AG001", "SP01"} == {one.recipient for one in sent if "跟进日" in one.text}
    agent = signed_in(create_app(book), "AG001")
    agent.get("/")
    assert "清仓后约定跟进" in agent.text


def test_a_newer_sweep_takes_the_place_of_the_day_before(book: Engine) -> None:
    sweep(book, next_follow_up_date=(TODAY + timedelta(days=11)).isoformat())
    api.advance_clock(book, to=at(book, TODAY + timedelta(days=9), 10), actor=api.SYSTEM)

    values = {"disposition": "issue_today", "final_quote": "3000", "support_needed": ["none"]}
    complete(book, SWEPT, "final_sweep", values)

    assert ["replaced"] == [one[2] for one in clocks(book, "follow_up")]
    assert "清仓后约定跟进：以新的清仓结果为准" in history(book, SWEPT)


def test_a_contact_before_the_follow_up_day_meets_it(book: Engine) -> None:
    today = sweep(book, next_follow_up_date=(TODAY + timedelta(days=7)).isoformat())

    complete(book, SWEPT, "record_contact", answers.record_contact(today, "11"))
    api.advance_clock(book, to=at(book, TODAY + timedelta(days=7), 9), actor=api.SYSTEM)

    assert ["met"] == [one[2] for one in clocks(book, "follow_up")]
    assert "仍无新的有效联系" not in history(book, SWEPT)


def test_a_last_quote_of_nothing_is_none(book: Engine) -> None:
    with pytest.raises(InvalidForm) as problem:
        sweep(book, final_quote="0", next_follow_up_date=(TODAY + timedelta(days=7)).isoformat())

    assert {"final_quote"} == set(problem.value.params["problems"])
    assert "final_sweep" in {task.form_id for task in open_tasks(book, SWEPT)}
