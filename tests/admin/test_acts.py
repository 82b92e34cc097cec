from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from engine import api
from engine.api import Engine, actor_of, complete_task
from engine.tables import Submission, TaskDraft, UserTask
from tests.acceptance import answers
from tests.acceptance.desk import vin
from tests.support.console import TODAY, Browser, open_tasks, renewal_of, signed_in, task_of

pytestmark = pytest.mark.one_database

CHASE = {"result": "on_track", "next_check_date": (TODAY + timedelta(days=2)).isoformat()}
CONTACT: dict[str, Any] = answers.record_contact(TODAY, "12") | {"note": "客户想先看报价"}


def stored(engine: Engine, task_id: int) -> UserTask:
    with engine.store.reading() as session:
        return session.get_one(UserTask, task_id)


def test_a_form_is_completed_without_scripts(book: Engine, agent: Browser) -> None:
    task = task_of(book, 7, "record_contact")
    agent.get(f"/tasks/{task.id}")

    agent.submit(agent.form("task-form"), CONTACT)

    assert "/inbox" == agent.page.request.path if agent.page else False
    assert f"“{task.name}”已完成" in agent.text
    done = stored(book, task.id)
    assert ("completed", "AG001") == (done.status, done.completed_by)
    with book.store.reading() as session:
        kept = session.scalars(select(Submission).where(Submission.task_id == task.id)).one()
    assert ("12", "客户想先看报价") == (kept.values["result"], kept.values["note"])


def test_problems_stand_beside_their_fields_and_nothing_typed_is_lost(book: Engine, agent: Browser) -> None:
    task = task_of(book, 7, "record_contact")
    agent.get(f"/tasks/{task.id}")

    page = agent.submit(
        agent.form("task-form"),
        {"result": "12", "channel": "phone", "note": "下午回电", "contacted_at": "2026-11-23T15:00"},
        status=422,
    )

    assert "表单有" in agent.text
    wrong = page.select_one("#problem-next_follow_up_date")
    assert wrong is not None
    assert "下次跟进" in wrong.get_text()
    assert "下午回电" in page.find("textarea", attrs={"name": "note"}).get_text()
    assert page.find("option", attrs={"value": "12"}).has_attr("selected")
    assert page.find("input", attrs={"name": "channel", "value": "phone"}).has_attr("checked")
    assert "open" == stored(book, task.id).status


def test_the_loser_of_a_race_is_told_who_and_when_and_keeps_what_was_typed(book: Engine, app: Flask) -> None:
    task = task_of(book, 8, "chase_policy")
    first, second = signed_in(app, "SP01"), signed_in(app, "SP01")
    first.get(f"/tasks/{task.id}")
    second.get(f"/tasks/{task.id}")

    first.submit(first.form("task-form"), CHASE)
    page = second.submit(second.form("task-form"), {**CHASE, "note": "我写的说明"}, status=409)

    assert "谭雪莲" in second.text
    assert "2026-11-24 10:30" in second.text
    assert "我写的说明" in second.text
    assert page.find("form", id="task-form") is None
    with book.store.reading() as session:
        draft = session.scalars(select(TaskDraft).where(TaskDraft.task_id == task.id)).one()
    assert "我写的说明" == draft.values["note"]
    assert "我写的说明" in second.get(f"/tasks/{task.id}").get_text()


def test_a_form_opened_on_an_older_version_is_shown_again_with_what_was_typed(
    book: Engine, agent: Browser
) -> None:
    task = task_of(book, 7, "record_contact")
    agent.get(f"/tasks/{task.id}")
    form = agent.form("task-form")
    with book.store.transaction() as tx:
        tx.get_one(UserTask, task.id).version += 1

    page = agent.submit(form, CONTACT, status=409)

    assert "客户想先看报价" in page.find("textarea", attrs={"name": "note"}).get_text()
    agent.submit(agent.form("task-form"))
    assert "completed" == stored(book, task.id).status


def test_a_draft_is_kept_and_restored(book: Engine, agent: Browser) -> None:
    task = task_of(book, 7, "record_contact")
    agent.get(f"/tasks/{task.id}")

    page = agent.submit(
        agent.form("task-form"), {"result": "21", "note": "无人接听"}, action=f"/tasks/{task.id}/draft"
    )

    assert "草稿已保存" in agent.text
    assert "已恢复您" in agent.text
    assert "无人接听" in page.find("textarea", attrs={"name": "note"}).get_text()
    assert "open" == stored(book, task.id).status


@pytest.mark.parametrize(
    "path", ["/tasks/{id}", "/tasks/{id}/draft", "/inbox/{id}/claim", "/inbox/{id}/release"]
)
def test_acts_on_another_units_task_change_nothing(book: Engine, app: Flask, path: str) -> None:
    task = task_of(book, 22, "record_contact")
    person = signed_in(app, "AG001")
    person.get("/")
    form = person.form_to("/language")
    before = stored(book, task.id).version

    answer = person.client.post(
        path.format(id=task.id), data={**dict(person.entries(form)), **CONTACT}, follow_redirects=True
    )

    assert before == stored(book, task.id).version
    assert answer.status_code == 404 or "找不到任务" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "path",
    ["/tasks/1", "/tasks/1/draft", "/inbox/1/claim", "/inbox/1/release", "/clock/advance", "/language"],
)
def test_every_act_needs_the_token_of_the_page(app: Flask, path: str) -> None:
    person = signed_in(app, "SP01")

    assert 400 == person.client.post(path, data={"lang": "en", "by": "P1D"}).status_code


