"""Each per-policy action of the mission is done by whom it is for, with bad and good input, over HTTP (domain.md §1)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

import forms
from admin.app import create_app
from engine import api
from engine.domain.demo_forms import plausible
from engine.settings import load_settings
from engine.tables import HistoryEvent, ProcessInstance, Renewal, UserAccount, UserTask
from forms.model import DAYS, ONE_CHOICE, SEVERAL_CHOICES
from tests.acceptance import answers
from tests.acceptance.desk import Desk, policy, standard_csv, vin
from tests.acceptance.test_actions import BY_PEOPLE
from tests.support.clear_text import clear_values_in_history
from tests.support.console import PASSWORD, Browser, signed_in

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, dict[str, set[str]]]:
    """The desk of a demonstration book, and what its people had done and come to when it was built."""
    desk = Desk(tmp_path_factory.mktemp("actions"))
    desk.run("demo", "--renewals", "300")
    done = desk.sql("SELECT DISTINCT action_id FROM v_task WHERE status = 'completed'")
    states = desk.sql("SELECT DISTINCT state FROM v_instance")
    troubled = desk.sql("SELECT business_key FROM v_instance WHERE incident_count > 0")
    return desk, {
        "done": {row["action_id"] for row in done},
        "states": {row["state"] for row in states},
        "troubled": {row["business_key"] for row in troubled},
    }


@pytest.fixture(scope="module")
def lived(demonstrated: tuple[Desk, dict[str, set[str]]]) -> Iterator[api.Engine]:
    """A demonstration book in which every per-policy action waits for somebody."""
    engine = api.build_engine(load_settings(demonstrated[0].env))
    with engine.store.reading() as session:
        branch = session.scalars(select(Renewal.branch_code).limit(1)).one()
    for who, role in (("AUDIT", "auditor"), ("CHANNEL", "channel")):
        api.add_user(engine, who, roles=[role], unit_code=branch, password=PASSWORD, actor=api.SYSTEM)
    _lose_an_agent(engine)
    _fail_a_visit(engine)
    _find_a_dead_number(engine)
    _return_an_application(engine)
    _ask_for_exclusions(engine)
    yield engine
    engine.store.engine.dispose()


@pytest.fixture(scope="module")
def console(lived: api.Engine) -> Flask:
    return create_app(lived)


def test_a_lived_book_has_done_every_action(demonstrated: tuple[Desk, dict[str, set[str]]]) -> None:
    _, told = demonstrated

    assert set() == BY_PEOPLE - told["done"]
    assert set() == {"renewed", "lost", "excluded"} - told["states"]
    assert set() == told["troubled"]


def test_the_history_of_a_lived_book_names_no_customer(lived: api.Engine) -> None:
    assert [] == clear_values_in_history(lived)


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


def _find_a_dead_number(engine: api.Engine) -> None:
    """A number leads nowhere, so that the customer's data are to be mended (G-L4)."""
    contact = _open(engine, form_id="record_contact", stage="follow_up")[0]
    values = answers.record_contact(engine.clock.today(), "22")
    api.complete_task(engine, contact.id, values, actor=api.actor_of(engine, str(contact.assignee_no)))


def _return_an_application(engine: api.Engine) -> None:
    """An application comes back with defects, so that the agent is coached (G-L2)."""
    agreed = _open(engine, form_id="record_contact", stage="key_tracking")[-1]
    actor = api.actor_of(engine, str(agreed.assignee_no))
    values = answers.record_contact(engine.clock.today(), "41")
    api.complete_task(engine, agreed.id, values, actor=actor)
    check = _open(engine, action_id="G-S3", instance_id=agreed.instance_id)[0]
    values = answers.verify_application(engine.clock.today(), "returned")
    api.complete_task(engine, check.id, values, actor=api.actor_of(engine, str(check.assignee_no)))


def _ask_for_exclusions(engine: api.Engine) -> None:
    """Three exclusions wait: for the supervisor, for the specialist and, close to expiry, for the channel."""
    with engine.store.reading() as session:
        today = engine.clock.today()
        query = select(Renewal.id).where(Renewal.ended_at.is_(None), ~Renewal.is_orphan)
        far = query.where(Renewal.expiry_date > today + timedelta(days=20), Renewal.stage == "follow_up")
        near = query.where(Renewal.expiry_date.between(today + timedelta(days=2), today + timedelta(days=5)))
        first, second = session.scalars(far.order_by(Renewal.id.desc()).limit(2))
        (third,) = session.scalars(near.order_by(Renewal.id.desc()).limit(1))
    for renewal_id, approvals in ((first, 0), (second, 1), (third, 2)):
        data = {"code": "X02", "evidence": "全损定损单"}
        api.deliver_message(engine, "policy_excluded", str(renewal_id), data=data, actor=api.SYSTEM)
        for _ in range(approvals):
            review = _open(engine, form_id="exclusion_review", instance_id=renewal_id)[0]
            actor = api.actor_of(engine, str(review.assignee_no))
            api.complete_task(engine, review.id, answers.exclusion_review(today), actor=actor)


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
        "contact_result": "00",
        "deadline": {"K-C2": engine.clock.today().isoformat()}.get(task.action_id),
        "valid_until": {"G-S2": engine.clock.today().isoformat()}.get(task.action_id),
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


