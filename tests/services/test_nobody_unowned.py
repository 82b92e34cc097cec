"""Nobody's renewal is invisible: what no agent answers for is seen, and done, by who stands in (domain.md §1.5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import api
from engine.queries.scope import visible_renewals, visible_tasks
from engine.tables import ImportRow, Renewal, UserTask
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv, vin
from tests.support.console import LISTED, PASSWORD, TODAY, open_tasks, renewal_of
from tests.support.lists import Table, to_csv

pytestmark = pytest.mark.one_database

CAR = 300
LEFT = "AG999"
"""An agent nobody knows."""


def take(engine: api.Engine, *, actor: api.Actor = api.SYSTEM, **more: Any) -> api.ImportReport:
    given = {"agent": LEFT, "sub_branch": "PC330101", **more}
    row = policy(CAR, TODAY + timedelta(days=50), **given)
    batch = api.preview_list(engine, standard_csv([row]), "l.csv", "standard", actor=actor)
    return api.commit_batch(engine, batch, actor=actor)


def problems(engine: api.Engine, batch: int) -> list[str]:
    with engine.store.reading() as session:
        rows = session.scalars(select(ImportRow).where(ImportRow.batch_id == batch))
        return [problem["code"] for row in rows for problem in row.problems]


def renewal(engine: api.Engine) -> Renewal:
    with engine.store.reading() as session:
        return session.get_one(Renewal, renewal_of(engine, CAR))


def seen_by(engine: api.Engine, name: str) -> tuple[bool, bool]:
    """Whether *name* sees the renewal in the portfolio, and a task of it in the inbox."""
    actor, number = api.actor_of(engine, name), renewal_of(engine, CAR)
    present = api.Present.of(engine.clock)
    with engine.store.reading() as session:
        found = session.scalars(visible_renewals(actor).where(Renewal.id == number)).all()
        drawers = [
            api.inbox_page(session, actor, api.InboxWish(tab=tab), present)
            for tab in (api.InboxTab.ALL, api.InboxTab.CLAIMABLE)
        ]
    return bool(found), any(row.renewal_id == number for page in drawers for row in page.rows)


def test_an_orphan_of_an_unknown_workplace_is_the_specialists(book: api.Engine) -> None:
    report = take(book, 职场="ZC99")

    assert ["unknown_workplace", "unknown_agent"] == problems(book, report.batch_id)
    assert ("SP01", "specialist") == (renewal(book).owner_no, renewal(book).owner_role)
    assert (True, True) == seen_by(book, "SP01")


@pytest.mark.parametrize("number", ["SP99", "AG001"])
def test_a_specialist_who_does_not_serve_is_named_and_the_workplaces_own_answers(
    book: api.Engine, number: str
) -> None:
    report = take(book, agent="AG001", 职场="ZC01", 专员工号=number)

    assert ["unknown_specialist"] == problems(book, report.batch_id)
    assert "SP01" == renewal(book).specialist_no


def test_a_workplace_that_is_not_the_agents_is_named_and_not_followed(book: api.Engine) -> None:
    report = take(book, agent="AG001", 职场="ZC02")

    assert ["not_the_agents_workplace"] == problems(book, report.batch_id)
    assert "ZC01" == renewal(book).workplace_code


def test_a_row_of_a_branch_is_the_channel_departments(book: api.Engine) -> None:
    report = take(book, sub_branch="PC3301")

    row = renewal(book)
    assert ["not_a_sub_branch", "unknown_agent"] == problems(book, report.batch_id)
    assert (None, "channel", "PC3301") == (row.owner_no, row.owner_role, row.branch_code)
    assert (True, True) == seen_by(book, "CC01")


def test_the_channel_department_does_what_nobody_is_named_for(book: api.Engine) -> None:
    take(book, sub_branch="PC3301")
    channel = api.actor_of(book, "CC01")
    (task,) = [one for one in open_tasks(book, CAR) if one.form_id == "dispatch_list"]
    api.claim_task(book, task.id, actor=channel)

    api.complete_task(book, task.id, answers.dispatch_list(LISTED, agent_no="AG001"), actor=channel)

    assert ("AG001", "agent") == (renewal(book).owner_no, renewal(book).owner_role)


def test_the_channel_department_does_not_take_what_somebody_is_named_for(book: api.Engine) -> None:
    channel = api.actor_of(book, "CC01")

    with book.store.reading() as session:
        assert session.execute(visible_tasks(channel)).all()
        named = session.scalars(select(UserTask).where(UserTask.assignee_no == "AG001")).first()
    assert named is not None
    with pytest.raises(api.Forbidden):
        api.claim_task(book, named.id, actor=channel)


def test_a_list_without_sub_branches_is_its_senders(book: api.Engine) -> None:
    api.add_user(book, "EAST", roles=["channel"], unit_code="PC330101", password=PASSWORD, actor=api.SYSTEM)
    sender = api.actor_of(book, "EAST")

    batch = api.preview_list(book, template(), "t.csv", "saas_template", actor=sender)
    api.commit_batch(book, batch, actor=sender)

    assert ("PC330101", "PC3301") == (renewal(book).sub_branch_code, renewal(book).branch_code)
    assert (True, "SP01") == (seen_by(book, "EAST")[0], renewal(book).owner_no)


def test_a_list_of_nobodys_unit_is_rejected_by_name(book: api.Engine) -> None:
    batch = api.preview_list(book, template(), "t.csv", "saas_template", actor=api.SYSTEM)

    assert ["no_unit", "unknown_agent"] == problems(book, batch)
    assert 1 == api.commit_batch(book, batch, actor=api.SYSTEM).rejected


def template() -> bytes:
    """One car in the commercial template, which knows no sub-branch, of an agent nobody knows."""
    row = {
        "车牌号": "川A00300",
        "车架号": vin(CAR),
        "商业险到期时间": f"{TODAY + timedelta(days=51)} 00:00:00",
        "业务员账号": LEFT,
    }
    return to_csv(Table(tuple(row), [dict(row)]))
