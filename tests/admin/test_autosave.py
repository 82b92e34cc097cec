"""What is typed into a form is kept by itself, and outlives whatever happens to the task meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from engine import api
from engine.api import Engine
from engine.tables import TaskDraft, UserTask
from tests.acceptance import answers
from tests.support.console import PASSWORD, TODAY, Browser, signed_in, task_of

pytestmark = pytest.mark.one_database

CAR = 7
WORDS = "客户周五下午有空"


@pytest.fixture
def found(book: Engine) -> int:
    return task_of(book, CAR, "record_contact").id


def typing(browser: Browser, task: int, values: Mapping[str, str] | None = None) -> TestResponse:
    """What the page sends by itself while somebody types."""
    token = str(browser.soup.find("input", {"name": "csrf_token"})["value"])  # type: ignore[index]
    data = {"csrf_token": token, "version": "1", **(values or {"remark": WORDS, "note": WORDS})}
    return browser.client.post(f"/tasks/{task}/draft/auto", data=data)


def text_field(engine: Engine) -> str:
    """A field of the form that takes words."""
    form = engine.deployed(1).forms["record_contact"]
    return next(field.key for field in form.fields if field.kind == "textarea")


def draft(engine: Engine, task: int, who: str) -> Mapping[str, Any] | None:
    with engine.store.reading() as session:
        wanted = select(TaskDraft).where(TaskDraft.task_id == task, TaskDraft.user_name == who)
        row = session.scalars(wanted).one_or_none()
        return row.values if row else None


def give_to(engine: Engine, task: int, number: str | None) -> None:
    with engine.store.transaction() as tx:
        tx.get_one(UserTask, task).assignee_no = number


def test_what_is_typed_is_kept_and_offered_again(book: Engine, app: Flask, found: int) -> None:
    agent = signed_in(app, "AG001")
    agent.get(f"/tasks/{found}")

    answer = typing(agent, found, {text_field(book): WORDS})

    assert (200, {"saved": "10:30", "draft": "0.1"}) == (answer.status_code, answer.get_json())
    assert {text_field(book): WORDS} == draft(book, found, "AG001")
    agent.get(f"/tasks/{found}")
    assert "已恢复您" in agent.text and WORDS in agent.text


def test_when_a_colleague_was_faster_the_words_are_kept_and_shown_with_what_happened(
    book: Engine, app: Flask, found: int
) -> None:
    colleague = "AG002"
    api.arrange_absence(book, "AG001", colleague, first=TODAY, last=TODAY, actor=api.actor_of(book, "AG001"))
    agent = signed_in(app, "AG001")
    agent.get(f"/tasks/{found}")
    api.complete_task(book, found, answers.record_contact(TODAY, "12"), actor=api.actor_of(book, colleague))

    answer = typing(agent, found, {text_field(book): WORDS})

    assert 409 == answer.status_code
    assert "已于 2026-11-24 10:30" in answer.get_json()["message"]
    agent.get(answer.get_json()["url"])
    assert "您填写的内容" in agent.text and WORDS in agent.text and "办结" in agent.text


def test_when_the_task_went_to_somebody_else_the_own_words_alone_are_shown(
    book: Engine, app: Flask, found: int
) -> None:
    """A colleague to whom it was handed loses the renewal with it, but not what was typed."""
    other = "AG002"
    api.add_user(book, other, roles=["agent"], unit_code="ZC01-1", password=PASSWORD, actor=api.SYSTEM)
    api.delegate_task(book, found, other, note="", actor=api.actor_of(book, "AG001"))
    colleague, key = signed_in(app, other), text_field(book)
    colleague.get(f"/tasks/{found}")
    form = colleague.form("task-form")
    shown = {str(one["name"]): str(one["value"]) for one in form.select("input[type=hidden]")}
    kept = typing(colleague, found, {**shown, key: "先写一半"}).get_json()["draft"]
    api.return_task(book, found, actor=api.actor_of(book, "AG001"))

    colleague.submit(form, {key: WORDS, "draft": kept}, status=409)

    assert "已转给他人" in colleague.text and WORDS in colleague.text
    assert "川A" not in colleague.text and "测" not in colleague.text.replace("测算", "")
    assert {key: WORDS} == {k: v for k, v in (draft(book, found, other) or {}).items() if k == key}
    colleague.get(f"/tasks/{found}")
    assert "已转给他人" in colleague.text and WORDS in colleague.text


def test_a_form_given_too_late_gives_the_words_back(book: Engine, app: Flask, found: int) -> None:
    """Its supervisor did it as the assignee; meanwhile it became the agent's again: nothing typed is lost."""
    give_to(book, found, "SU01")
    supervisor, key = signed_in(app, "SU01"), text_field(book)
    supervisor.get(f"/tasks/{found}")
    form = supervisor.form("task-form")
    give_to(book, found, "AG001")

    supervisor.submit(form, {key: "别处来的", "opened": "x"}, status=403)
    assert draft(book, found, "SU01") is None, "who did not open it while it was theirs leaves nothing behind"

    supervisor.submit(form, {key: WORDS}, status=403)

    assert "您填写的内容" in supervisor.text and WORDS in supervisor.text
    assert WORDS == (draft(book, found, "SU01") or {})[key]


