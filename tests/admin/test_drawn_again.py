"""A page that answers a form speaks the other language in its place: what was chosen, typed and said stays."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from bs4 import Tag
from flask import Flask
from sqlalchemy import func, select

from engine import api
from engine.api import Engine
from engine.tables import Absence, HistoryEvent
from tests.acceptance import answers
from tests.support.console import PASSWORD, TODAY, Browser, signed_in, task_of

pytestmark = pytest.mark.one_database
SOON = (TODAY + timedelta(days=3)).isoformat()


def mine(engine: Engine) -> list[int]:
    return [task_of(engine, car, "record_contact").id for car in (7, 5)]


def choose(agent: Browser, tasks: list[int], way: str) -> None:
    agent.get("/inbox?tab=all")
    agent.submit(agent.form("choose"), {"task": tasks}, action=f"/inbox/{way}")


def switch(browser: Browser, typed: dict[str, str] | None = None, status: int = 200) -> None:
    """Press the switch of language with *typed* standing in the page's form."""
    button = browser.soup.select_one(".ui-lang button[name]")
    assert button is not None and browser.page is not None
    pressed = {str(button["name"]): str(button["value"])}
    if button.get("form"):
        form = browser.form(str(button["form"]))
        browser.submit(form, {**(typed or {}), **pressed}, status, action=str(button["formaction"]))
    else:
        form = browser.soup.select_one("form.ui-lang")
        assert isinstance(form, Tag)
        browser.submit(form, pressed, status)


def place(browser: Browser) -> str:
    assert browser.page is not None
    return browser.page.request.path


def value(browser: Browser, name: str) -> str:
    field = browser.soup.select_one(f"#main [name={name}]")
    assert field is not None
    if field.name == "select":
        chosen = field.select_one("option[selected]")
        return str(chosen["value"]) if chosen else ""
    return str(field.get("value", ""))


def events(engine: Engine) -> int:
    with engine.store.reading() as session:
        return session.scalar(select(func.count()).select_from(HistoryEvent)) or 0


def test_what_is_put_off_stays_chosen_and_typed(book: Engine, app: Flask) -> None:
    agent = signed_in(app, "AG001")
    choose(agent, mine(book), "put-off")
    before = events(book)

    switch(agent, {"day": SOON, "reason": "客户出差"})

    assert ("/inbox/put-off", "en") == (place(agent), agent.soup.html["lang"])  # type: ignore[index]
    assert "Put off" in agent.text and (SOON, "客户出差") == (value(agent, "day"), value(agent, "reason"))
    assert before == events(book), "nothing was done"
    switch(agent)
    assert "选定 2 项" in agent.text and SOON == value(agent, "day")
    agent.submit(agent.form("put-off"))
    assert f"已将 2 项任务推迟到 {SOON}" in agent.text


def test_a_refused_put_off_says_why_in_both_languages(book: Engine, app: Flask) -> None:
    agent = signed_in(app, "AG001")
    choose(agent, [task_of(book, 10, "report_lapse_reason").id], "put-off")
    agent.submit(
        agent.form("put-off"), {"day": (TODAY + timedelta(days=1)).isoformat(), "reason": ""}, status=422
    )
    assert "请写明推迟的理由" in agent.text

    switch(agent)

    refused = agent.soup.select_one("td.ui-bad")
    assert "/inbox/put-off/confirm" == place(agent) and refused is not None
    assert "say why" in refused.get_text()
    switch(agent)
    assert "请写明推迟的理由" in agent.text
    agent.submit(agent.form("put-off"), {"day": ""}, status=422)
    switch(agent)
    assert agent.soup.select_one(".ui-message-error") is not None


def test_a_refused_hand_on_keeps_the_choice_and_the_note(book: Engine, app: Flask) -> None:
    agent = signed_in(app, "AG001")
    choose(agent, mine(book), "hand-on")

    agent.submit(agent.form("hand-on"), {"colleague": "AG009", "note": "开会两天"}, status=422)

    assert "开会两天" == value(agent, "note") and agent.soup.select("#main .ui-message-error, td.ui-bad")
    said = agent.text
    switch(agent, {"note": "开会三天"})
    assert "/inbox/hand-on/confirm" == place(agent) and "Hand to a colleague" in agent.text
    assert "开会三天" == value(agent, "note") and agent.soup.select("#main .ui-message-error, td.ui-bad")
    switch(agent, {"note": "开会两天"})
    assert said == agent.text


def test_the_chosen_colleague_stays_chosen(book: Engine, app: Flask) -> None:
    agent, tasks = signed_in(app, "AG001"), mine(book)
    choose(agent, tasks, "hand-on")
    colleague = agent.soup.select("select[name=colleague] option")[1]["value"]

    switch(agent, {"colleague": str(colleague)})

    assert colleague == value(agent, "colleague")