def test_a_queue_is_claimed_and_given_back(book: Engine, agent: Browser) -> None:
    task = task_of(book, 7, "record_contact")
    with book.store.transaction() as tx:
        tx.get_one(UserTask, task.id).assignee_no = None
    agent.get("/inbox?tab=claimable")

    agent.submit(agent.form_to(f"/inbox/{task.id}/claim"))

    assert "已领取，请办理。" in agent.text
    assert ("claimed", "AG001") == (stored(book, task.id).status, stored(book, task.id).claimed_by)
    agent.get("/inbox?tab=all")
    agent.submit(agent.form_to(f"/inbox/{task.id}/release"))
    assert "已退回" in agent.text
    assert ("open", None) == (stored(book, task.id).status, stored(book, task.id).claimed_by)


def test_somebody_elses_claim_is_named(book: Engine, app: Flask) -> None:
    task = task_of(book, 9, "final_sweep")
    with book.store.transaction() as tx:
        row = tx.get_one(UserTask, task.id)
        row.assignee_no, row.status, row.claimed_by = None, "claimed", "SP03"
        row.claimed_at = book.clock.now()
    person = signed_in(app, "SP01")

    page = person.get(f"/tasks/{task.id}")

    assert "周致和" in person.text
    assert page.find("form", id="task-form") is None


def test_the_language_stays_with_the_person_and_next_stays_here(app: Flask) -> None:
    person = signed_in(app, "AG001")
    person.get("/renewals")

    page = person.submit(person.form_to("/language"), {"lang": "en", "next": "https://elsewhere.example/"})

    assert "en" == page.html["lang"]
    assert "/" == person.page.request.path
    assert "en" == person.client.get_cookie("lang").value


def test_only_those_who_may_move_the_clock_and_everybody_sees_it(app: Flask, book: Engine) -> None:
    owner, person = signed_in(app, "PO01"), signed_in(app, "AG001")

    person.get("/")
    assert "现在时间 2026-11-24 周二 10:30" in person.text
    assert "前进一天" not in person.text
    token = dict(person.entries(person.form_to("/language")))
    assert 403 == person.client.post("/clock/advance", data={**token, "by": "P7D"}).status_code
    assert TODAY == book.clock.today()

    owner.get("/renewals")
    form = next(f for f in owner.soup.find_all("form", action="/clock/advance") if "P7D" in str(f))
    owner.submit(form)
    assert TODAY + timedelta(days=7) == book.clock.today()
    assert "时间已到 2026-12-01 周二 10:30" in owner.text
    assert "/renewals" == owner.page.request.path


def test_a_stage_that_ended_meanwhile_takes_the_task_away_but_not_the_words(
    book: Engine, app: Flask, agent: Browser
) -> None:
    task = task_of(book, 6, "record_contact")  # follow-up ends with 2026-11-28
    agent.get(f"/tasks/{task.id}")
    form = agent.form("task-form")
    owner = signed_in(app, "PO01")
    owner.get("/")
    owner.submit(next(f for f in owner.soup.find_all("form", action="/clock/advance") if "P7D" in str(f)))

    agent.submit(form, CONTACT, status=409)

    assert "未完成" in agent.text
    assert "客户想先看报价" in agent.text


def test_what_a_colleague_completed_shows_in_the_renewals_history(book: Engine, agent: Browser) -> None:
    task = task_of(book, 7, "record_contact")
    complete_task(book, task.id, CONTACT, actor=actor_of(book, "AG001"))

    agent.get(f"/renewals/{task.instance_id}?kind=task")

    assert f"高敬之 AG001 完成了任务“{task.name}”（G-L1），结果：" in agent.text
    assert task.id not in {t.id for t in open_tasks(book, 7)}


def test_an_employee_is_chosen_by_name(app: Flask, book: Engine) -> None:
    specialist = signed_in(app, "SP01")
    task = task_of(book, 4, "dispatch_list")

    specialist.get(f"/tasks/{task.id}")

    field = specialist.form("task-form").find(attrs={"name": "agent_no"})
    assert field is not None and field.name == "select"
    offered = {option["value"]: option.get_text() for option in field.find_all("option")}
    assert "高敬之 AG001" in offered["AG001"]
    assert "AG009" not in offered, "another sub-branch's people are not offered"


def test_a_list_for_nobody_who_serves_is_refused_on_the_field_and_keeps_the_form(
    app: Flask, book: Engine
) -> None:
    specialist = signed_in(app, "SP01")
    task = task_of(book, 4, "dispatch_list")
    specialist.get(f"/tasks/{task.id}")
    form = specialist.form("task-form")

    specialist.submit(form, {"category": "key", "agent_no": "AG999"}, status=422)

    assert "“AG999”不是在职寿险营销员的工号" in specialist.text
    kept = specialist.form("task-form").find(attrs={"name": "category", "checked": True})
    assert kept is not None and kept["value"] == "key"


def test_the_renewal_is_called_by_its_plate_and_a_closed_one_does_not_shout(
    agent: Browser, book: Engine
) -> None:
    api.deliver_message(book, "policy_renewed", vin(8), data={"policy_no": "9105052027"}, actor=api.SYSTEM)

    agent.get(f"/renewals/{renewal_of(book, 8)}")

    assert "续保 › 川A***08" in agent.text
    head = agent.soup.select_one(".ui-head")
    assert head is not None and "还有" not in head.get_text()
