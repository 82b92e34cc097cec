from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

import forms
from engine.api import (
    SYSTEM,
    Engine,
    NotFound,
    Present,
    TaskPage,
    actor_of,
    advance_clock,
    claim_task,
    complete_task,
    deliver_message,
    save_draft,
    task_page,
)
from engine.queries.bulk import prefiller
from engine.queries.prefill import _WRITTEN
from engine.tables import UserTask
from tests.acceptance import answers
from tests.acceptance.desk import vin
from tests.support.console import LISTED, TODAY, at, complete, counted, open_tasks, task_of

pytestmark = pytest.mark.one_database


def show(engine: Engine, task_id: int, who: str) -> TaskPage:
    with engine.store.reading() as session:
        return task_page(
            session, actor_of(engine, who), task_id, Present.of(engine.clock), deployed_of=engine.deployed
        )


def test_the_assignee_may_do_it_and_the_supervisor_may_only_look(still_book: Engine) -> None:
    task = task_of(still_book, 7, "record_contact")

    mine, seen = show(still_book, task.id, "AG001"), show(still_book, task.id, "SU01")

    assert (True, False) == (mine.may_do, seen.may_do)
    assert "高敬之 AG001" == seen.holder


def test_outside_the_scope_a_task_does_not_exist(still_book: Engine) -> None:
    with pytest.raises(NotFound):
        show(still_book, task_of(still_book, 7, "record_contact").id, "AG009")


@pytest.mark.parametrize("who", ["AP01", "AU01", "PO01", "AD01", "CC01"])
def test_who_reads_a_branch_does_not_do_its_work(still_book: Engine, who: str) -> None:
    assert not show(still_book, task_of(still_book, 8, "chase_policy").id, who).may_do


def test_records_of_earlier_forms_are_shown_in_words(still_book: Engine) -> None:
    page = show(still_book, task_of(still_book, 8, "chase_policy").id, "SP01")

    contact = page.records[0]
    said = {answer.label.zh: answer.value.zh for answer in contact.answers}

    assert ("G-L1", "高敬之 AG001") == (contact.action_id, contact.who)
    assert "再次联系拜访" == contact.title.zh, (
        "the name of the task, not of the form that several tasks share"
    )
    assert any("意向" in text for text in said.values())
    assert not [text for text in said.values() if "T15:00" in text]


def test_what_an_act_on_many_looks_up_is_what_each_page_opens_with(still_book: Engine) -> None:
    with still_book.store.reading() as session:
        every = session.scalars(select(UserTask).where(UserTask.assignee_no.is_not(None))).all()
    forms_seen = set()

    for who in sorted({str(task.assignee_no) for task in every}):
        theirs = [task for task in every if task.assignee_no == who]
        opened = prefiller(still_book, actor_of(still_book, who))([task.id for task in theirs])
        for task in theirs:
            page = show(still_book, task.id, who)
            assert forms.prefill(page.form, page.prefill) == opened[task.id]
            forms_seen |= {task.form_id} if opened[task.id] else set()

    assert len(forms_seen) > 3


def test_what_many_forms_open_with_costs_no_more_statements_than_one(still_book: Engine) -> None:
    with still_book.store.reading() as session:
        alike = select(UserTask.id).where(UserTask.assignee_no == "AG001")
        tasks = session.scalars(alike.where(UserTask.form_id == "record_contact")).all()
    look = prefiller(still_book, actor_of(still_book, "AG001"))

    with counted(still_book) as for_one:
        look(tasks[:1])
    with counted(still_book) as for_all:
        look(tasks)

    assert len(tasks) > 2
    assert len(for_one) == len(for_all)


def test_nothing_is_looked_up_for_a_task_out_of_reach(still_book: Engine) -> None:
    task = task_of(still_book, 22, "record_contact")

    assert {} == prefiller(still_book, actor_of(still_book, "AG001"))([task.id])


def test_a_form_opens_with_what_is_known(still_book: Engine) -> None:
    page = show(still_book, task_of(still_book, 7, "record_contact").id, "AG001")
    quote = show(still_book, task_of(still_book, 10, "give_actual_quote").id, "SP01")

    assert datetime(2026, 11, 24, 10, 30) == page.prefill["now"]
    assert TODAY == page.prefill["today"]
    assert "commercial" == quote.prefill["renewal"]["lines"]


def test_what_a_colleague_wrote_on_an_earlier_form_is_offered(book: Engine) -> None:
    complete(book, 8, "record_contact", answers.record_contact(TODAY, "12", quote_requested=True))
    complete(
        book,
        8,
        "give_actual_quote",
        answers.give_actual_quote(
            TODAY, quote_no="Q20261124001", ctp_premium="950", commercial_premium="3100.50"
        ),
    )

    facts = show(book, open_tasks(book, 8)[0].id, "SP01").prefill

    assert "Q20261124001" == facts["quote"]["quote_no"]
    assert facts["quote"]["total"] >= Decimal("4050.50")


def filled(engine: Engine, number: int, form_id: str, who: str) -> dict[str, Any]:
    """What the open form of car *number* shows before anybody has typed."""
    page = show(engine, task_of(engine, number, form_id).id, who)
    return forms.prefill(page.form, page.prefill)


