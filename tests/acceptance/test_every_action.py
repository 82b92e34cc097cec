"""Each per-policy action of the mission is done by whom it is for, with bad and good input, over HTTP (domain.md §1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from admin.app import create_app
from engine import api
from engine.domain.demo_forms import plausible
from engine.settings import load_settings
from engine.tables import ProcessInstance, Renewal, UserAccount, UserTask
from tests.acceptance import answers
from tests.acceptance.desk import Desk
from tests.acceptance.test_actions import BY_PEOPLE
from tests.support.console import PASSWORD, Browser, signed_in

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[api.Engine]:
    """A demonstration book in which every per-policy action waits for somebody."""
    desk = Desk(tmp_path_factory.mktemp("actions"))
    desk.run("demo", "--renewals", "300")
    engine = api.build_engine(load_settings(desk.env))
    with engine.store.reading() as session:
        branch = session.scalars(select(Renewal.branch_code).limit(1)).one()
    for who, role in (("AUDIT", "auditor"), ("CHANNEL", "channel")):
        api.add_user(engine, who, roles=[role], unit_code=branch, password=PASSWORD, actor=api.SYSTEM)
    _lose_an_agent(engine)
    _fail_a_visit(engine)
    _return_an_application(engine)
    yield engine
    engine.store.engine.dispose()


@pytest.fixture(scope="module")
def console(lived: api.Engine) -> Flask:
    return create_app(lived)


def _open(engine: api.Engine, **wanted: Any) -> list[UserTask]:
    with engine.store.reading() as session:
        query = select(UserTask).where(UserTask.status == "open").filter_by(**wanted).order_by(UserTask.id)
        return list(session.scalars(query))


def _lose_an_agent(engine: api.Engine) -> None:
    """The agents of two policies leave: one waits to be routed (K-C2), the other to be taken over (K-L2)."""
    keys = [task.instance_id for task in _open(engine, action_id="G-L1", stage="key_tracking")][:2]
    for key in keys:
        api.deliver_message(engine, "agent_left", str(key), actor=api.SYSTEM)
    route = _open(engine, action_id="K-C2", instance_id=keys[0])[0]
    _complete(engine, route)


def _fail_a_visit(engine: api.Engine) -> None:
    """A first visit fails, so that a second one is asked for (K-L3)."""
    first = _open(engine, form_id="record_contact", stage="key_tracking")[-1]
    values = answers.record_contact(engine.clock.today(), "31")
    api.complete_task(engine, first.id, values, actor=api.actor_of(engine, str(first.assignee_no)))


def _return_an_application(engine: api.Engine) -> None:
    """An application comes back with defects, so that the agent is coached (G-L2)."""
    agreed = _open(engine, form_id="record_contact", stage="key_tracking")[-1]
    actor = api.actor_of(engine, str(agreed.assignee_no))
    values = answers.record_contact(engine.clock.today(), "41")
    api.complete_task(engine, agreed.id, values, actor=actor)
    check = _open(engine, action_id="G-S3", instance_id=agreed.instance_id)[0]
    values = answers.verify_application(engine.clock.today(), "returned")
    api.complete_task(engine, check.id, values, actor=api.actor_of(engine, str(check.assignee_no)))


def _complete(engine: api.Engine, task: UserTask) -> None:
    actor = api.actor_of(engine, task.assignee_no) if task.assignee_no else api.actor_of(engine, "CHANNEL")
    api.complete_task(engine, task.id, _answers(engine, task), actor=actor)


def _answers(engine: api.Engine, task: UserTask) -> dict[str, Any]:
    with engine.store.reading() as session:
        set_id = session.get_one(ProcessInstance, task.instance_id).definition_set_id
        renewal = session.get_one(Renewal, task.instance_id)
        colleague = session.scalar(
            select(Renewal.agent_no).where(
                Renewal.team_code == renewal.team_code, Renewal.agent_no.is_not(None), ~Renewal.is_orphan
            )
        )
    form = engine.deployed(set_id).forms[task.form_id]
    wanted = {
        "category": "normal",
        "route": "supervisor",
        "agent_no": renewal.agent_no,
        "assignee_no": renewal.supervisor_no,
        "trainer_no": renewal.trainer_no,
        "servicing_agent_no": colleague,
        "result": {"K-L2": "accepted"}.get(task.action_id),
    }
    given = {key: value for key, value in wanted.items() if value is not None}
    return plausible(form, Random(1), today=engine.clock.today(), wanted=given)


def _signed_in(engine: api.Engine, console: Flask, task: UserTask) -> Browser:
    """The person whom the task is for; the channel department where nobody is named."""
    name = task.assignee_no or "CHANNEL"
    if _has_account(engine, name):
        api.set_password(engine, name, actor=api.SYSTEM, password=PASSWORD)
    else:
        api.add_user(engine, name, roles=[task.role], unit_code=None, password=PASSWORD, actor=api.SYSTEM)
    return signed_in(console, name)


def _has_account(engine: api.Engine, name: str) -> bool:
    with engine.store.reading() as session:
        return session.scalar(select(UserAccount.id).where(UserAccount.name == name)) is not None


def _problems(soup: BeautifulSoup) -> list[str]:
    return [problem.get_text() for problem in soup.select(".ui-problem")]


@pytest.mark.parametrize("action", sorted(BY_PEOPLE))
def test_the_action_is_refused_by_field_and_then_done_with_evidence(
    lived: api.Engine, console: Flask, action: str
) -> None:
    task = _open(lived, action_id=action)[0]
    person = _signed_in(lived, console, task)
    person.get(f"/tasks/{task.id}")
    form = person.form("task-form")
    nothing = {name: [] for name, _ in person.entries(form) if name not in ("csrf_token", "version")}

    refused = person.submit(form, nothing, status=422)

    assert _problems(refused)
    assert all(re.search("[一-鿿]", problem) for problem in _problems(refused))
    values = {**nothing, **{k: _sent(v) for k, v in _answers(lived, task).items()}}
    person.submit(person.form("task-form"), values)
    assert "已完成" in person.text
    auditor = signed_in(console, "AUDIT")
    auditor.get(f"/renewals/{task.instance_id}")
    assert f"“{task.name}”（{action}）" in auditor.text
    with lived.store.reading() as session:
        assert ("completed", task.assignee_no or "CHANNEL") == (
            (found := session.get_one(UserTask, task.id)).status,
            found.completed_by,
        )


def _sent(value: Any) -> Any:
    if isinstance(value, bool):
        return ["true"] if value else []
    return value
