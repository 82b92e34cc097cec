"""The call button on a page: with a script and without, refused in words, and only for whom it is meant."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from engine.api import Engine
from engine.services.reveal import MOST
from tests.services.test_calling import CAR, change_customer
from tests.support.console import Browser, open_tasks, renewal_of, signed_in

pytestmark = pytest.mark.one_database

PHONE = "13900000007"
SCRIPT = {"X-Requested-With": "fetch"}


@pytest.fixture
def target(book: Engine) -> str:
    return f"/renewals/{renewal_of(book, CAR)}/call"


def pages(book: Engine) -> list[str]:
    task = next(task for task in open_tasks(book, CAR) if task.assignee_no == "AG001")
    return [f"/tasks/{task.id}", f"/renewals/{renewal_of(book, CAR)}", "/", "/inbox?tab=all"]


def held(person: Browser, page: str, target: str) -> dict[str, str]:
    """What the button on *page* would send."""
    person.get(page)
    return dict(person.entries(person.form_to(target)))


def press(person: Browser, target: str, button: dict[str, str], *, by_script: bool = False) -> int:
    headers = SCRIPT if by_script else {}
    person.page = person.client.post(target, data=button, headers=headers, follow_redirects=True)
    return person.page.status_code


def answered(person: Browser) -> dict[str, Any]:
    """The data a script was answered with."""
    assert person.page is not None
    found: dict[str, Any] = person.page.get_json()
    return found


def test_every_page_of_an_agents_day_offers_the_call(book: Engine, app: Flask, target: str) -> None:
    agent = signed_in(app, "AG001")

    for page in pages(book):
        agent.get(page)
        assert agent.form_to(target), page
        assert PHONE not in agent.text


def test_without_a_script_the_number_comes_on_a_page_that_dials_and_leads_back(
    book: Engine, app: Flask, target: str
) -> None:
    agent = signed_in(app, "AG001")
    task = pages(book)[0]

    assert 200 == press(agent, target, held(agent, task, target))

    assert agent.page is not None and "no-store" == agent.page.headers["Cache-Control"]
    assert agent.soup.select_one(f"a[href='tel:{PHONE}']")
    assert agent.soup.select_one(f".ui-acts a[href^='{task}']")
    agent.get(target)
    assert PHONE not in agent.text
    assert "拨打客户电话，查看了手机原文" in agent.text


def test_with_a_script_the_number_comes_as_data(book: Engine, app: Flask, target: str) -> None:
    change_customer(book, phone_doubtful=True)
    agent = signed_in(app, "AG001")
    button = held(agent, pages(book)[0], target)
    assert "号码存疑" in agent.text

    assert 200 == press(agent, target, button, by_script=True)

    assert {"number": PHONE, "dial": PHONE, "doubtful": True} == answered(agent)


def test_a_customer_who_wants_no_contact_has_no_button_and_a_held_one_is_refused(
    book: Engine, app: Flask, target: str
) -> None:
    agent = signed_in(app, "AG001")
    button = held(agent, pages(book)[0], target)
    change_customer(book, do_not_contact=True)

    assert 409 == press(agent, target, button, by_script=True)
    assert "不再联系" in answered(agent)["message"]
    assert 200 == press(agent, target, button)
    assert "不能拨打" in agent.text and PHONE not in agent.text
    for page in pages(book):
        agent.get(page)
        assert not agent.soup.find("form", action=target), page


def test_too_many_calls_are_refused_in_words(book: Engine, app: Flask, target: str) -> None:
    agent = signed_in(app, "AG001")
    button = held(agent, pages(book)[0], target)
    for _ in range(MOST):
        assert 200 == press(agent, target, button, by_script=True)

    assert 429 == press(agent, target, button, by_script=True)

    assert "一小时内" in answered(agent)["message"]


@pytest.mark.parametrize("who", ["AU01", "AD01"])
def test_who_may_see_no_clear_values_has_no_button(book: Engine, app: Flask, who: str, target: str) -> None:
    person = signed_in(app, who)
    for page in pages(book)[:2]:
        person.get(page)
        assert not person.soup.find("form", action=target)


def test_another_units_renewal_is_not_found(book: Engine, app: Flask, target: str) -> None:
    stranger = signed_in(app, "AG009")
    own = f"/renewals/{renewal_of(book, 22)}"
    button = held(stranger, own, f"{own}/call")

    assert 404 == press(stranger, target, button, by_script=True)
