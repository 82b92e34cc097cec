from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from engine.api import Engine, NotFound, Present, TaskPage, actor_of, claim_task, save_draft, task_page
from tests.acceptance import answers
from tests.support.console import LISTED, TODAY, complete, counted, open_tasks, task_of


def show(engine: Engine, task_id: int, who: str) -> TaskPage:
    with engine.store.reading() as session:
        return task_page(
            session, actor_of(engine, who), task_id, Present.of(engine.clock), deployed_of=engine.deployed
        )


def test_the_assignee_may_do_it_and_the_supervisor_may_only_look(still_book: Engine) -> None:
    task = task_of(still_book, 7, "record_contact")

    mine, seen = show(still_book, task.id, "AG001"), show(still_book, task.id, "SU01")

    assert (True, False) == (mine.may_do, seen.may_do)
    assert "高敬之" == seen.holder


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

    assert ("G-L1", "高敬之") == (contact.action_id, contact.who)
    assert "再次联系拜访" == contact.title.zh, (
        "the name of the task, not of the form that several tasks share"
    )
    assert any("意向" in text for text in said.values())
    assert not [text for text in said.values() if "T15:00" in text]


def test_a_form_opens_with_what_is_known(still_book: Engine) -> None:
    page = show(still_book, task_of(still_book, 7, "record_contact").id, "AG001")
    quote = show(still_book, task_of(still_book, 8, "give_actual_quote").id, "SP01")

    assert datetime(2026, 11, 24, 10, 30) == page.prefill["now"]
    assert TODAY == page.prefill["today"]
    assert "both" == quote.prefill["renewal"]["lines"]


def test_what_a_colleague_wrote_on_an_earlier_form_is_offered(book: Engine) -> None:
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
    assert ("高敬之", LISTED) == (page.closed_by, page.closed_at and page.closed_at.date())
    assert page.submitted


def test_the_page_takes_few_statements(still_book: Engine) -> None:
    task, person, present = (
        task_of(still_book, 8, "chase_policy"),
        actor_of(still_book, "SP01"),
        Present.of(still_book.clock),
    )
    still_book.latest()

    with still_book.store.reading() as session, counted(still_book) as statements:
        task_page(session, person, task.id, present, deployed_of=still_book.deployed)

    assert len(statements) <= 6


def test_the_stage_beside_a_task_is_the_one_its_renewal_is_in(book: Engine) -> None:
    from engine.tables import Renewal

    task = task_of(book, 7, "record_contact")
    with book.store.transaction() as tx:
        tx.get_one(Renewal, task.instance_id).stage = "win_back"

    assert "win_back" == show(book, task.id, "AG001").stage
