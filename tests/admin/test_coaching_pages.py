"""The supervisor finds the agent who contacts nobody on the home page and writes the coaching down (G-L2)."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from engine.api import Engine
from tests.services.test_deadlines import go
from tests.services.test_idle_agents import alarms, happened
from tests.support.console import signed_in

pytestmark = pytest.mark.one_database
MONDAY = date(2026, 11, 30)


def test_a_supervisor_records_the_coaching_from_the_home_page(app: Flask, book: Engine) -> None:
    go(book, MONDAY)
    browser = signed_in(app, "SU01")
    browser.get("/")
    (path,) = (str(a["href"]) for a in browser.soup.select("#alarms a") if "/coaching/" in a["href"])
    browser.get(path)
    assert "AG001" in browser.text and "名下续保" in browser.text

    said = {"method": "phone", "content": "每天联系五位", "recheck_on": "2026-12-02"}
    browser.submit(browser.form("coaching"), said, status=400)
    (alert,) = browser.soup.select("[role=alert]")
    assert "辅导内容" in alert.text
    assert "每天联系五位" in browser.form("coaching").text, "what was typed stays"
    browser.submit(browser.form("coaching"), {"topics": "contact"})

    assert "辅导已登记" in browser.text
    assert not [a for a in browser.soup.select("#alarms a") if "/coaching/" in a["href"]]
    assert "coached" == alarms(book)[0].ending
    assert 1 == len(happened(book, "agent_coached"))
    browser.get(path)
    assert "这项提醒已结束" in browser.text
    (earlier,) = browser.soup.select(".ui-records li")
    assert "每天联系五位" in earlier.text and "首次联系" in earlier.text
    assert "2026-12-02" in earlier.text