EXCLUSIONS = frozenset({"X-C1", "X-L1", "X-S1"})


@pytest.mark.parametrize("action", sorted(BY_PEOPLE | EXCLUSIONS))
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
    _each_bad_answer_is_refused(lived, person, task, values)
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


def _each_bad_answer_is_refused(
    engine: api.Engine, person: Browser, task: UserTask, values: dict[str, Any]
) -> None:
    """Each field in turn is given what it cannot take: refused, told at the field, the task stays as it is."""
    form = _form(engine, task)
    visible = forms.visible_fields(
        form, forms.check(form, _answers(engine, task), today=engine.clock.today()).clean
    )
    tried = [(field, bad) for field in visible if (bad := _bad(field)) is not None]
    assert tried
    for field, bad in tried:
        refused = person.submit(person.form("task-form"), {**values, field.key: bad}, status=422)
        assert refused.select(f"#problem-{field.key}"), field.key
        assert all(re.search("[一-鿿]", problem) for problem in _problems(refused)), field.key
        with engine.store.reading() as session:
            assert session.get_one(UserTask, task.id).status in ("open", "claimed"), field.key


def _form(engine: api.Engine, task: UserTask) -> forms.Form:
    with engine.store.reading() as session:
        set_id = session.get_one(ProcessInstance, task.instance_id).definition_set_id
    return engine.deployed(set_id).forms[task.form_id]


def _bad(field: forms.Field) -> Any:
    """An answer that *field* refuses; None where every text will do."""
    if field.kind in ONE_CHOICE:
        return "no_such_choice"
    if field.kind in SEVERAL_CHOICES:
        return ["no_such_choice"]
    if field.kind in DAYS:
        return "2026-13-45"
    if field.kind is forms.FieldKind.NUMBER:
        return "很多"
    if field.kind is forms.FieldKind.CHECKBOX:
        return None
    return "长" * (field.max_length + 1) if field.max_length else None


def test_a_list_taken_in_over_http_starts_hands_out_and_refreshes(lived: api.Engine, console: Flask) -> None:
    """P-C5 starts a renewal, P-C6 hands it out with one message, G-C3 brings what a later list corrects."""
    with lived.store.reading() as session:
        known = session.scalars(
            select(Renewal).where(
                Renewal.ended_at.is_(None), Renewal.agent_no.is_not(None), ~Renewal.is_orphan
            )
        ).first()
        assert known is not None
        agent, sub_branch, owner = str(known.agent_no), str(known.sub_branch_code), str(known.specialist_no)
    expiry = lived.clock.today() + timedelta(days=55)
    row = policy(99_001, expiry, agent=agent, sub_branch=sub_branch)
    channel = signed_in(console, "CHANNEL")

    _take_in(channel, row)
    _take_in(channel, row | {"厂牌车型": "更正后的车型"})

    with lived.store.reading() as session:
        renewal = session.scalars(select(Renewal).where(Renewal.vin == vin(99_001))).one()
        done = session.scalars(select(HistoryEvent).where(HistoryEvent.instance_id == renewal.id)).all()
    assert owner
    started = next(event for event in done if event.action == "instance_started")
    assert "P-C5" == started.payload["action_id"]
    assert [agent] == [event.payload["recipient"] for event in done if event.action == "list_distributed"]
    assert ["P-C6"] == [
        e.payload["action_id"] for e in done if e.payload.get("operation") == "distribute_list"
    ]
    corrected = [e.payload for e in done if e.action == "fact_changed" and e.payload["field"] == "make_model"]
    assert ["更正后的车型"] == [change["to"] for change in corrected]
    auditor = signed_in(console, "AUDIT")
    auditor.get(f"/renewals/{renewal.id}")
    assert "厂牌车型" in auditor.text


def test_a_list_that_cannot_be_read_is_refused_over_http(console: Flask) -> None:
    channel = signed_in(console, "CHANNEL")

    channel.get("/imports")
    _upload(channel, "不是清单".encode())

    assert re.search("无法|没有|缺少", channel.text)


def _take_in(channel: Browser, row: dict[str, Any]) -> None:
    channel.get("/imports")
    _upload(channel, standard_csv([row]))
    assert channel.page is not None
    path = channel.page.request.path
    channel.submit(channel.form_to(f"{path}/commit"))


def _upload(channel: Browser, content: bytes) -> None:
    held = channel.soup.find("input", {"name": "csrf_token"})
    assert held is not None
    data = {"csrf_token": held["value"], "source": "standard", "kind": "pending"}
    with io.BytesIO(content) as file:
        channel.page = channel.client.post(
            "/imports", data={**data, "file": (file, "l.csv")}, follow_redirects=True
        )


def _sent(value: Any) -> Any:
    if isinstance(value, bool):
        return ["true"] if value else []
    return value
