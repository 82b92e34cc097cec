"""A customer who withdraws sharing with the life insurer is served by the specialist, until consent is given anew."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine import api
from engine.api import Engine, EngineError, InvalidForm, NotFound
from engine.services.instances import load_scope
from engine.tables import BulkRow, OutboxMessage, Renewal, Submission, UserTask
from tests.acceptance import answers
from tests.acceptance.desk import vin
from tests.crash.test_races import together
from tests.edge_cases.test_case_24_46 import list_cars
from tests.services.test_consents import GIVEN, customer, say
from tests.services.test_deadlines import deadlines, go
from tests.services.test_handover import confirm, events, person, prepare, renewal
from tests.support.console import TODAY, complete, open_tasks, renewal_of, task_of

CAR = 7
WITHDRAWN = {"kinds": ["share_to_life"], "answer": "withdrawn"}
AGREED = {**GIVEN, "kinds": ["share_to_life"]}


def who(engine: Engine, car: int = CAR) -> tuple[str | None, ...]:
    row = renewal(engine, car)
    return row.owner_no, row.owner_role, row.agent_no, row.supervisor_no, row.trainer_no, row.specialist_no


SERVED_BY_LIFE = ("AG001", "agent", "AG001", "SU01", "TR01", "SP01")
SERVED_BY_SPECIALIST = ("SP01", "specialist", None, None, None, "SP01")


def assignees(engine: Engine, car: int = CAR) -> set[str | None]:
    return {task.assignee_no for task in open_tasks(engine, car)}


def ends(engine: Engine, action: str, car: int = CAR) -> list[tuple[str | None, str | None]]:
    found = events(engine, action, instance_id=renewal_of(engine, car))
    return [(event.payload["from"], event.payload["to"]) for event in found]


def messages(engine: Engine) -> list[tuple[str, str, str]]:
    with engine.store.reading() as session:
        found = session.scalars(
            select(OutboxMessage).where(OutboxMessage.template.like("sharing_%")).order_by(OutboxMessage.id)
        )
        return [(row.template, row.recipient, row.text) for row in found]


def inbox(engine: Engine, name: str) -> set[int]:
    with engine.store.reading() as session:
        present = api.Present.of(engine.clock)
        page = api.inbox_list(
            session, person(engine, name), api.InboxWish(tab=api.InboxTab.ALL), present, most=500
        )
        return {row.renewal_id for row in page}


def test_a_withdrawal_moves_renewal_and_tasks_to_the_specialist_and_back(book: Engine) -> None:
    assert SERVED_BY_LIFE == who(book)
    number = renewal_of(book, CAR)
    assert number in inbox(book, "AG001") | inbox(book, "SU01") | inbox(book, "TR01")

    stated = say(book, "SP01", **WITHDRAWN)

    assert api.Stated(in_effect=1, moved=1) == stated
    assert SERVED_BY_SPECIALIST == who(book)
    assert {"SP01"} == assignees(book)
    assert number in inbox(book, "SP01")
    for gone in ("AG001", "SU01", "TR01"):
        assert number not in inbox(book, gone)
        with pytest.raises(NotFound), book.store.reading() as session:
            api.renewal_page(
                session, person(book, gone), number, api.Present.of(book.clock), deployed_of=book.deployed
            )
    assert [("AG001", "SP01")] == ends(book, "sharing_recalled")
    assert ("AG001", "SP01") in ends(book, "responsible_changed")
    assert {"SP01"} == {new for _old, new in ends(book, "task_reassigned")}
    assert [("sharing_recalled", "AG001"), ("sharing_recalled", "SP01")] == [m[:2] for m in messages(book)]
    assert "请勿再联系客户" in messages(book)[0][2]
    assert "现由您负责" in messages(book)[1][2]

    say(book, "SP01", **AGREED)

    assert SERVED_BY_LIFE == who(book)
    assert "SP01" not in {t.assignee_no for t in open_tasks(book, CAR) if t.role == "agent"}
    assert [("SP01", "AG001")] == ends(book, "sharing_given_back")
    assert [("sharing_given_back", "SP01"), ("sharing_given_back", "AG001")] == [
        m[:2] for m in messages(book)[2:]
    ]


@pytest.mark.one_database
def test_one_withdrawal_moves_every_open_renewal_of_a_fleet_and_tells_each_once(book: Engine) -> None:
    fleet = {"车主": "杭州顺达物流有限公司", "证件号码": ""}
    list_cars(
        book,
        *({"number": n, "days": 50, **fleet, "手机": f"139123400{n}"} for n in (51, 52)),
        {"number": 53, "days": 50, "agent": "AG009", **fleet, "手机": "13912340053"},
    )

    stated = say(book, "SP01", car=51, **WITHDRAWN)

    assert 3 == stated.moved
    assert [("SP01", None)] * 2 + [("SP02", None)] == [who(book, n)[::2][:2] for n in (51, 52, 53)]
    told = {recipient: text for _template, recipient, text in messages(book)}
    assert {"AG001", "AG009", "SP01", "SP02"} == set(told)
    assert "有2笔续保" in told["SP01"] and "有一笔续保" in told["SP02"]

    say(book, "SP01", car=52, **AGREED)
    assert ["AG001", "AG001", "AG009"] == [who(book, n)[0] for n in (51, 52, 53)]


@pytest.mark.one_database
def test_claims_and_delegations_of_life_people_end(book: Engine) -> None:
    task = next(t for t in open_tasks(book, CAR) if t.assignee_no == "AG001")
    api.claim_task(book, task.id, actor=person(book, "AG001"))
    other = task_of(book, 6, "record_contact")
    api.delegate_task(book, other.id, "AG002", note="", actor=person(book, "AG001"))

    for car in (CAR, 6):
        say(book, "SP01", car=car, **WITHDRAWN)

    with book.store.reading() as session:
        for number in (task.id, other.id):
            row = session.get_one(UserTask, number)
            held = row.assignee_no, row.status, row.claimed_by, row.delegated_by, row.principal_no
            assert ("SP01", "open", None, None, None) == held
    assert other.id not in {t.id for t in open_tasks(book, 6) if t.assignee_no == "AG002"}


@pytest.mark.one_database
def test_the_specialist_hands_such_tasks_to_specialists_alone(book: Engine) -> None:
    say(book, "SP01", **WITHDRAWN)
    task = next(t for t in open_tasks(book, CAR) if t.role == "agent")

    with pytest.raises(api.BadInput, match="must serve"):
        api.delegate_task(book, task.id, "AG002", note="", actor=person(book, "SP01"))

    with book.store.reading() as session:
        offered = api.colleagues_for(session, person(book, "SP01"), task.id, TODAY)
    assert not [number for number, _name in offered if number.startswith(("AG", "SU", "TR"))]


@pytest.mark.one_database
def test_what_the_specialist_had_handed_on_to_life_comes_back(book: Engine) -> None:
    """A vacancy made the agent's task the specialist's, who gave it to an agent before the withdrawal."""
    task = task_of(book, 6, "record_contact")
    with book.store.transaction() as tx:
        row = tx.get_one(UserTask, task.id)
        row.delegated_by, row.principal_no, row.assignee_no = "SP01", "SP01", "AG002"

    say(book, "SP01", car=6, **WITHDRAWN)

    with book.store.reading() as session:
        row = session.get_one(UserTask, task.id)
        assert ("SP01", None, None) == (row.assignee_no, row.delegated_by, row.principal_no)
    assert [("AG002", "SP01")] == ends(book, "task_taken_back", 6)


@pytest.mark.one_database
def test_of_a_bulk_act_frozen_before_the_rows_that_went_are_refused_with_the_reason(book: Engine) -> None:
    agent = person(book, "AG001")
    forms = [t for car in (3, 4, 5, 6, 7, 8) for t in open_tasks(book, car) if t.assignee_no == "TR01"]
    chosen = [t for t in forms if t.form_id == forms[0].form_id]
    assert len(chosen) > 1, agent
    trainer = person(book, "TR01")
    act = api.prepare_bulk(book, [t.id for t in chosen], actor=trainer)
    gone = chosen[0]
    with book.store.reading() as session:
        customer_id = session.get_one(Renewal, gone.instance_id).customer_id
    api.record_consent(book, int(customer_id or 0), WITHDRAWN, actor=person(book, "SP01"))

    values = getattr(answers, gone.form_id)(TODAY)
    api.order_bulk(book, act, values, actor=trainer, prefill=lambda _task: {})
    api.carry_out(book, act, actor=trainer, prefill=lambda _task: {})

    with book.store.reading() as session:
        rows = {row.task_id: row for row in session.scalars(select(BulkRow).where(BulkRow.act_id == act))}
        assert "refused" == rows[gone.id].status
        assert "已转给他人" in (rows[gone.id].reason or {})["zh"]
        assert {"done"} == {rows[t.id].status for t in chosen[1:]}
        assert "open" == session.get_one(UserTask, gone.id).status


@pytest.mark.one_database
def test_an_undo_does_not_bring_life_back(book: Engine) -> None:
    trainer = person(book, "TR01")
    forms = [t for car in (3, 4, 5, 6, 7, 8) for t in open_tasks(book, car) if t.assignee_no == "TR01"]
    chosen = [t for t in forms if t.form_id == forms[0].form_id]
    act = api.prepare_bulk(book, [t.id for t in chosen], actor=trainer)
    api.order_bulk(
        book, act, getattr(answers, chosen[0].form_id)(TODAY), actor=trainer, prefill=lambda _task: {}
    )
    api.carry_out(book, act, actor=trainer, prefill=lambda _task: {})
    with book.store.reading() as session:
        row = session.get_one(Renewal, chosen[0].instance_id)
    api.record_consent(book, int(row.customer_id or 0), WITHDRAWN, actor=person(book, "SP01"))

    api.undo_bulk(book, act, actor=trainer)

    with book.store.reading() as session:
        kept = session.scalars(
            select(BulkRow).where(BulkRow.act_id == act, BulkRow.task_id == chosen[0].id)
        ).one()
        assert "kept" == kept.status
        after = session.get_one(Renewal, row.id)
        assert (True, "SP01", None) == (after.is_recalled, after.owner_no, after.agent_no)


@pytest.mark.one_database
def test_no_form_names_life_people_meanwhile_and_the_specialist_hands_the_list_to_herself(
    book: Engine,
) -> None:
    say(book, "SP01", car=4, **WITHDRAWN)
    with pytest.raises(InvalidForm) as refused:
        complete(book, 4, "dispatch_list", answers.dispatch_list(TODAY, agent_no="AG002"))
    assert "交叉销售专员" in refused.value.params["problems"]["agent_no"].zh

    complete(book, 4, "dispatch_list", answers.dispatch_list(TODAY, agent_no="SP01"))

    assert SERVED_BY_SPECIALIST == who(book, 4)
    assert {"SP01"} == assignees(book, 4), "what opens now is the specialist's"


@pytest.mark.one_database
def test_an_orphan_leaves_the_pool_and_has_one_route(book: Engine) -> None:
    api.deliver_message(book, "agent_left", vin(CAR), actor=api.SYSTEM)
    api.offer_renewal(book, renewal_of(book, CAR), actor=person(book, "SU01"))

    say(book, "SP01", **WITHDRAWN)

    (offer,) = deadlines(book, "pool", CAR)
    assert offer.settled_at is not None
    with pytest.raises(EngineError):
        api.claim_renewal(book, renewal_of(book, CAR), actor=person(book, "AG007"))
    with pytest.raises(api.BadInput) as not_again:
        api.offer_renewal(book, renewal_of(book, CAR), actor=person(book, "SP01"))
    assert "撤回" in not_again.value.say("zh")
    task = task_of(book, CAR, "route_orphan")
    for values, field in (
        (answers.route_orphan(TODAY, "SU01"), "route"),
        ({"route": "pool", "orphan_reason": "agent_left"}, "route"),
        ({**answers.route_orphan(TODAY, "SU01"), "route": "specialist"}, "assignee_no"),
    ):
        with pytest.raises(InvalidForm) as refused:
            api.complete_task(book, task.id, values, actor=person(book, "CC01"))
        assert "撤回" in refused.value.params["problems"][field].zh
    to_specialist = {**answers.route_orphan(TODAY, "SP01"), "route": "specialist"}
    api.complete_task(book, task.id, to_specialist, actor=person(book, "CC01"))
    assert ("SP01", "specialist") == who(book)[:2]

    say(book, "SP01", **AGREED)
    assert "SU01" == who(book)[0], "the supervisor who stood in has it again"
    assert renewal(book, CAR).is_orphan


@pytest.mark.one_database
def test_people_who_come_and_go_meanwhile_change_nothing_and_a_former_agent_gets_nothing_back(
    book: Engine,
) -> None:
    say(book, "SP01", **WITHDRAWN)
    handover = prepare(book)
    confirm(book, handover)
    go(book, TODAY + timedelta(days=1))

    assert SERVED_BY_SPECIALIST == who(book)
    assert not renewal(book, CAR).is_orphan

    say(book, "SP01", **AGREED)

    assert ("SP01", "specialist", None) == who(book)[:3]
    assert renewal(book, CAR).is_orphan, "the channel department may route it"
    assert "SU01" == who(book)[3], "but the team sees it again"


@pytest.mark.one_database
def test_a_new_list_of_the_customer_starts_with_the_specialist(book: Engine) -> None:
    say(book, "SP01", **WITHDRAWN)
    known = customer(book)
    list_cars(
        book, {"number": 61, "days": 58, "车主": known.name, "证件号码": known.id_no, "手机": known.phone}
    )

    assert ("SP01", "specialist", None, None, None) == who(book, 61)[:5]
    assert {"SP01"} == assignees(book, 61)
    assert [("AG001", "SP01")] == ends(book, "sharing_recalled", 61)
    say(book, "SP01", **AGREED)
    assert "AG001" == who(book, 61)[0]


@pytest.mark.one_database
def test_the_form_that_withdraws_it_is_the_agents_last_and_what_follows_is_the_specialists(
    book: Engine,
) -> None:
    complete(book, 6, "record_contact", answers.record_contact(TODAY, "22"))
    withdrawn = {"consent_answer": "withdrawn", "consent_kinds": ["share_to_life"]}

    complete(book, 6, "update_customer", answers.update_customer(TODAY, **withdrawn))

    assert SERVED_BY_SPECIALIST == who(book, 6)
    assert {"SP01"} == assignees(book, 6)
    (done,) = [e for e in events(book, "task_completed") if e.payload["form_id"] == "update_customer"]
    assert "AG001" == done.actor


@pytest.mark.one_database
def test_a_car_sold_to_who_shares_is_given_back(book: Engine) -> None:
    complete(book, 6, "record_contact", answers.record_contact(TODAY, "22"))
    say(book, "SP01", car=6, **WITHDRAWN)
    sold = {
        "result": "changed",
        "changed_items": ["owner"],
        "new_owner_name": "钱新主",
        "new_owner_phone": "13912340099",
        "transferred_on": str(TODAY),
    }

    complete(book, 6, "update_customer", answers.update_customer(TODAY, **sold))

    assert "AG001" == who(book, 6)[0]
    assert not renewal(book, 6).is_recalled


@pytest.mark.one_database
def test_a_renewal_that_has_ended_stays_with_whom_it_ended_and_one_reopened_goes(book: Engine) -> None:
    with book.store.transaction() as tx:
        tx.get_one(Renewal, renewal_of(book, CAR)).ended_at = book.clock.now()

    assert 0 == say(book, "SP01", **WITHDRAWN).moved
    assert SERVED_BY_LIFE == who(book)

    with book.store.transaction() as tx:
        tx.get_one(Renewal, renewal_of(book, CAR)).ended_at = None
    api.tick(book)
    assert SERVED_BY_SPECIALIST == who(book), "what went astray is found by the ticker"


def test_an_answer_and_a_withdrawal_at_the_same_moment_have_one_outcome(book: Engine) -> None:
    task = task_of(book, CAR, "record_contact") if _asks(book) else open_tasks(book, CAR)[0]
    actor = person(book, str(task.assignee_no))
    values = getattr(answers, task.form_id)(TODAY, "12") if task.form_id == "record_contact" else {}

    results = together(
        lambda: api.complete_task(book, task.id, values, actor=actor),
        lambda: say(book, "SP01", **WITHDRAWN),
    )
    api.tick(book)

    assert SERVED_BY_SPECIALIST == who(book)
    assert {"SP01"} >= assignees(book) - {None}
    with book.store.reading() as session:
        row = session.get_one(UserTask, task.id)
        given = session.scalars(select(Submission).where(Submission.task_id == task.id)).all()
    was_refused = isinstance(results[0], EngineError)
    assert (0 if was_refused else 1) == len(given)
    assert ("open" if was_refused else "completed") == row.status


def _asks(engine: Engine) -> bool:
    return any(t.form_id == "record_contact" for t in open_tasks(engine, CAR))


def test_a_car_that_somebody_works_on_this_moment_follows_with_the_next_tick(book: Engine) -> None:
    if not book.store.is_shared:
        pytest.skip("a file has one writer at a time")
    known = customer(book)
    list_cars(
        book, {"number": 61, "days": 58, "车主": known.name, "证件号码": known.id_no, "手机": known.phone}
    )
    other = api.build_engine(book.settings)
    try:
        with other.store.transaction() as tx:
            load_scope(tx, other, renewal_of(book, CAR), actor=api.SYSTEM, now=book.clock.now())
            assert 1 == say(book, "SP01", **WITHDRAWN).moved, "it does not wait"
    finally:
        other.store.engine.dispose()
    assert ("AG001", "SP01") == (who(book)[0], who(book, 61)[0])

    api.tick(book)

    assert SERVED_BY_SPECIALIST == who(book)


@pytest.mark.one_database
def test_the_form_of_one_car_moves_the_customers_other_cars_and_tells_each_once(book: Engine) -> None:
    known = customer(book, 6)
    same = {"车主": known.name, "证件号码": known.id_no, "手机": known.phone}
    list_cars(book, {"number": 61, "days": 35, **same}, {"number": 62, "days": 35, **same})
    complete(book, 6, "record_contact", answers.record_contact(TODAY, "22"))

    withdrawn = {"consent_answer": "withdrawn", "consent_kinds": ["share_to_life"]}
    complete(book, 6, "update_customer", answers.update_customer(TODAY, **withdrawn))

    assert {("SP01", "specialist", None)} == {who(book, car)[:3] for car in (6, 61, 62)}
    assert ["AG001", "SP01"] == [recipient for _template, recipient, _text in messages(book)]
    assert all("有3笔续保" in text for _template, _recipient, text in messages(book))
