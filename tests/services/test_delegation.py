"""A task is handed to a colleague by name, comes back, and the history names both."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from admin.app import create_app
from engine import api
from engine.api import BadInput, Engine, Forbidden, InboxTab, InboxWish, NotFound, Present
from engine.tables import BulkRow, HistoryEvent, Post, UserTask
from tests.acceptance import answers
from tests.support.console import PASSWORD, TODAY, renewal_of, signed_in, task_of

pytestmark = pytest.mark.one_database

CAR = 7


@pytest.fixture
def app(book: Engine) -> Flask:
    return create_app(book)


@pytest.fixture
def other(book: Engine) -> str:
    """Another agent of AG001's workplace, who may sign in."""
    with book.store.reading() as session:
        query = select(Post.employee_no).where(
            Post.role == "agent", Post.unit_code == "ZC01-1", Post.employee_no != "AG001"
        )
        number = str(session.scalars(query.order_by(Post.employee_no)).first())
    api.add_user(book, number, roles=["agent"], unit_code="ZC01-1", password=PASSWORD, actor=api.SYSTEM)
    return number


def task(engine: Engine) -> UserTask:
    return task_of(engine, CAR, "record_contact")


def delegate(engine: Engine, to: str, who: str = "AG001", note: str = "") -> int:
    found = task(engine).id
    api.delegate_task(engine, found, to, note=note, actor=api.actor_of(engine, who))
    return found


def give_back(engine: Engine, task_id: int, who: str) -> None:
    api.return_task(engine, task_id, actor=api.actor_of(engine, who))


def holds(engine: Engine, who: str, tab: InboxTab, task_id: int) -> bool:
    with engine.store.reading() as session:
        wish = InboxWish(tab=tab, limit=200)
        page = api.inbox_page(session, api.actor_of(engine, who), wish, Present.of(engine.clock))
    return task_id in {row.task_id for row in page.rows}


def events(engine: Engine, action: str, task_id: int) -> list[HistoryEvent]:
    query = select(HistoryEvent).where(HistoryEvent.action == action, HistoryEvent.task_id == task_id)
    with engine.store.reading() as session:
        return list(session.scalars(query))


def complete(engine: Engine, task_id: int, who: str) -> None:
    api.complete_task(engine, task_id, answers.record_contact(TODAY, "12"), actor=api.actor_of(engine, who))


def test_the_colleague_gets_it_and_its_owner_waits(book: Engine, other: str) -> None:
    found = delegate(book, other, note="我明天开会")

    assert holds(book, other, InboxTab.ALL, found)
    assert not holds(book, "AG001", InboxTab.ALL, found)
    assert holds(book, "AG001", InboxTab.WAITING, found)
    (event,) = events(book, "task_delegated", found)
    assert ("AG001", "AG001", other, "我明天开会") == (
        event.actor,
        event.payload["from"],
        event.payload["to"],
        event.reason,
    )


def test_the_colleague_completes_it_and_both_names_are_kept(book: Engine, other: str) -> None:
    found = delegate(book, other)
    with pytest.raises(Forbidden):
        complete(book, found, "AG001")

    complete(book, found, other)

    (event,) = events(book, "task_completed", found)
    assert (other, "AG001") == (event.actor, event.payload["on_behalf_of"])


def test_who_handed_it_on_is_told_to_whom_and_how_to_take_it_back(
    book: Engine, app: Flask, other: str
) -> None:
    agent = signed_in(app, "AG001")
    agent.get(f"/tasks/{task(book).id}")
    form = agent.form("task-form")
    found = delegate(book, other)

    agent.submit(form, answers.record_contact(TODAY, "12"), status=403)

    assert f"已委托 {other} 代办" in agent.text or f"{other} 代办" in agent.text
    assert "收回自己办理" in agent.text and "联系系统管理员" not in agent.text
    with pytest.raises(api.TaskHandedOn):
        complete(book, found, "AG001")
    give_back(book, found, "AG001")
    complete(book, found, "AG001")


def test_the_next_task_is_the_owners_again(book: Engine, other: str) -> None:
    complete(book, delegate(book, other), other)

    with book.store.reading() as session:
        query = select(UserTask).where(
            UserTask.instance_id == renewal_of(book, CAR), UserTask.status == "open"
        )
        opened = session.scalars(query).all()
    assert opened
    assert other not in {one.assignee_no for one in opened}


@pytest.mark.parametrize("by_owner", [True, False])
def test_it_is_taken_back_or_handed_back(book: Engine, other: str, by_owner: bool) -> None:
    found = delegate(book, other)

    give_back(book, found, "AG001" if by_owner else other)

    assert holds(book, "AG001", InboxTab.ALL, found)
    assert not holds(book, other, InboxTab.ALL, found)
    action = "task_taken_back" if by_owner else "task_handed_back"
    (event,) = events(book, action, found)
    assert (other, "AG001") == (event.payload["from"], event.payload["to"])
    with pytest.raises(BadInput):
        give_back(book, found, "AG001")


