"""Whoever urges from a page that is out of date, or more than it lists, is told why each one was not urged."""

from __future__ import annotations

import pytest
from flask import Flask

from admin.views import urging
from engine import api
from engine.api import Engine
from tests.acceptance import answers
from tests.support.console import TODAY, Browser, renewal_of, signed_in, task_of

pytestmark = pytest.mark.one_database


def not_urged(browser: Browser) -> list[str]:
    return [" ".join(row.get_text(" ").split()) for row in browser.soup.select("#not-urged tbody tr")]


def test_a_task_completed_meanwhile_is_named_with_its_reason(book: Engine, app: Flask) -> None:
    superior, task = signed_in(app, "SU01"), task_of(book, 7, "record_contact")
    superior.get("/urge?late=0")
    form = superior.form("urge")
    api.complete_task(book, task.id, answers.record_contact(TODAY, "12"), actor=api.actor_of(book, "AG001"))

    superior.submit(form, {"task": [task.id]})

    assert "已催办 0 项，未催办 1 项" in superior.text
    (row,) = not_urged(superior)
    assert "任务已办结或已不需要" in row and task.action_id in row
    assert superior.soup.select_one(f"#not-urged a[href='/renewals/{renewal_of(book, 7)}']") is not None


def test_those_the_list_does_not_reach_are_told_too(
    book: Engine, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    superior = signed_in(app, "SU01")
    superior.get("/urge?late=0")
    superior.submit(superior.form("urge"), {"all": "1"})
    monkeypatch.setattr(urging, "SHOWN", 1)

    superior.submit(superior.form("urge"), {"all": "1"})

    rows = not_urged(superior)
    assert 1 < len(rows) and all("24 小时内" in row for row in rows)
    assert f"已催办 0 项，未催办 {len(rows)} 项" in superior.text


def test_of_what_lies_outside_the_scope_nothing_but_the_refusal_is_told(book: Engine, app: Flask) -> None:
    superior, foreign = signed_in(app, "SU01"), task_of(book, 22, "record_contact").id
    superior.get("/urge?late=0")

    superior.submit(superior.form("urge"), {"task": [foreign, 10**17]})

    rows = not_urged(superior)
    assert 2 == len(rows) and all("不在您的管理范围内" in row for row in rows)
    assert f"/renewals/{renewal_of(book, 22)}" not in str(superior.soup)