def test_a_hand_over_opens_with_who_left_who_stands_in_and_until_when(book: Engine) -> None:
    deliver_message(book, "agent_left", vin(7), actor=SYSTEM)

    values = filled(book, 7, "route_orphan", "CC01")

    assert {
        "route": "supervisor",
        "assignee_no": "SU01",
        "deadline": "2026-11-27",
        "orphan_reason": "agent_left",
    } == values
    orphan = show(book, task_of(book, 7, "route_orphan").id, "CC01").prefill["orphan"]
    assert (TODAY, "AG001") == (orphan["since"], orphan["former_agent_no"])


def test_a_hand_over_does_not_open_with_the_answers_of_an_earlier_one(book: Engine) -> None:
    deliver_message(book, "agent_left", vin(7), actor=SYSTEM)
    routed = answers.route_orphan(TODAY, "AG009", route="new_agent")
    task = task_of(book, 7, "route_orphan")
    complete_task(book, task.id, routed, actor=actor_of(book, "CC01"))
    advance_clock(book, to=at(book, TODAY, 11), actor=SYSTEM)

    deliver_message(book, "agent_left", vin(7), actor=SYSTEM)

    values = filled(book, 7, "route_orphan", "CC01")
    assert ("supervisor", "SU03") == (values["route"], values["assignee_no"])


def test_a_plan_opens_with_last_years_sum_and_the_forecast(book: Engine) -> None:
    complete(book, 3, "dispatch_list", answers.dispatch_list(TODAY))

    values = filled(book, 3, "prepare_plan", "SP01")

    assert {"s200", "commercial_only"} == {values["third_party_sum"], values["cover"]}
    band = [Decimal(values[f"premium_{end}"]) for end in ("low", "mid", "high")]
    assert 0 < band[0] < band[1] < band[2]
    assert "无赔款优待系数" in values["change_note"]


def test_a_plan_that_comes_back_opens_with_the_band_and_the_visit_given_before(book: Engine) -> None:
    complete(book, 3, "dispatch_list", answers.dispatch_list(TODAY))
    complete(book, 3, "prepare_plan", answers.prepare_plan(TODAY))
    complete(book, 3, "prepare_visit", answers.prepare_visit(TODAY))
    complete(book, 3, "approve_visit_plan", {"verdict": "refused", "refusal_reason": "请换一个时间"})

    facts = show(book, task_of(book, 3, "prepare_visit").id, "AG001").prefill

    assert ("2900.00", "3300.00") == tuple(str(facts["forecast"][end]) for end in ("low", "high"))
    assert ("2026-11-26", "visit") == (facts["plan"]["visit_date"], facts["plan"]["channel"])


def test_every_fact_that_a_shipped_form_opens_with_is_supplied(still_book: Engine) -> None:
    file = show(still_book, task_of(still_book, 6, "complete_customer_file").id, "TR01").prefill["file"]
    facts = {**show(still_book, task_of(still_book, 8, "chase_policy").id, "SP01").prefill, "file": file}
    supplied = {
        f"{group}.{name}" for group, known in facts.items() if isinstance(known, dict) for name in known
    }

    wanted = {
        field.prefill
        for form in still_book.latest().forms.values()
        for field in form.fields
        if field.prefill and "." in field.prefill
    }

    assert set() == wanted - supplied - set(_WRITTEN) - {"quote.total"}


def test_a_draft_belongs_to_one_person(book: Engine) -> None:
    task = task_of(book, 7, "record_contact")
    save_draft(book, task.id, {"result": "21", "note": "下午再打"}, actor=actor_of(book, "AG001"))

    mine, others = show(book, task.id, "AG001"), show(book, task.id, "SU01")

    assert mine.draft is not None
    assert "下午再打" == mine.draft.values["note"]
    assert None is others.draft


def test_a_claimed_task_is_nobody_elses(book: Engine) -> None:
    from engine.tables import UserTask

    task = task_of(book, 9, "final_sweep")
    with book.store.transaction() as tx:
        tx.get_one(UserTask, task.id).assignee_no = None
    assert show(book, task.id, "SP01").is_claimable
    claim_task(book, task.id, actor=actor_of(book, "SP01"))

    page = show(book, task.id, "SP01")

    assert (True, True, False) == (page.may_do, page.is_mine, page.is_claimable)


def test_a_completed_task_shows_what_was_submitted(still_book: Engine) -> None:
    from engine.tables import UserTask

    with still_book.store.reading() as session:
        done = session.query(UserTask).filter_by(form_id="record_contact", status="completed").one()

    page = show(still_book, done.id, "AG001")

    assert (False, False) == (page.is_open, page.may_do)
    assert ("高敬之 AG001", LISTED) == (page.closed_by, page.closed_at and page.closed_at.date())
    assert page.submitted


def test_the_page_takes_few_statements(still_book: Engine) -> None:
    task, person, present = (
        task_of(still_book, 8, "chase_policy"),
        actor_of(still_book, "SP01"),
        Present.of(still_book.clock),
    )
    show(still_book, task.id, "SP01")  # the set is parsed and the keys are read

    with still_book.store.reading() as session, counted(still_book) as statements:
        task_page(session, person, task.id, present, deployed_of=still_book.deployed)

    assert len(statements) <= 7


def test_the_stage_beside_a_task_is_the_one_its_renewal_is_in(book: Engine) -> None:
    from engine.tables import Renewal

    task = task_of(book, 7, "record_contact")
    with book.store.transaction() as tx:
        tx.get_one(Renewal, task.instance_id).stage = "win_back"

    assert "win_back" == show(book, task.id, "AG001").stage