def test_a_task_from_the_queue_comes_back_to_who_had_claimed_it(book: Engine, other: str) -> None:
    with book.store.transaction() as tx:
        tx.get_one(UserTask, task(book).id).assignee_no = None
    api.claim_task(book, task(book).id, actor=api.actor_of(book, "AG001"))

    found = delegate(book, other)
    assert holds(book, other, InboxTab.ALL, found) and holds(book, "AG001", InboxTab.WAITING, found)
    give_back(book, found, other)

    with book.store.reading() as session:
        row = session.get_one(UserTask, found)
    assert ("claimed", "AG001", None) == (row.status, row.claimed_by, row.assignee_no)


def test_the_colleague_may_look_at_the_renewal_and_call_the_customer_meanwhile(
    book: Engine, app: Flask, other: str
) -> None:
    renewal, colleague = renewal_of(book, CAR), signed_in(app, other)
    colleague.get(f"/renewals/{renewal}", status=404)
    found = delegate(book, other)

    colleague.get(f"/renewals/{renewal}")
    actor = api.actor_of(book, other)
    assert api.reveal(book, renewal, "name", reason="受托联系", actor=actor, address=None)

    give_back(book, found, "AG001")
    colleague.get(f"/renewals/{renewal}", status=404)
    with pytest.raises(NotFound):
        api.reveal(book, renewal, "name", reason="受托联系", actor=actor, address=None)


