"""Nothing that somebody typed is lost when the session ends; and it comes back to its author alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import Tag
from flask import Flask
from flask.testing import FlaskClient

from admin.kept import Kept, seal
from engine.api import Engine
from engine.services import sign_in
from engine.tables import TaskDraft
from tests.support.console import PASSWORD, Browser, signed_in, task_of

pytestmark = pytest.mark.one_database

WORDS = "客户说下周二上午再谈"
OURS = {"Origin": "http://localhost"}


@pytest.fixture
def agent(agent: Browser) -> Browser:
    """Agent AG001 in a browser that says where its forms stood."""
    return from_us(agent)


def from_us(browser: Browser) -> Browser:
    browser.client.environ_base["HTTP_ORIGIN"] = "http://localhost"
    return browser


def run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    later = sign_in.wall_now() + timedelta(minutes=31)
    monkeypatch.setattr(sign_in, "wall_now", lambda: later)


def typed(agent: Browser, book: Engine, **values: str) -> tuple[int, Tag]:
    """Open the contact record of car 6 and return its form as the browser would send it."""
    task = task_of(book, 6, "record_contact").id
    agent.get(f"/tasks/{task}")
    return task, agent.form("task-form")


@pytest.mark.parametrize("way", ["draft", "complete"])
def test_what_was_typed_survives_the_end_of_the_session(
    agent: Browser, book: Engine, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    task, form = typed(agent, book)
    run_out(monkeypatch)

    target = f"/tasks/{task}/draft" if way == "draft" else f"/tasks/{task}"
    agent.submit(form, {"note": WORDS}, status=401, action=target)
    assert "您填写的内容已保留" in agent.text
    agent.submit(agent.form("sign-in"), {"username": "AG001", "password": PASSWORD})
    assert "您填写的内容还在" in agent.text
    agent.submit(agent.form("kept-form"), status=200 if way == "draft" else 422)

    assert WORDS in str(agent.soup), "on the form again, as a draft or beside what is still missing"
    with book.store.reading() as session:
        drafts = session.query(TaskDraft).filter_by(task_id=task).all()
    assert ([WORDS] if way == "draft" else []) == [draft.values["note"] for draft in drafts]


def test_a_wrong_password_in_between_loses_nothing(
    agent: Browser, book: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, form = typed(agent, book)
    run_out(monkeypatch)
    agent.submit(form, {"note": WORDS}, status=401, action=f"/tasks/{task}/draft")

    agent.submit(agent.form("sign-in"), {"username": "AG001", "password": "wrong"})
    agent.submit(agent.form("sign-in"), {"username": "AG001", "password": PASSWORD})

    assert WORDS in str(agent.form("kept-form"))


def test_somebody_else_who_signs_in_gets_none_of_it(
    agent: Browser, book: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, form = typed(agent, book)
    run_out(monkeypatch)
    agent.submit(form, {"note": WORDS}, status=401, action=f"/tasks/{task}/draft")
    assert WORDS not in str(agent.soup), "sealed while nobody is signed in"

    agent.submit(agent.form("sign-in"), {"username": "TR01", "password": PASSWORD})

    assert "由另一位用户填写，已丢弃" in agent.text
    assert WORDS not in str(agent.soup)


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {}, {**OURS, "Sec-Fetch-Site": "cross-site"}],
    ids=["another site", "a hidden site", "no site", "the browser says so"],
)
def test_a_form_of_another_site_is_not_kept(
    app: Flask, book: Engine, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    agent = signed_in(app, "AG001")
    task, form = typed(agent, book)
    data = dict(agent.entries(form)) | {"note": WORDS}
    run_out(monkeypatch)

    page = agent.client.post(f"/tasks/{task}/draft", data=data, headers=headers)

    assert 401 == page.status_code
    assert "已保留" not in page.get_data(as_text=True)


def test_a_form_without_its_author_s_seal_is_not_kept(app: Flask) -> None:
    for mark in ("", "AG001", "IkFHMDAxIg.forged"):
        page = app.test_client().post("/tasks/1/draft", data={"note": WORDS, "typed_by": mark}, headers=OURS)
        assert 401 == page.status_code
        assert "已保留" not in page.get_data(as_text=True)


def test_passwords_and_files_are_never_kept(agent: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    agent.get("/account")
    form = agent.form_to("/account/password")
    run_out(monkeypatch)

    agent.submit(form, {"old": PASSWORD, "new": "another-good-one", "again": "another-good-one"}, status=401)

    assert "已保留" not in agent.text


def test_a_form_from_before_a_second_sign_in_is_offered_again_to_the_same_person(
    agent: Browser, app: Flask, book: Engine
) -> None:
    task, form = typed(agent, book)
    old_tab = dict(agent.entries(form)) | {"note": WORDS}
    sign_in_again(agent.client, "AG001")

    page = agent.client.post(f"/tasks/{task}/draft", data=old_tab)

    assert 400 == page.status_code
    assert WORDS in page.get_data(as_text=True)
    sign_in_again(agent.client, "TR01")
    other = agent.client.post(f"/tasks/{task}/draft", data=old_tab)
    assert 400 == other.status_code
    assert WORDS not in other.get_data(as_text=True)


def sign_in_again(client: FlaskClient, name: str) -> None:
    tab = from_us(Browser(client))
    tab.get("/")
    tab.submit(tab.form_to("/logout"))
    tab.submit(tab.form("sign-in"), {"username": name, "password": PASSWORD})


def test_a_submission_too_long_to_travel_is_told_so(app: Flask) -> None:
    import secrets

    with app.test_request_context("/"):
        kept = Kept(author="AG001", target="/tasks/1", fields=(("note", secrets.token_hex(500_000)),))

        assert seal(kept) is None


def test_a_page_asked_for_without_a_session_says_why_one_signs_in(app: Flask) -> None:
    stranger = Browser(app.test_client())

    stranger.get("/renewals?stage=pool")

    assert "请先登录，登录后会打开您要看的页面" in stranger.text