def handed_on_and_opened(book: Engine, app: Flask, task: int) -> tuple[Browser, dict[str, str]]:
    """AG002 opens a task that AG001 handed on; AG001 takes it back before anything is typed."""
    api.add_user(book, "AG002", roles=["agent"], unit_code="ZC01-1", password=PASSWORD, actor=api.SYSTEM)
    api.delegate_task(book, task, "AG002", note="", actor=api.actor_of(book, "AG001"))
    colleague = signed_in(app, "AG002")
    colleague.get(f"/tasks/{task}")
    fields = colleague.form("task-form").select("input[type=hidden]")
    api.return_task(book, task, actor=api.actor_of(book, "AG001"))
    return colleague, {str(one["name"]): str(one["value"]) for one in fields}


def test_words_typed_after_the_task_was_taken_back_are_kept_without_an_earlier_draft(
    book: Engine, app: Flask, found: int
) -> None:
    colleague, shown = handed_on_and_opened(book, app, found)
    key = text_field(book)

    answer = typing(colleague, found, {**shown, key: WORDS})

    assert (409, True) == (answer.status_code, "已转给他人" in answer.get_json()["message"])
    assert WORDS == (draft(book, found, "AG002") or {})[key]
    colleague.get(answer.get_json()["url"])
    assert WORDS in colleague.text and "川A" not in colleague.text


@pytest.mark.parametrize("way", ["", "/draft"])
def test_a_form_given_after_the_task_was_taken_back_gives_the_words_back(
    book: Engine, app: Flask, found: int, way: str
) -> None:
    colleague, shown = handed_on_and_opened(book, app, found)
    key = text_field(book)

    answer = colleague.client.post(f"/tasks/{found}{way}", data={**shown, key: WORDS})

    text = answer.get_data(as_text=True)
    assert 409 == answer.status_code and "已转给他人" in text and WORDS in text and "川A" not in text
    assert WORDS == (draft(book, found, "AG002") or {})[key]


def test_the_seal_of_a_form_opens_no_other_task_and_serves_no_other_person(
    book: Engine, app: Flask, found: int
) -> None:
    colleague, shown = handed_on_and_opened(book, app, found)
    other = next(one for one in task_numbers(book) if one != found)
    stranger = signed_in(app, "AG009")
    stranger.get("/inbox")
    own = str(stranger.soup.find("input", {"name": "csrf_token"})["value"])  # type: ignore[index]

    wrong = typing(colleague, other, shown)
    stolen = typing(stranger, found, {**shown, "csrf_token": own})
    nowhere = typing(stranger, 10**9, {**shown, "csrf_token": own})

    assert [404] * 3 == [answer.status_code for answer in (wrong, stolen, nowhere)]
    assert stolen.get_json() == nowhere.get_json(), "a foreign task looks like none"
    assert "没有保存" in stolen.get_json()["message"]
    assert draft(book, other, "AG002") is None and draft(book, found, "AG009") is None


def task_numbers(engine: Engine) -> list[int]:
    with engine.store.reading() as session:
        return list(session.scalars(select(UserTask.id).order_by(UserTask.id)))


def test_a_stranger_leaves_no_words_with_a_task(book: Engine, app: Flask, found: int) -> None:
    stranger = signed_in(app, "AG009")
    stranger.get("/inbox")

    assert 404 == typing(stranger, found).status_code
    assert draft(book, found, "AG009") is None
    stranger.get(f"/tasks/{found}", status=404)


def test_a_changed_task_says_so_and_keeps_the_words(book: Engine, app: Flask, found: int) -> None:
    agent = signed_in(app, "AG001")
    agent.get(f"/tasks/{found}")
    with book.store.transaction() as tx:
        tx.get_one(UserTask, found).version += 1

    answer = typing(agent, found, {text_field(book): WORDS})

    assert (409, True) == (answer.status_code, "已变更" in answer.get_json()["message"])
    assert {text_field(book): WORDS} == draft(book, found, "AG001")


def test_after_ones_own_submission_nothing_is_kept(book: Engine, app: Flask, found: int) -> None:
    agent = signed_in(app, "AG001")
    agent.get(f"/tasks/{found}")
    api.complete_task(book, found, answers.record_contact(TODAY, "12"), actor=api.actor_of(book, "AG001"))

    answer = typing(agent, found, {text_field(book): WORDS})

    assert 409 == answer.status_code
    assert "您已在另一个页面办结这项任务，本页的内容没有保存。" == answer.get_json()["message"]
    assert draft(book, found, "AG001") is None


def test_an_ended_session_is_told_apart(app: Flask, found: int) -> None:
    answer = app.test_client().post(f"/tasks/{found}/draft/auto", headers={"X-Requested-With": "fetch"})

    assert answer.status_code in (400, 401)


