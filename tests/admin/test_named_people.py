"""Fields for people offer whom their check takes; who cannot be named is refused beside the field, with the reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from engine import api
from engine.api import Engine
from tests.acceptance import answers
from tests.acceptance.desk import vin
from tests.support.console import TODAY, Browser, signed_in, task_of

pytestmark = pytest.mark.one_database

WIN_BACK = {"win_back": "yes", "deadline": (TODAY + timedelta(days=20)).isoformat()}


def offered(browser: Browser, field: str) -> set[str]:
    found = browser.soup.select(f"#field-{field} option")
    return {str(option["value"]) for option in found if option["value"]}


@pytest.mark.parametrize(("number", "told"), [("TR05", "属于其他职场或机构"), ("CC01", "岗位不符")])
def test_the_win_back_is_refused_to_whom_the_list_does_not_offer(
    book: Engine, app: Flask, number: str, told: str
) -> None:
    task = task_of(book, 11, "hand_to_win_back")
    specialist = signed_in(app, "SP01")
    specialist.get(f"/tasks/{task.id}")
    assert {"AG001", "SU01", "TR01", "SP01"} <= offered(specialist, "assignee_no")
    assert not {"TR05", "CC01", "AU01", "AG009"} & offered(specialist, "assignee_no")

    page = specialist.submit(specialist.form("task-form"), WIN_BACK | {"assignee_no": number}, status=422)

    wrong = page.select_one("#problem-assignee_no")
    assert wrong is not None and number in wrong.get_text() and told in wrong.get_text()


def test_a_list_offers_agents_and_trainers_each_in_its_field(book: Engine, app: Flask) -> None:
    task = task_of(book, 4, "dispatch_list")
    specialist = signed_in(app, "SP01")

    specialist.get(f"/tasks/{task.id}")

    assert all(number.startswith("AG") for number in offered(specialist, "agent_no"))
    trainers = offered(specialist, "trainer_no")
    assert "TR01" in trainers and all(number.startswith("TR") for number in trainers)
    given = answers.dispatch_list(TODAY, agent_no="AG009")
    page = specialist.submit(specialist.form("task-form"), given, status=422)
    assert "属于其他职场或机构" in page.select_one("#problem-agent_no").get_text()


def test_an_orphan_is_routed_to_nobody_who_governs(book: Engine, app: Flask) -> None:
    api.deliver_message(book, "agent_left", vin(5), actor=api.SYSTEM)
    task = task_of(book, 5, "route_orphan")
    channel = signed_in(app, "CC01")

    channel.get(f"/tasks/{task.id}")

    kinds = {number[:2] for number in offered(channel, "assignee_no")}
    assert {"AG", "SU", "SP"} == kinds
    given = answers.route_orphan(TODAY, "AU01", route="new_agent")
    page = channel.submit(channel.form("task-form"), given, status=422)
    told = page.select_one("#problem-assignee_no").get_text()
    assert "AU01" in told and "岗位不符" in told and "不是在职" not in told
