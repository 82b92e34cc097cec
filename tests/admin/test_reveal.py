"""The button beside a masked value: a reason, one look, gone with the next page."""

from __future__ import annotations

import pytest
from flask import Flask

from engine.api import Engine
from tests.support.console import Browser, open_tasks, renewal_of, signed_in

pytestmark = pytest.mark.one_database

PHONE = "13900000007"


@pytest.fixture
def page(book: Engine) -> str:
    return f"/renewals/{renewal_of(book, 7)}"


def ask(person: Browser, page: str, field: str, reason: str, status: int = 200) -> None:
    forms = person.soup.select(f"form[action='{page}/reveal#customer']")
    form = next(one for one in forms if one.select_one(f"input[name=field][value={field}]"))
    person.submit(form, {"reason": reason}, status=status)


def test_a_value_is_shown_once_and_stands_in_the_timeline(app: Flask, page: str) -> None:
    agent = signed_in(app, "AG001")
    agent.get(page)
    assert PHONE not in agent.text

    ask(agent, page, "phone", "客户来电核对")

    assert PHONE in agent.text
    assert "查看了手机原文" in agent.text and "客户来电核对" in agent.text
    assert agent.page is not None
    assert "no-store" == agent.page.headers["Cache-Control"]
    agent.get(f"{page}/reveal")
    assert PHONE not in agent.text


def test_a_short_reason_is_told_on_the_page(app: Flask, page: str) -> None:
    agent = signed_in(app, "AG001")
    agent.get(page)

    ask(agent, page, "phone", "无", status=400)

    assert PHONE not in agent.text
    assert "至少 4 个字" in agent.text


def test_a_task_leads_to_the_place_of_the_button(app: Flask, book: Engine, page: str) -> None:
    agent, auditor = signed_in(app, "AG001"), signed_in(app, "AU01")
    task = next(task for task in open_tasks(book, 7) if task.assignee_no == "AG001")
    for person in (agent, auditor):
        person.get(f"/tasks/{task.id}")
    link = f"a[href='{page}#customer']"

    assert agent.soup.select_one(link)
    assert not auditor.soup.select_one(link)
    agent.get(page)
    assert agent.soup.select_one("#customer form")


def test_a_post_without_a_token_shows_nothing(app: Flask, page: str) -> None:
    agent = signed_in(app, "AG001")

    answer = agent.client.post(f"{page}/reveal", data={"field": "phone", "reason": "客户来电核对"})

    assert answer.status_code >= 400
    assert PHONE not in answer.get_data(as_text=True)


@pytest.mark.parametrize("who", ["AD01", "AU01", "PO01"])
def test_governing_roles_have_no_button_and_no_way(app: Flask, page: str, who: str) -> None:
    agent = signed_in(app, "AG001")
    agent.get(page)
    person = signed_in(app, who)
    person.get(page)
    assert not person.soup.select(f"form[action='{page}/reveal#customer']")

    form = agent.soup.select_one(f"form[action='{page}/reveal#customer']")
    assert form is not None
    token = person.soup.select_one("input[name=csrf_token]")
    assert token is not None
    person.submit(
        form, {"field": "phone", "reason": "客户来电核对", "csrf_token": token["value"]}, status=403
    )
    assert PHONE not in person.text


def test_the_page_speaks_english(app: Flask, page: str) -> None:
    agent = signed_in(app, "AG001")
    agent.get(page)
    agent.submit(agent.form_to("/language"), {"lang": "en"})
    agent.get(page)

    ask(agent, page, "plate", "asked by the customer")

    assert "looked at the plate in the clear" in agent.text