# Two pages of one person -----------------------------------------------------------------------------------------


def words(engine: Engine, task: int) -> list[Any]:
    """What AG001 has typed, draft by draft."""
    with engine.store.reading() as session:
        rows = session.scalars(select(TaskDraft).where(TaskDraft.task_id == task).order_by(TaskDraft.number))
        return [row.values.get(text_field(engine)) for row in rows]


def save(browser: Browser, engine: Engine, task: int, text: str, mark: str) -> dict[str, Any]:
    answer = typing(browser, task, {text_field(engine): text, "draft": mark})
    assert 200 == answer.status_code, answer.get_data(as_text=True)
    return dict(answer.get_json())


def test_two_pages_of_one_person_keep_a_draft_each_and_both_say_so(
    book: Engine, app: Flask, found: int
) -> None:
    agent = signed_in(app, "AG001")
    agent.get(f"/tasks/{found}")
    assert "0.0" == agent.form("task-form").select_one("input[name=draft]")["value"]  # type: ignore[index]
    first = save(agent, book, found, "第一页", "0.0")

    second = save(agent, book, found, "第二页", "0.0")
    again = save(agent, book, found, "第一页续写", first["draft"])
    further = save(agent, book, found, "第二页续写", second["draft"])

    assert ("0.1", "1.1", "0.2", "1.2") == (
        first["draft"],
        second["draft"],
        again["draft"],
        further["draft"],
    )
    assert ["第一页续写", "第二页续写"] == words(book, found)
    assert "apart" not in first
    assert all("两份草稿都已保留" in answer["apart"] for answer in (second, again, further))
    assert (f"/tasks/{found}?draft=0", f"/tasks/{found}?draft=1") == (second["url"], again["url"])


def test_the_page_shows_both_and_goes_on_with_either(book: Engine, app: Flask, found: int) -> None:
    agent = signed_in(app, "AG001")
    agent.get(f"/tasks/{found}")
    save(agent, book, found, "第一页", "0.0")
    save(agent, book, found, "第二页", "0.0")

    for number, own, other in ((0, "第一页", "第二页"), (1, "第二页", "第一页")):
        agent.get(f"/tasks/{found}?draft={number}")
        form = agent.form("task-form")
        assert f"{number}.1" == form.select_one("input[name=draft]")["value"]  # type: ignore[index]
        assert own in form.get_text() and other not in form.get_text()
        (fold,) = [one for one in agent.soup.select("details.ui-fold") if "另一份草稿" in one.get_text()]
        assert other in fold.get_text()
    agent.get(f"/tasks/{found}?draft=nonsense")
    assert "两份草稿都已保留" in agent.text


def test_the_button_keeps_both_too_and_the_same_words_are_one_draft(
    book: Engine, app: Flask, found: int
) -> None:
    agent = signed_in(app, "AG001")
    agent.get(f"/tasks/{found}")
    form = agent.form("task-form")
    save(agent, book, found, "第一页", "0.0")
    assert "0.1" == save(agent, book, found, "第一页", "0.0")["draft"]

    agent.submit(form, {text_field(book): "第二页"}, action=f"/tasks/{found}/draft")

    assert "草稿已保存" in agent.text and "两份草稿都已保留" in agent.text
    assert ["第一页", "第二页"] == words(book, found)
    assert "第二页" in agent.form("task-form").get_text()


def test_a_form_given_too_late_goes_beside_the_draft_of_the_other_page(
    book: Engine, app: Flask, found: int
) -> None:
    agent = signed_in(app, "AG001")
    agent.get(f"/tasks/{found}")
    form = agent.form("task-form")
    save(agent, book, found, "第一页", "0.0")
    with book.store.transaction() as tx:
        tx.get_one(UserTask, found).version += 1
    given = {**answers.record_contact(TODAY, "12"), text_field(book): "第二页"}

    agent.submit(form, given, status=409)

    assert ["第一页", "第二页"] == words(book, found)
    assert "第二页" in agent.form("task-form").get_text()


def test_giving_the_form_ends_all_drafts(book: Engine, app: Flask, found: int) -> None:
    agent = signed_in(app, "AG001")
    agent.get(f"/tasks/{found}")
    for page in ("第一页", "第二页"):
        save(agent, book, found, page, "0.0")

    agent.submit(agent.form("task-form"), answers.record_contact(TODAY, "12"))

    assert [] == words(book, found)


def test_more_pages_than_anybody_needs_are_told_that_nothing_is_kept(
    book: Engine, app: Flask, found: int
) -> None:
    agent = signed_in(app, "AG001")
    agent.get(f"/tasks/{found}")
    for number in range(5):
        save(agent, book, found, f"第 {number} 页", "0.0")

    answer = typing(agent, found, {text_field(book): "多一页", "draft": "0.0"})

    assert (409, True) == (answer.status_code, "页面过多" in answer.get_json()["message"])
    assert 5 == len(words(book, found))
    assert {"saved", "draft", "apart", "url"} == set(save(agent, book, found, "第 4 页续写", "4.1"))
