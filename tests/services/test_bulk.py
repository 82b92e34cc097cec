"""Many tasks of one form are completed as one act, row by row, and taken back while nothing was built on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import api
from engine.api import Engine
from engine.domain.codes import BulkRowStatus as Row
from engine.errors import BadInput, InvalidForm, NotFound
from engine.queries.verification import verify
from engine.services import bulk
from engine.tables import (
    BulkAct,
    BulkRow,
    HistoryEvent,
    ProcessInstance,
    Renewal,
    Submission,
    Timer,
    UserTask,
)
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv
from tests.support.console import TODAY, at, open_tasks, renewal_of, task_of

CARS = range(300, 306)
HAND_OUT = {"category": "normal", "agent_acknowledged_at": None}


@pytest.fixture
def listed(book: Engine) -> Engine:
    """The book with six more cars that wait to be handed out."""
    list_cars(book, CARS)
    return book


def list_cars(engine: Engine, numbers: Sequence[int]) -> None:
    rows = [
        policy(n, TODAY + timedelta(days=58), agent="AG001", sub_branch="PC330101", 职场="ZC01")
        for n in numbers
    ]
    batch = api.preview_list(engine, standard_csv(rows), "more.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(engine, batch, actor=api.SYSTEM)


def hand_outs(engine: Engine, numbers: Sequence[int] = CARS) -> list[int]:
    return [task_of(engine, n, "dispatch_list").id for n in numbers]


def person(engine: Engine, name: str = "SP01") -> api.Actor:
    return api.actor_of(engine, name)


def values(engine: Engine) -> dict[str, Any]:
    """What a specialist answers for all: the agent is left blank, each row has its own."""
    given = answers.dispatch_list(TODAY, agent_no="AG001")
    return {key: value for key, value in given.items() if key != "agent_no"}


def do(engine: Engine, tasks: Sequence[int], name: str = "SP01") -> int:
    actor = person(engine, name)
    act = api.prepare_bulk(engine, tasks, actor=actor)
    carry(engine, act, name)
    return act


def carry(engine: Engine, act: int, name: str = "SP01", **more: Any) -> None:
    actor = person(engine, name)
    prefill = api.prefiller(engine, actor)
    api.order_bulk(engine, act, values(engine), actor=actor, prefill=prefill)
    api.carry_out(engine, act, actor=actor, prefill=prefill, **more)


def statuses(engine: Engine, act: int) -> list[str]:
    with engine.store.reading() as session:
        rows = session.scalars(select(BulkRow).where(BulkRow.act_id == act).order_by(BulkRow.id))
        return [row.status for row in rows]


def reasons(engine: Engine, act: int) -> list[str]:
    with engine.store.reading() as session:
        rows = session.scalars(select(BulkRow).where(BulkRow.act_id == act).order_by(BulkRow.id))
        return [row.reason["zh"] for row in rows if row.reason]


def looks(engine: Engine, number: int) -> dict[str, Any]:
    """What a person sees of a renewal: its facts, open tasks and open timers."""
    key = renewal_of(engine, number)
    with engine.store.reading() as session:
        row = session.get_one(Renewal, key)
        facts = {c.key: getattr(row, c.key) for c in Renewal.__table__.columns}
        timers = session.scalars(select(Timer).where(Timer.instance_id == key, ~Timer.settled))
        return {
            **facts,
            "state_bytes": session.get_one(ProcessInstance, key).state,
            "due": session.get_one(ProcessInstance, key).next_due_at,
            "tasks": [
                (t.form_id, t.assignee_no, t.status, t.spiff_task_id) for t in open_tasks(engine, number)
            ],
            "timers": sorted((t.element_id, t.due_at) for t in timers),
        }


def events(engine: Engine, number: int) -> list[str]:
    with engine.store.reading() as session:
        found = select(HistoryEvent.action).where(HistoryEvent.instance_id == renewal_of(engine, number))
        return list(session.scalars(found.order_by(HistoryEvent.seq)))


def test_one_act_completes_every_chosen_task(listed: Engine) -> None:
    act = do(listed, hand_outs(listed))

    assert [Row.DONE] * len(CARS) == statuses(listed, act)
    for number in CARS:
        assert "dispatch_list" not in {task.form_id for task in open_tasks(listed, number)}
        assert "confirm_delivery" in {task.form_id for task in open_tasks(listed, number)}


def test_rows_done_together_end_as_rows_done_one_by_one(
    listed: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 1)
    do(listed, hand_outs(listed, CARS[:3]))
    monkeypatch.setattr(bulk, "CHUNK", 3)
    do(listed, hand_outs(listed, CARS[3:]))

    own = ("id", "business_key", "vin", "policy_no", "vehicle_id", "customer_id", "state_bytes", "tasks")
    alone, together = (
        [
            {name: value for name, value in looks(listed, number).items() if name not in own}
            for number in numbers
        ]
        for numbers in (CARS[:3], CARS[3:])
    )
    assert alone == together
    assert [events(listed, number) for number in CARS[:3]] == [events(listed, number) for number in CARS[3:]]
    assert verify(listed).is_sound


def test_a_renewal_whose_timer_is_due_takes_that_step_first(listed: Engine) -> None:
    tasks = hand_outs(listed)
    act = api.prepare_bulk(listed, tasks, actor=person(listed))
    prefill = api.prefiller(listed, person(listed))
    api.order_bulk(listed, act, values(listed), actor=person(listed), prefill=prefill)
    api.set_clock(listed, listed.clock.now() + timedelta(days=14), actor=api.SYSTEM)

    api.carry_out(listed, act, actor=person(listed), prefill=prefill)

    for number in CARS:
        told = events(listed, number)
        assert "timer_fired" in told
        if "task_completed" in told:
            assert told.index("timer_fired") < told.index("task_completed")
    assert Row.PENDING not in statuses(listed, act)


def test_a_blank_answer_is_filled_with_what_each_renewal_knows(listed: Engine) -> None:
    tasks = hand_outs(listed)

    do(listed, tasks)

    with listed.store.reading() as session:
        given = session.scalars(select(Submission).where(Submission.task_id.in_(tasks))).all()
        assert ["AG001"] * len(CARS) == [form.values["agent_no"] for form in given]


def test_what_cannot_be_done_is_left_out_with_its_reason(listed: Engine) -> None:
    chosen = [*hand_outs(listed), task_of(listed, 7, "record_contact").id]
    api.complete_task(listed, chosen[5], answers.dispatch_list(TODAY, agent_no="AG001"), actor=person(listed))

    act = api.prepare_bulk(listed, chosen, actor=person(listed))

    assert [*[Row.PENDING] * 5, Row.EXCEPTED, Row.EXCEPTED] == statuses(listed, act)
    assert ["任务已办结或已不需要", "不是您的任务"] == reasons(listed, act)


def test_the_rows_stand_in_the_order_of_the_choice_each_with_its_tasks_version(listed: Engine) -> None:
    chosen = [*reversed(hand_outs(listed)), task_of(listed, 7, "record_contact").id]

    act = api.prepare_bulk(listed, chosen, actor=person(listed))

    with listed.store.reading() as session:
        rows = session.scalars(select(BulkRow).where(BulkRow.act_id == act).order_by(BulkRow.id)).all()
        tasks = {row.task_id: session.get_one(UserTask, row.task_id) for row in rows}
    assert chosen == [row.task_id for row in rows]
    assert [(tasks[one].instance_id, tasks[one].version) for one in chosen] == [
        (row.instance_id, row.task_version) for row in rows
    ]


def test_of_several_forms_the_most_frequent_is_taken_or_the_wanted_one(listed: Engine) -> None:
    other = task_of(listed, 9, "final_sweep")
    chosen = [*hand_outs(listed), other.id]

    act = api.prepare_bulk(listed, chosen, actor=person(listed))
    wanted = api.prepare_bulk(listed, chosen, actor=person(listed), form_id=other.form_id)

    assert [*[Row.PENDING] * 6, Row.EXCEPTED] == statuses(listed, act)
    assert ["表单不同，请另行批量办理"] == reasons(listed, act)
    assert [*[Row.EXCEPTED] * 6, Row.PENDING] == statuses(listed, wanted)


def test_tasks_that_need_answers_of_their_own_are_refused(listed: Engine) -> None:
    do(listed, hand_outs(listed, CARS[:2]))
    plans = [task_of(listed, number, "prepare_plan").id for number in CARS[:2]]

    with pytest.raises(BadInput, match="answers of its own"):
        api.prepare_bulk(listed, plans, actor=person(listed))


def contacts(engine: Engine, *, owner: str | None) -> list[int]:
    """The first contacts of two cars of AG001 that wait; of one customer if *owner* names one."""
    rows = [
        policy(n, TODAY + timedelta(days=40), agent="AG001", sub_branch="PC330101", 职场="ZC01")
        | ({"车主": owner, "手机": "13911110077"} if owner else {})
        for n in (320, 321)
    ]
    batch = api.preview_list(engine, standard_csv(rows), "two.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(engine, batch, actor=api.SYSTEM)
    for number in (320, 321):
        late = next(task for task in open_tasks(engine, number) if task.form_id == "dispatch_list")
        given = answers.dispatch_list(TODAY, agent_no="AG001")
        api.complete_task(engine, late.id, given, actor=person(engine, str(late.assignee_no)))
    return [task_of(engine, n, "record_contact").id for n in (320, 321)]


def test_case_24_one_visit_to_a_customer_is_recorded_for_all_the_customers_cars(listed: Engine) -> None:
    agent, tasks = person(listed, "AG001"), contacts(listed, owner="钱两车")
    act = api.prepare_bulk(listed, tasks, actor=agent)
    prefill = api.prefiller(listed, agent)

    api.order_bulk(listed, act, answers.record_contact(TODAY, "12"), actor=agent, prefill=prefill)
    api.carry_out(listed, act, actor=agent, prefill=prefill)

    assert [Row.DONE] * 2 == statuses(listed, act)
    assert all("task_completed" in events(listed, number) for number in (320, 321))
    with pytest.raises(BadInput, match="about the customer"):
        api.undo_bulk(listed, act, actor=agent)


def test_case_24_contacts_of_several_customers_do_not_go_together(listed: Engine) -> None:
    tasks = contacts(listed, owner=None)

    with pytest.raises(BadInput, match="only the cars of the same customer"):
        api.prepare_bulk(listed, tasks, actor=person(listed, "AG001"))


@pytest.mark.parametrize("chosen", [[], [999_999]])
def test_an_empty_choice_is_refused(listed: Engine, chosen: list[int]) -> None:
    with pytest.raises(BadInput):
        api.prepare_bulk(listed, chosen, actor=person(listed))


def test_another_persons_tasks_cannot_be_chosen(listed: Engine) -> None:
    with pytest.raises(BadInput, match="None of the chosen"):
        api.prepare_bulk(listed, hand_outs(listed), actor=person(listed, "AG009"))


def test_another_persons_act_does_not_exist(listed: Engine) -> None:
    act = api.prepare_bulk(listed, hand_outs(listed), actor=person(listed))
    other = person(listed, "TR01")
    prefill = api.prefiller(listed, other)

    for attempt in (
        lambda: api.order_bulk(listed, act, values(listed), actor=other, prefill=prefill),
        lambda: api.carry_out(listed, act, actor=other, prefill=prefill),
        lambda: api.undo_bulk(listed, act, actor=other),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_wrong_answers_are_refused_before_any_row(listed: Engine) -> None:
    actor = person(listed)
    act = api.prepare_bulk(listed, hand_outs(listed), actor=actor)

    with pytest.raises(InvalidForm):
        api.order_bulk(listed, act, {"category": "?"}, actor=actor, prefill=api.prefiller(listed, actor))

    assert [Row.PENDING] * len(CARS) == statuses(listed, act)


def test_a_row_that_changed_after_the_choice_is_refused_and_stops_no_other(listed: Engine) -> None:
    tasks = hand_outs(listed)
    act = api.prepare_bulk(listed, tasks, actor=person(listed))
    api.claim_task(listed, tasks[2], actor=person(listed))
    api.release_task(listed, tasks[2], actor=person(listed))

    carry(listed, act)

    assert [Row.DONE, Row.DONE, Row.REFUSED, *[Row.DONE] * 3] == statuses(listed, act)
    assert 1 == len(reasons(listed, act))
    assert "bulk_row_refused" in events(listed, CARS[2])


def test_an_act_that_was_interrupted_goes_on_without_repeating_a_row(
    listed: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 3)
    act = api.prepare_bulk(listed, hand_outs(listed), actor=person(listed))

    def stop(done: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry(listed, act, on_progress=stop)
    assert [*[Row.DONE] * 3, *[Row.PENDING] * 3] == statuses(listed, act)

    api.carry_out(listed, act, actor=person(listed), prefill=api.prefiller(listed, person(listed)))

    assert [Row.DONE] * len(CARS) == statuses(listed, act)
    assert all(1 == events(listed, number).count("task_completed") for number in CARS)


def test_tasks_outside_the_scope_are_as_good_as_unknown(listed: Engine) -> None:
    foreign = [task.id for number in (21, 22) for task in open_tasks(listed, number)]

    act = api.prepare_bulk(listed, [*hand_outs(listed), *foreign], actor=person(listed))

    assert foreign
    assert [Row.PENDING] * len(CARS) == statuses(listed, act)


def test_of_two_who_carry_an_act_out_each_row_is_done_by_one_and_refused_by_none(
    listed: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 2)
    act = api.prepare_bulk(listed, hand_outs(listed), actor=person(listed))

    def meanwhile(done: int) -> None:
        if done == 2:
            actor = person(listed)
            api.carry_out(listed, act, actor=actor, prefill=api.prefiller(listed, actor))

    carry(listed, act, on_progress=meanwhile)

    assert [Row.DONE] * len(CARS) == statuses(listed, act)
    assert all(1 == events(listed, number).count("task_completed") for number in CARS)
    assert not any("bulk_row_refused" in events(listed, number) for number in CARS)
    with listed.store.reading() as session:
        finished = select(HistoryEvent).where(HistoryEvent.action == "bulk_finished")
        assert 1 == len(session.scalars(finished).all())


def test_of_two_who_undo_an_act_the_second_takes_nothing_back_and_says_nothing_false(
    listed: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = do(listed, hand_outs(listed))
    undo_row, raced = bulk._undo_row, []

    def after_another(*args: Any) -> None:
        monkeypatch.setattr(bulk, "_undo_row", undo_row)
        raced.append(api.undo_bulk(listed, act, actor=person(listed)))
        undo_row(*args)

    monkeypatch.setattr(bulk, "_undo_row", after_another)
    counts = api.undo_bulk(listed, act, actor=person(listed))

    assert [{Row.UNDONE: len(CARS)}] * 2 == [*raced, counts]
    assert not any("bulk_row_kept" in events(listed, number) for number in CARS)
    with pytest.raises(BadInput, match="undone already"):
        api.undo_bulk(listed, act, actor=person(listed))


def test_one_by_one_tasks_do_not_keep_others_from_being_done_at_once(listed: Engine) -> None:
    forms = {10: "give_actual_quote", 11: "verify_lapse_reason"}
    alone = [task_of(listed, number, form).id for number, form in forms.items()]

    act = api.prepare_bulk(listed, [*alone, hand_outs(listed)[0]], actor=person(listed))

    assert [Row.EXCEPTED, Row.EXCEPTED, Row.PENDING] == statuses(listed, act)


def test_an_undo_makes_every_renewal_what_it_was(listed: Engine) -> None:
    before = {number: looks(listed, number) for number in CARS}
    act = do(listed, hand_outs(listed))
    assert all(looks(listed, number) != before[number] for number in CARS)

    counts = api.undo_bulk(listed, act, actor=person(listed))

    assert {Row.UNDONE: len(CARS)} == counts
    assert before == {number: looks(listed, number) for number in CARS}
    assert "task_completion_undone" in events(listed, CARS[0])


def test_an_undone_task_can_be_completed_again_and_both_forms_stay(listed: Engine) -> None:
    act = do(listed, hand_outs(listed))
    api.undo_bulk(listed, act, actor=person(listed))

    do(listed, hand_outs(listed))

    with listed.store.reading() as session:
        forms = session.scalars(
            select(Submission).where(Submission.instance_id == renewal_of(listed, CARS[0]))
        ).all()
        assert 2 == len({form.task_id for form in forms})


def test_the_history_holds_after_an_undo(listed: Engine) -> None:
    act = do(listed, hand_outs(listed))
    api.undo_bulk(listed, act, actor=person(listed))

    assert verify(listed).is_sound


def test_a_row_on_which_somebody_built_is_kept(listed: Engine) -> None:
    act = do(listed, hand_outs(listed))
    api.complete_task(
        listed,
        task_of(listed, 301, "confirm_delivery").id,
        answers.confirm_delivery(TODAY),
        actor=person(listed, "TR01"),
    )
    begun = task_of(listed, 302, "confirm_delivery").id
    api.claim_task(listed, begun, actor=person(listed, "TR01"))
    api.save_draft(
        listed, task_of(listed, 303, "confirm_delivery").id, {"result": "x"}, actor=person(listed, "TR01")
    )

    counts = api.undo_bulk(listed, act, actor=person(listed))

    assert {Row.UNDONE: 3, Row.KEPT: 3} == counts
    assert [
        "该续保之后又有新的进展",
        "由它产生的任务已有人着手办理",
        "由它产生的任务已有人着手办理",
    ] == reasons(listed, act)


def test_after_half_an_hour_nothing_is_undone(listed: Engine) -> None:
    act = do(listed, hand_outs(listed))
    api.set_clock(listed, listed.clock.now() + timedelta(minutes=30), actor=api.SYSTEM)
    with listed.store.reading() as session:
        finished = session.get_one(BulkAct, act).finished_at
    assert finished is not None

    api.set_clock(listed, finished + bulk.UNDO_WITHIN + timedelta(seconds=1), actor=api.SYSTEM)
    with pytest.raises(BadInput, match="30 minutes"):
        api.undo_bulk(listed, act, actor=person(listed))

    assert [Row.DONE] * len(CARS) == statuses(listed, act)


def test_a_stage_that_ended_meanwhile_is_not_undone(listed: Engine) -> None:
    start = at(listed, TODAY + timedelta(days=12), 23, 50)  # the stage of these cars ends at midnight
    api.advance_clock(listed, to=start, actor=api.SYSTEM)
    act = do(listed, hand_outs(listed))
    api.advance_clock(listed, to=start + timedelta(minutes=15), actor=api.SYSTEM)

    assert {Row.KEPT: len(CARS)} == api.undo_bulk(listed, act, actor=person(listed))
