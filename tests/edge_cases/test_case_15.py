"""Domain case 15: while somebody is away a colleague of the same role does the tasks, and the history says who did."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from engine import api
from engine.api import Engine, InboxTab, InboxWish, Present
from engine.errors import BadInput, Forbidden, NotFound
from engine.tables import HistoryEvent, Post, UserTask
from tests.acceptance import answers
from tests.support.console import TODAY, at, signed_in, task_of

pytestmark = pytest.mark.one_database

LAST = TODAY + timedelta(days=4)


def colleague_of(engine: Engine, number: str, role: str) -> str:
    """Another person of the same role."""
    with engine.store.reading() as session:
        query = select(Post.employee_no).where(Post.role == role, Post.employee_no != number)
        return str(session.scalars(query.order_by(Post.employee_no)).first())


@pytest.fixture
def other(book: Engine) -> str:
    return colleague_of(book, "AG001", "agent")


def arrange(
    engine: Engine, away: str, substitute: str, *, by: str, first: date = TODAY, last: date = LAST
) -> int:
    return api.arrange_absence(
        engine, away, substitute, first=first, last=last, actor=api.actor_of(engine, by)
    )


def inbox(engine: Engine, name: str) -> set[int]:
    with engine.store.reading() as session:
        page = api.inbox_page(
            session,
            api.actor_of(engine, name),
            InboxWish(tab=InboxTab.ALL, limit=200),
            Present.of(engine.clock),
        )
    return {row.task_id for row in page.rows}


def test_case_15_the_substitute_finds_the_tasks_and_so_does_their_owner(book: Engine, other: str) -> None:
    theirs = inbox(book, "AG001")
    assert theirs and not theirs & inbox(book, other)

    arrange(book, "AG001", other, by="AG001")

    assert theirs <= inbox(book, other)
    assert theirs == inbox(book, "AG001")


def test_case_15_what_the_substitute_does_bears_both_names(book: Engine, other: str) -> None:
    arrange(book, "AG001", other, by="AG001")
    task = task_of(book, 7, "record_contact")

    api.complete_task(book, task.id, answers.record_contact(TODAY, "12"), actor=api.actor_of(book, other))

    with book.store.reading() as session:
        done = session.get_one(UserTask, task.id)
        (event,) = session.scalars(
            select(HistoryEvent).where(
                HistoryEvent.action == "task_completed", HistoryEvent.task_id == task.id
            )
        )
    assert ("AG001", other) == (done.assignee_no, done.completed_by)
    assert (other, "AG001") == (event.actor, event.payload["on_behalf_of"])


@pytest.mark.parametrize("day", [-1, 5])
def test_case_15_before_and_after_the_period_nothing_is_open(book: Engine, other: str, day: int) -> None:
    first = TODAY + timedelta(days=10)
    arrange(book, "AG001", other, by="AG001", first=first, last=first + timedelta(days=4))

    api.set_clock(book, at(book, first + timedelta(days=day), 10), actor=api.SYSTEM)

    assert not api.actor_of(book, other).stands_in_for
    with pytest.raises((Forbidden, NotFound)):
        api.claim_task(book, task_of(book, 7, "record_contact").id, actor=api.actor_of(book, other))


def test_case_15_an_absence_that_was_ended_opens_nothing(book: Engine, other: str) -> None:
    absence = arrange(book, "AG001", other, by="AG001")

    api.end_absence(book, absence, actor=api.actor_of(book, "AG001"))

    assert not api.actor_of(book, other).stands_in_for
    with pytest.raises(NotFound):
        api.end_absence(book, absence, actor=api.actor_of(book, "AG001"))


def test_case_15_a_superior_arranges_it_for_somebody_of_the_unit(book: Engine, other: str) -> None:
    arrange(book, "AG001", other, by="TR01")

    assert {"AG001"} == api.actor_of(book, other).stands_in_for


@pytest.mark.parametrize(
    ("away", "substitute", "by", "says"),
    [
        pytest.param("AG001", "AG001", "AG001", "本人", id="oneself"),
        pytest.param("AG001", "SP01", "AG001", "同岗位", id="another role"),
        pytest.param("AG001", "AG999", "AG001", "核对工号", id="nobody"),
        pytest.param("AG009", "AG001", "AG001", "本人或本机构", id="a colleague by a colleague"),
        pytest.param("AG009", "AG001", "TR01", "本人或本机构", id="of another unit"),
    ],
)
def test_case_15_what_will_not_do_is_refused_by_name(
    book: Engine, away: str, substitute: str, by: str, says: str
) -> None:
    with pytest.raises(BadInput) as refused:
        arrange(book, away, substitute, by=by)

    assert says in refused.value.say("zh")


@pytest.mark.parametrize(("first", "last"), [(2, 1), (-5, -1), (0, 90)])
def test_case_15_an_impossible_period_is_refused(book: Engine, other: str, first: int, last: int) -> None:
    with pytest.raises(BadInput):
        arrange(
            book,
            "AG001",
            other,
            by="AG001",
            first=TODAY + timedelta(days=first),
            last=TODAY + timedelta(days=last),
        )


def test_case_15_nobody_stands_in_who_is_away_and_nobody_is_away_twice(book: Engine, other: str) -> None:
    arrange(book, other, "AG001", by=other)

    with pytest.raises(BadInput):
        arrange(book, "AG001", other, by="AG001")
    with pytest.raises(BadInput):
        arrange(book, other, "AG001", by=other)


def test_case_15_it_is_arranged_and_ended_on_the_account_page(book: Engine, app: Flask, other: str) -> None:
    agent = signed_in(app, "AG001")
    agent.get("/account")

    agent.submit(agent.form("absence"), {"substitute_no": other, "last": LAST.isoformat()})
    assert "请假已登记" in agent.text
    assert {"AG001"} == api.actor_of(book, other).stands_in_for

    form = next(f for f in agent.soup.find_all("form") if str(f.get("action", "")).endswith("/end"))
    agent.submit(form, {})
    assert "请假已结束" in agent.text
    assert not api.actor_of(book, other).stands_in_for


def test_case_15_a_wrong_day_is_said_beside_the_form(app: Flask, other: str) -> None:
    agent = signed_in(app, "AG001")
    agent.get("/account")

    agent.submit(agent.form("absence"), {"substitute_no": other, "last": "soon"}, status=400)

    assert "请按 2026-12-31 的格式填写" in agent.text


def test_case_15_nobody_of_another_workplace_stands_in_unless_a_superior_of_both_says_so(
    book: Engine, app: Flask
) -> None:
    with pytest.raises(BadInput) as refused:
        arrange(book, "AG001", "AG009", by="AG001")
    assert "同岗位" in refused.value.say("zh") and "上级" in refused.value.say("zh")
    with pytest.raises(BadInput):
        arrange(book, "AG001", "AG009", by="TR01")  # of the one workplace only

    agent = signed_in(app, "AG001")
    agent.get("/account")
    offered = {str(option["value"]) for option in agent.soup.select("datalist#substitutes option")}
    assert "AG002" in offered
    assert not offered & {"AG001", "AG009"}

    across(book)
    assert {"AG001"} == api.actor_of(book, "AG009").stands_in_for


def across(engine: Engine) -> int:
    """AG009 of another workplace stands in, as somebody above both arranges it."""
    return api.arrange_absence(engine, "AG001", "AG009", first=TODAY, last=LAST, actor=api.SYSTEM)


def test_case_15_the_substitute_does_not_end_it_but_a_superior_does(book: Engine, app: Flask) -> None:
    absence = across(book)

    with pytest.raises(Forbidden):
        api.end_absence(book, absence, actor=api.actor_of(book, "AG009"))
    with pytest.raises(NotFound):
        api.end_absence(book, absence, actor=api.actor_of(book, "SP01"))
    substitute = signed_in(app, "AG009")
    substitute.get("/account")
    assert "由请假人或其上级结束" in substitute.text
    form = substitute.form("absence")
    substitute.submit(form, {}, status=403, action=f"/account/absences/{absence}/end")
    assert "结束他人的请假" in substitute.text

    api.end_absence(book, absence, actor=api.actor_of(book, "TR01"))
    assert not api.actor_of(book, "AG009").stands_in_for