@pytest.mark.parametrize(
    ("to", "says"),
    [
        pytest.param("AG001", "自己", id="oneself"),
        pytest.param("SU01", "同岗位", id="another role"),
        pytest.param("AG009", "同岗位", id="another workplace"),
        pytest.param("AG999", "核对工号", id="nobody"),
        pytest.param("", "核对工号", id="nothing"),
    ],
)
def test_who_does_not_fit_is_refused_by_name(book: Engine, to: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        delegate(book, to)

    assert says in refused.value.say("zh")


def test_who_is_away_is_refused_and_the_substitute_named(book: Engine, other: str) -> None:
    last = TODAY + timedelta(days=2)
    api.arrange_absence(book, other, "AG001", first=TODAY, last=last, actor=api.actor_of(book, other))

    with pytest.raises(BadInput) as refused:
        delegate(book, other)

    assert "AG001" in refused.value.say("zh") and str(last) in refused.value.say("zh")


def test_what_was_handed_on_is_not_handed_on_again(book: Engine, other: str) -> None:
    delegate(book, other)

    with pytest.raises(BadInput, match="hand it back"):
        delegate(book, "AG003", who=other)


def test_the_substitute_of_an_absent_owner_takes_it_back(book: Engine, other: str) -> None:
    """Absence and delegation together: third parties act for whoever is away, under the same rules."""
    with book.store.reading() as session:
        query = select(Post.employee_no).where(
            Post.role == "agent", Post.employee_no.not_in(["AG001", other])
        )
        third = str(session.scalars(query.order_by(Post.employee_no)).first())
    found = delegate(book, other)
    api.arrange_absence(book, "AG001", third, first=TODAY, last=TODAY, actor=api.actor_of(book, "AG001"))

    assert holds(book, third, InboxTab.WAITING, found)
    give_back(book, found, third)

    assert holds(book, third, InboxTab.ALL, found) and holds(book, "AG001", InboxTab.ALL, found)


def test_the_substitute_of_an_absent_colleague_does_it(book: Engine, other: str) -> None:
    found = delegate(book, other)
    api.arrange_absence(book, other, "AG001", first=TODAY, last=TODAY, actor=api.actor_of(book, other))

    complete(book, found, "AG001")

    (event,) = events(book, "task_completed", found)
    assert "AG001" == event.actor


def test_strangers_neither_hand_on_nor_take_back(book: Engine, other: str) -> None:
    with pytest.raises(NotFound):
        delegate(book, other, who="AG009")
    with pytest.raises(Forbidden):
        delegate(book, other, who="SU01")
    found = delegate(book, other)
    with pytest.raises(NotFound):
        give_back(book, found, "AG009")
    with pytest.raises(Forbidden):
        give_back(book, found, "SU01")


def test_a_bulk_act_takes_what_was_handed_to_one_and_not_what_one_handed_on(book: Engine) -> None:
    found = [task_of(book, car, "final_sweep").id for car in (9, 10)]
    api.add_user(
        book, "SP02", roles=["specialist"], unit_code="PC330102", password=PASSWORD, actor=api.SYSTEM
    )
    owner, colleague = api.actor_of(book, "SP01"), api.actor_of(book, "SP02")
    api.delegate_task(book, found[0], "SP02", note="", actor=owner)

    theirs = api.prepare_bulk(book, found, actor=owner)
    ours = api.prepare_bulk(book, found, actor=colleague)

    with book.store.reading() as session:
        rows = session.scalars(select(BulkRow).order_by(BulkRow.act_id, BulkRow.id)).all()
    assert [
        (theirs, found[0], "excepted", "已委托他人代办，请先收回"),
        (theirs, found[1], "pending", None),
        (ours, found[0], "pending", None),
    ] == [(row.act_id, row.task_id, row.status, row.reason and row.reason["zh"]) for row in rows]


def test_what_a_leaver_held_goes_back(book: Engine, other: str) -> None:
    found = delegate(book, other)
    with book.store.transaction() as tx:
        for post in tx.scalars(select(Post).where(Post.employee_no == other)):
            post.valid_to = TODAY
    tomorrow = book.clock.now() + timedelta(days=1)
    api.set_clock(book, tomorrow, actor=api.SYSTEM)

    api.settle_people(book, now=tomorrow)

    assert holds(book, "AG001", InboxTab.ALL, found)
    (event,) = events(book, "task_taken_back", found)
    assert ("system", other, "AG001") == (event.actor, event.payload["from"], event.payload["to"])


def test_the_pages_hand_on_and_take_back(book: Engine, app: Flask, other: str) -> None:
    agent, found = signed_in(app, "AG001"), task(book).id
    agent.get(f"/tasks/{found}")
    agent.submit(agent.form_to(f"/tasks/{found}/delegate"), {"colleague": other})
    with book.store.reading() as session:
        name = api.people_told_apart(session, [other])[other]
    assert f"已委托 {name} 代办" in agent.text and name != other

    agent.get("/inbox?tab=waiting")
    assert "委托" in agent.text
    colleague = signed_in(app, other)
    colleague.get(f"/tasks/{found}")
    assert "委托您代办" in colleague.text

    agent.get(f"/tasks/{found}")
    agent.submit(agent.form_to(f"/tasks/{found}/return"))
    assert "已收回或交还" in agent.text
    assert holds(book, "AG001", InboxTab.ALL, found)
    agent.get(f"/renewals/{renewal_of(book, CAR)}")
    assert "代办的任务“" in agent.text


def test_a_day_counts_as_the_absence_says(book: Engine, other: str) -> None:
    first = date(2026, 12, 1)
    api.arrange_absence(book, other, "AG001", first=first, last=first, actor=api.actor_of(book, other))

    assert delegate(book, other), "an absence that has not begun stops nobody"


def test_many_tasks_are_handed_on_at_once_and_each_refusal_is_told(
    book: Engine, app: Flask, other: str
) -> None:
    agent = signed_in(app, "AG001")
    tasks = [task_of(book, car, "record_contact").id for car in (5, 6, 7)]
    agent.get("/inbox?tab=all")
    agent.submit(
        agent.form("choose"),
        {"task": [*tasks, task_of(book, 22, "record_contact").id]},
        action="/inbox/hand-on",
    )
    assert "选定 3 项" in agent.text and "未纳入 1 项" in agent.text
    api.claim_task(book, tasks[0], actor=api.actor_of(book, "AG001"))
    complete(book, tasks[2], "AG001")

    agent.submit(agent.form("hand-on"), {"colleague": other, "note": "开会两天"})

    assert f"已将 2 项任务委托 高敬之 {other} 代办" in agent.text and "办结" in agent.text
    assert [True, True, False] == [holds(book, other, InboxTab.ALL, task) for task in tasks]
    assert agent.page is not None and "/inbox" == agent.page.request.path


def test_only_who_fits_every_chosen_task_is_offered(book: Engine, app: Flask) -> None:
    person = signed_in(app, "SP01")
    person.get("/inbox?tab=all")

    person.submit(person.form("choose"), {"all": "1"}, action="/inbox/hand-on")

    offered = [
        str(one["value"]) for one in person.soup.select("select[name=colleague] option") if one["value"]
    ]
    assert offered and "SP01" not in offered
    assert all(number.startswith("SP") for number in offered)


@pytest.mark.parametrize(
    ("step", "said"), [("", "请勾选 1 至 500 项任务后再委托"), ("/confirm", "没有选择任何任务，未做任何事")]
)
def test_nothing_chosen_is_said_in_the_inbox(app: Flask, step: str, said: str) -> None:
    agent = signed_in(app, "AG001")
    agent.get("/inbox?tab=all")

    agent.submit(agent.form("choose"), {}, action=f"/inbox/hand-on{step}")

    assert said in agent.text


def test_a_filter_that_cannot_be_read_hands_nothing_on(book: Engine, app: Flask, other: str) -> None:
    agent = signed_in(app, "AG001")
    agent.get("/inbox?tab=all")

    agent.submit(
        agent.form("choose"),
        {"all": "1", "stage": "nonsense", "colleague": other},
        action="/inbox/hand-on/confirm",
    )

    assert "无法识别" in agent.text
    assert not holds(book, other, InboxTab.ALL, task(book).id)
