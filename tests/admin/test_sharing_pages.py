"""What the console shows of a customer who withdraws sharing: to who loses the renewal and to who gets it."""

from __future__ import annotations

import pytest
from flask import Flask

from engine.api import Engine
from tests.services.test_consents import customer, say
from tests.support.console import Browser, renewal_of, signed_in, task_of

pytestmark = pytest.mark.one_database

CAR = 7


def withdraw(browser: Browser, engine: Engine) -> None:
    browser.get(f"/customers/{customer(engine).id}")
    browser.submit(browser.form("consent"), {"kinds": ["share_to_life"], "answer": "withdrawn"})


def test_the_agent_who_records_it_is_told_where_it_went_and_lands_in_the_inbox(
    book: Engine, app: Flask
) -> None:
    agent = signed_in(app, "AG001")

    withdraw(agent, book)

    assert "/inbox" == agent.page.request.path if agent.page else None
    assert "已登记 1 项，立即生效" in agent.text
    assert "1 笔在办续保已转由交叉销售专员服务，寿险人员不再办理" in agent.text
    agent.get(f"/customers/{customer(book).id}", status=404)
    agent.get(f"/renewals/{renewal_of(book, CAR)}", status=404)


def test_the_specialist_sees_why_it_is_hers_with_both_owners_in_the_history(book: Engine, app: Flask) -> None:
    specialist = signed_in(app, "SP01")

    withdraw(specialist, book)

    assert f"/customers/{customer(book).id}" == specialist.page.request.path if specialist.page else None
    specialist.get(f"/renewals/{renewal_of(book, CAR)}")
    assert "仅专员服务" in specialist.text
    assert "不向寿险公司提供 由交叉销售专员直接服务；客户重新同意后转回" in specialist.text
    assert "不参与" in specialist.text
    timeline = specialist.soup.find(id="timeline")
    assert timeline is not None
    told = " ".join(timeline.get_text(" ").split())
    assert "客户不同意向寿险公司提供信息：续保由" in told
    assert "AG001" in told and "直接服务，寿险人员不再办理" in told
    specialist.get("/inbox?tab=all")
    assert "仅专员服务" in specialist.text


def test_a_form_that_was_open_gives_the_agent_the_own_words_back(book: Engine, app: Flask) -> None:
    task = task_of(book, CAR, "record_contact")
    agent = signed_in(app, str(task.assignee_no))
    agent.get(f"/tasks/{task.id}")
    form = agent.form("task-form")
    say(book, "SP01", kinds=["share_to_life"], answer="withdrawn")

    agent.submit(form, {"note": "约好周末再谈"}, status=409)

    assert "已转给他人" in agent.text
    assert "约好周末再谈" in agent.text