@pytest.mark.parametrize("act", ["put-off", "delegate"])
def test_a_refused_act_on_one_task_keeps_what_was_typed_beside_its_form(
    book: Engine, app: Flask, act: str
) -> None:
    agent, (task, _other) = signed_in(app, "AG001"), mine(book)
    agent.get(f"/tasks/{task}")
    typed = (
        {"day": "2027-12-31", "reason": "客户出差"}
        if act == "put-off"
        else {"colleague": "AG009", "note": "客户出差"}
    )

    agent.submit(agent.form_to(f"/tasks/{task}/{act}"), typed, status=400)

    fold = agent.soup.select_one(f"details#{act}[open]")
    assert fold is not None and fold.select_one(".ui-message-error") is not None
    assert "客户出差" in str(fold)
    assert ("2027-12-31" in str(fold)) is (act == "put-off")
    switch(agent)
    assert f"/tasks/{task}/{act}" == place(agent)
    english = agent.soup.select_one(f"details#{act}[open] .ui-message-error")
    assert english is not None and "，" not in english.get_text() and "客户出差" in str(english.parent)
    agent.get(f"/tasks/{task}")
    assert agent.soup.select_one(f"details#{act}[open]") is None


def test_what_the_page_has_no_form_for_any_more_is_told_above_all(book: Engine, app: Flask) -> None:
    agent, (task, _other) = signed_in(app, "AG001"), mine(book)
    agent.get(f"/tasks/{task}")
    form = agent.form_to(f"/tasks/{task}/put-off")
    api.complete_task(book, task, answers.record_contact(TODAY, "12"), actor=api.actor_of(book, "AG001"))

    agent.submit(form, {"day": SOON, "reason": "客户出差"})

    assert f"/tasks/{task}" == place(agent) and agent.soup.select_one(".ui-message-error") is not None


def test_a_refused_absence_keeps_what_was_typed_and_says_why(book: Engine, app: Flask) -> None:
    agent = signed_in(app, "AG001")
    agent.get("/account")
    typed = {"substitute_no": "AG009", "first": SOON, "last": SOON}
    agent.submit(agent.form("absence"), typed, status=400)
    assert "替办人" in agent.text

    switch(agent, {"last": (TODAY + timedelta(days=4)).isoformat()})

    error = agent.soup.select_one("#main .ui-message-error")
    assert "/account/absences" == place(agent) and error is not None and "替办人" not in error.get_text()
    assert ("AG009", SOON) == (value(agent, "substitute_no"), value(agent, "first"))
    assert (TODAY + timedelta(days=4)).isoformat() == value(agent, "last")
    agent.submit(agent.form("absence"), {"first": "gestern"}, status=400)
    switch(agent)
    assert "开始日期" in agent.text and "gestern" in agent.text
    with book.store.reading() as session:
        assert not session.scalar(select(func.count()).select_from(Absence))


def test_a_refused_password_comes_back_to_the_form_with_its_error_and_no_password(app: Flask) -> None:
    agent = signed_in(app, "AG001")
    agent.get("/account")
    old, new = PASSWORD + "-wrong", "another-good-password-2"
    agent.submit(agent.form_to("/account/password"), {"old": old, "new": new, "again": new}, status=422)
    assert "原密码不正确，密码未修改。" in agent.text

    switch(agent)

    error = agent.soup.select_one(".ui-message-error")
    assert "/account/password" == place(agent) and error is not None
    assert "password" in error.get_text()
    assert agent.page is not None
    assert not any(secret in agent.page.get_data(as_text=True) for secret in (old, new))
    switch(agent)
    assert "原密码不正确，密码未修改。" in agent.text


def test_what_became_of_an_urging_is_said_again_and_nobody_urged_again(book: Engine, app: Flask) -> None:
    superior = signed_in(app, "SU01")
    superior.get("/urge?late=0")
    superior.submit(superior.form("urge"), {"all": "1"})
    told, before = superior.text, events(book)
    assert "已催：" in told

    switch(superior)

    assert "/urge" == place(superior) and "Urged" in superior.text
    assert before == events(book)
    switch(superior)
    assert told == superior.text


def test_what_is_said_is_under_a_seal_and_other_pages_do_not_switch_this_way(app: Flask) -> None:
    agent = signed_in(app, "AG001")
    agent.get("/account")
    form = agent.form("absence")

    agent.submit(form, {"ui_lang": "en", "ui_said": quote("forged")}, action="/account/password")
    assert agent.soup.select_one(".ui-message-error") is None
    agent.submit(form, {"ui_lang": "xx"}, status=400, action="/account/password")
    agent.submit(form, {"ui_lang": "zh"}, status=400, action="/logout")
