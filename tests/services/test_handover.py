"""A leaver's renewals go to colleagues as it was shown: by rule, by hand, row by row, on the day (case 13)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from engine import api
from engine.api import BadInput, Engine, HandoverKind, HandoverStatus, NotFound, Role
from engine.services.handover_plan import mark_of
from engine.tables import Handover, HandoverRow, HistoryEvent, OutboxMessage, Post, Renewal, UserTask
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv
from tests.support.console import TODAY, at, complete, renewal_of, task_of
from tests.support.org import org_sheets, write_sheets

YESTERDAY = TODAY - timedelta(days=1)
LEAVER = "AG001"


def person(engine: Engine, name: str = "SU01") -> api.Actor:
    return api.actor_of(engine, name)


def prepare(engine: Engine, who: str = "SU01", leaver: str = LEAVER, **more: Any) -> int:
    given = {"kind": HandoverKind.LEAVE, "last_day": YESTERDAY, **more}
    return api.prepare_handover(engine, leaver, actor=person(engine, who), **given)


def confirm(engine: Engine, handover: int, who: str = "SU01") -> HandoverStatus:
    status = api.confirm_handover(engine, handover, actor=person(engine, who))
    api.carry_out_handover(engine, handover, actor=person(engine, who))
    return status


def rows(engine: Engine, handover: int) -> list[HandoverRow]:
    with engine.store.reading() as session:
        query = select(HandoverRow).where(HandoverRow.handover_id == handover).order_by(HandoverRow.id)
        return list(session.scalars(query))


def renewal(engine: Engine, car: int) -> Renewal:
    with engine.store.reading() as session:
        return session.get_one(Renewal, renewal_of(engine, car))


def events(engine: Engine, action: str, **where: Any) -> list[HistoryEvent]:
    with engine.store.reading() as session:
        query = select(HistoryEvent).where(HistoryEvent.action == action).filter_by(**where)
        return list(session.scalars(query.order_by(HistoryEvent.seq)))


def status(engine: Engine, handover: int) -> str:
    with engine.store.reading() as session:
        return session.get_one(Handover, handover).status


def test_case_13_a_leavers_renewals_go_to_the_team_as_shown(book: Engine) -> None:
    handover = prepare(book)
    shown = {row.instance_id: row.to_no for row in rows(book, handover)}
    with book.store.reading() as session:
        held = select(Renewal.id).where(Renewal.agent_no == LEAVER, Renewal.ended_at.is_(None))
        assert set(session.scalars(held)) == set(shown)
    assert set(shown.values()) == {"AG002", "AG003", "AG004"}
    counts = Counter(shown.values()).values()
    assert max(counts) - min(counts) <= 1

    assert HandoverStatus.RUNNING is confirm(book, handover)

    assert "done" == status(book, handover)
    with book.store.reading() as session:
        for number, to in shown.items():
            row = session.get_one(Renewal, number)
            assert (to, to, "agent", False) == (row.agent_no, row.owner_no, row.owner_role, row.is_orphan)
        open_tasks = select(UserTask).where(
            UserTask.assignee_no == LEAVER, UserTask.status.in_(["open", "claimed"])
        )
        assert [] == session.scalars(open_tasks).all()


def test_both_owners_stand_in_the_history_of_each_renewal(book: Engine) -> None:
    handover = prepare(book)
    confirm(book, handover)

    for row in rows(book, handover):
        (event,) = events(book, "renewal_handed_over", instance_id=row.instance_id)
        assert (LEAVER, row.to_no, "SU01") == (event.payload["from"], event.payload["to"], event.actor)
        assert {"field": "owner_no", "from": LEAVER, "to": row.to_no} in row.changes


def test_the_leaver_reaches_nothing_after_the_last_day(book: Engine) -> None:
    confirm(book, prepare(book))

    assert frozenset() == person(book, LEAVER).roles
    with book.store.reading() as session:
        assert [YESTERDAY] == [
            p.valid_to for p in session.scalars(select(Post).where(Post.employee_no == LEAVER))
        ]
    assert 1 == len(events(book, "post_ended", subject=LEAVER))


def test_a_last_day_ahead_waits_for_it_and_goes_before_the_next_in_line(book: Engine) -> None:
    last = TODAY + timedelta(days=2)
    handover = prepare(book, last_day=last)
    shown = {row.instance_id: row.to_no for row in rows(book, handover)}

    assert HandoverStatus.SCHEDULED is confirm(book, handover)
    assert LEAVER == renewal(book, 4).owner_no
    api.advance_clock(book, by="P3D", actor=api.SYSTEM)

    assert "done" == status(book, handover)
    done = [row for row in rows(book, handover) if row.status == "done"]
    assert len(done) >= len(shown) - 2, "a renewal whose stage ended meanwhile may have closed"
    with book.store.reading() as session:
        for row in done:
            assert shown[row.instance_id] == session.get_one(Renewal, row.instance_id).owner_no
    assert [] == events(book, "message_received", subject="agent_left")


def test_a_row_changed_by_hand_goes_where_the_hand_put_it(book: Engine) -> None:
    handover = prepare(book)
    car, other = renewal_of(book, 4), renewal_of(book, 5)

    assert 1 == api.change_rows(book, handover, [car], "AG006", actor=person(book))
    assert 1 == api.change_rows(book, handover, [other], "SU01", actor=person(book))
    confirm(book, handover)

    assert ("AG006", "AG006") == (renewal(book, 4).agent_no, renewal(book, 4).owner_no)
    assert (None, "SU01", True) == (
        renewal(book, 5).agent_no,
        renewal(book, 5).owner_no,
        renewal(book, 5).is_orphan,
    )
    assert {"by_hand"} == {row.rule for row in rows(book, handover) if row.instance_id in (car, other)}


def test_what_changed_after_the_preview_is_refused_with_the_reason(book: Engine) -> None:
    handover = prepare(book)
    complete(book, 4, "dispatch_list", answers.dispatch_list(TODAY, agent_no="AG003"))

    confirm(book, handover)

    (refused,) = [row for row in rows(book, handover) if row.status == "refused"]
    assert renewal_of(book, 4) == refused.instance_id
    assert refused.reason and "变更" in refused.reason["zh"]
    assert "AG003" == renewal(book, 4).owner_no
    assert 1 == len(events(book, "handover_row_refused", instance_id=refused.instance_id))


def test_an_interrupted_hand_over_goes_on_with_the_next_tick(book: Engine) -> None:
    class Stop(Exception):
        pass

    def stop(count: int) -> None:
        if count == 3:
            raise Stop

    handover = prepare(book)
    api.confirm_handover(book, handover, actor=person(book))
    with pytest.raises(Stop):
        api.carry_out_handover(book, handover, actor=person(book), on_progress=stop)
    assert 3 == sum(row.status == "done" for row in rows(book, handover))

    api.tick(book)

    assert "done" == status(book, handover)
    assert {"done"} == {row.status for row in rows(book, handover)}
    assert len(rows(book, handover)) == len(events(book, "renewal_handed_over"))


def test_the_cars_of_one_customer_stay_with_who_serves_it_already(book: Engine) -> None:
    same = {"车主": "方新", "证件号码": "11010519491231002X"}
    expiry = TODAY + timedelta(days=50)
    list_ = [
        policy(400, expiry, agent=LEAVER, sub_branch="PC330101", 职场="ZC01", **same),
        policy(401, expiry, agent=LEAVER, sub_branch="PC330101", 职场="ZC01", **same),
        policy(402, expiry, agent="AG007", sub_branch="PC330101", 职场="ZC01", **same),
    ]
    batch = api.preview_list(book, standard_csv(list_), "l.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(book, batch, actor=api.SYSTEM)

    found = {row.instance_id: (row.to_no, row.rule) for row in rows(book, prepare(book))}

    assert {("AG007", "relationship")} == {found[renewal_of(book, car)] for car in (400, 401)}


def test_who_is_away_gets_nothing(book: Engine) -> None:
    api.arrange_absence(
        book, "AG002", "AG003", first=TODAY, last=TODAY + timedelta(days=5), actor=person(book, "AG002")
    )

    assert {"AG003", "AG004"} == {row.to_no for row in rows(book, prepare(book))}


@pytest.mark.parametrize(
    ("who", "leaver", "told"),
    [
        ("SU01", "AG005", "下属"),  # another team
        ("SU01", "SU01", "下属"),
        ("SU01", "SP01", "下属"),
        ("TR01", "AG009", "下属"),  # another workplace
        ("AG001", "AG002", "下属"),
        ("AU01", "AG002", "下属"),
        ("SU01", "XX99", "没有这位"),
        ("CC01", "CC02", "不以"),
    ],
)
def test_only_superiors_of_the_unit_hand_over(book: Engine, who: str, leaver: str, told: str) -> None:
    with pytest.raises(BadInput) as refused:
        prepare(book, who, leaver)
    assert told in refused.value.say("zh")


@pytest.mark.parametrize("who", ["SU01", "TR01", "CC01", "AD01"])
def test_superiors_of_the_unit_may(book: Engine, who: str) -> None:
    assert rows(book, prepare(book, who))


def test_a_hand_over_of_another_unit_does_not_exist(book: Engine) -> None:
    handover = prepare(book)
    stranger = person(book, "SU03")

    for act in (
        lambda: api.confirm_handover(book, handover, actor=stranger),
        lambda: api.drop_handover(book, handover, actor=stranger),
        lambda: api.change_rows(book, handover, [renewal_of(book, 4)], "AG002", actor=stranger),
    ):
        with pytest.raises(NotFound):
            act()
    assert "prepared" == status(book, handover)


def test_somebody_who_does_not_serve_there_cannot_be_chosen(book: Engine) -> None:
    handover = prepare(book)
    for to in ("AG009", LEAVER, "XX99", ""):
        with pytest.raises(BadInput):
            api.change_rows(book, handover, [renewal_of(book, 4)], to, actor=person(book))


def test_a_day_out_of_reach_and_a_second_hand_over_are_refused(book: Engine) -> None:
    for day in (TODAY - timedelta(days=31), TODAY + timedelta(days=91)):
        with pytest.raises(BadInput):
            prepare(book, last_day=day)
    first, second = prepare(book, last_day=TODAY), prepare(book, last_day=TODAY)
    confirm(book, first)
    with pytest.raises(BadInput, match="finished"):
        confirm(book, second)
    with pytest.raises(api.HandoverOver):
        confirm(book, first)
    api.drop_handover(book, second, actor=person(book))
    assert "dropped" == status(book, second)


def test_a_preview_that_another_hand_over_overtook_is_closed_with_the_reason(book: Engine) -> None:
    first, second = prepare(book), prepare(book)

    confirm(book, first)

    assert ("done", "dropped") == (status(book, first), status(book, second))
    told = {(row.status, row.reason["zh"]) for row in rows(book, second) if row.reason}
    assert {("refused", f"该人员的交接 {first} 已完成，本预览作废")} == told
    assert [first] == [event.payload["done"] for event in events(book, "handover_outdated", subject=LEAVER)]
    with pytest.raises(api.HandoverOver):
        confirm(book, second)


def test_after_a_move_a_preview_of_other_renewals_stays(book: Engine) -> None:
    of_one_place = {"kind": HandoverKind.MOVE, "role": Role.SPECIALIST}
    first = prepare(book, "CC01", "SP01", **of_one_place, workplace="ZC01")
    again = prepare(book, "CC01", "SP01", **of_one_place, workplace="ZC01")
    whole = prepare(book, "CC01", "SP01", **of_one_place)
    with book.store.transaction() as tx:
        for row in rows(book, whole)[:1]:
            row = tx.get_one(HandoverRow, row.id)
            row.instance_id, row.seen = renewal_of(book, 21), mark_of(renewal(book, 21))
        tx.record("test_prepared", at=book.clock.now(), actor="test")

    confirm(book, first, "CC01")

    assert ["dropped", "prepared"] == [status(book, again), status(book, whole)]


def test_case_17_a_specialist_hands_one_workplace_to_a_colleague_and_keeps_serving(book: Engine) -> None:
    handover = prepare(book, "CC01", "SP01", kind=HandoverKind.MOVE, role=Role.SPECIALIST, workplace="ZC01")
    chosen = [row.instance_id for row in rows(book, handover)]
    api.change_rows(book, handover, chosen, "SP02", actor=person(book, "CC01"))

    confirm(book, handover, "CC01")
    api.tick(book)

    assert {"SP02"} == {renewal(book, car).specialist_no for car in (4, 5, 8)}
    assert LEAVER == renewal(book, 4).owner_no
    assert Role.SPECIALIST in person(book, "SP01").roles


def test_a_supervisor_who_leaves_hands_the_team_to_a_colleague_for_good(book: Engine) -> None:
    handover = prepare(book, "TR01", "SU01")
    assert {"SU02"} == {row.to_no for row in rows(book, handover)}
    confirm(book, handover, "TR01")
    api.advance_clock(book, by="P1D", actor=api.SYSTEM)

    assert ("SU02", LEAVER) == (renewal(book, 5).supervisor_no, renewal(book, 5).owner_no)


@pytest.mark.parametrize(
    ("who", "leaver", "kind", "told"),
    [("TR01", "SU01", HandoverKind.MOVE, "随其岗位"), ("CC01", "TR01", HandoverKind.LEAVE, "对接")],
)
def test_what_follows_the_organisation_is_not_handed_over_by_hand(
    book: Engine, who: str, leaver: str, kind: HandoverKind, told: str
) -> None:
    with pytest.raises(BadInput) as refused:
        prepare(book, who, leaver, kind=kind)
    assert told in refused.value.say("zh")


def test_what_a_leaver_had_claimed_from_a_queue_goes_back_to_it(book: Engine) -> None:
    task = task_of(book, 21, "record_contact")
    with book.store.transaction() as tx:
        row = tx.get_one(UserTask, task.id)
        row.assignee_no, row.status, row.claimed_by, row.claimed_at = (
            None,
            "claimed",
            LEAVER,
            book.clock.now(),
        )
    confirm(book, prepare(book))

    with book.store.reading() as session:
        row = session.get_one(UserTask, task.id)
        assert ("open", None) == (row.status, row.claimed_by)


def test_a_row_for_the_pool_waits_there_for_a_claim(book: Engine) -> None:
    handover = prepare(book)
    car = renewal_of(book, 4)
    api.change_rows(book, handover, [car], api.POOL, actor=person(book))
    confirm(book, handover)
    assert (None, "SU01", True) == (
        renewal(book, 4).agent_no,
        renewal(book, 4).owner_no,
        renewal(book, 4).is_orphan,
    )

    api.claim_renewal(book, car, actor=person(book, "AG007"))

    assert ("AG007", "AG007", False) == (
        renewal(book, 4).agent_no,
        renewal(book, 4).owner_no,
        renewal(book, 4).is_orphan,
    )


def test_what_waits_for_a_leaver_does_not_leave(book: Engine) -> None:
    night = at(book, YESTERDAY + timedelta(days=1), 21)
    api.set_clock(book, night, actor=api.SYSTEM)
    api.urge_task(book, task_of(book, 7, "record_contact").id, actor=person(book))
    confirm(book, prepare(book))
    api.advance_clock(book, by="P1D", actor=api.SYSTEM)

    with book.store.reading() as session:
        (message,) = session.scalars(select(OutboxMessage).where(OutboxMessage.template == "task_urged"))
        assert ("withheld", "recipient_left") == (message.status, message.withheld_for)


def test_a_large_one_is_left_to_a_worker_where_there_are_workers(book: Engine) -> None:
    handover = prepare(book)
    api.confirm_handover(book, handover, actor=person(book), by_worker=True)

    if book.store.is_shared:
        with book.store.reading() as session:
            queued = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'settle_people'")
            assert 1 == session.execute(queued).scalar()
    assert api.people_change_is_due(book, book.clock.now())
    assert len(rows(book, handover)) == api.keep_people(book, now=book.clock.now())
    assert "done" == status(book, handover)


# By effective date -----------------------------------------------------------------------------------------------


def records(engine: Engine, number: str) -> list[Handover]:
    with engine.store.reading() as session:
        return list(session.scalars(select(Handover).where(Handover.from_no == number)))


def test_case_14_an_agent_who_moves_leaves_a_record_of_what_went_along(book: Engine) -> None:
    move, sheets = TODAY + timedelta(days=2), org_sheets()
    old = next(row for row in sheets["人员"] if row[0] == LEAVER)
    old[7] = move - timedelta(days=1)
    sheets["人员"].append([*old[:3], "ZC02-1", "SU03", old[5], move, None])
    api.import_org(book, write_sheets(sheets), "o.xlsx", actor=api.SYSTEM)
    api.advance_clock(book, by="P1D", actor=api.SYSTEM)
    assert [] == records(book, LEAVER)
    api.advance_clock(book, by="P2D", actor=api.SYSTEM)

    (record,) = records(book, LEAVER)
    assert ("organisation", "done", move - timedelta(days=1)) == (record.kind, record.status, record.last_day)
    row = next(row for row in rows(book, record.id) if row.instance_id == renewal_of(book, 5))
    moved = {change["field"]: (change["from"], change["to"]) for change in row.changes}
    assert ("ZC01", "ZC02") == moved["workplace_code"]
    assert ("SU01", "SU03") == moved["supervisor_no"]
    assert (LEAVER, "by_date") == (row.to_no, row.rule)
    assert "owner_no" not in moved, "the agent keeps them: no first contact is due"


def test_case_17_a_new_specialist_by_date_leaves_a_record_too(book: Engine) -> None:
    sheets = org_sheets()
    liaison = next(row for row in sheets["对接"] if row[0] == "ZC01")
    liaison[4] = TODAY
    sheets["对接"].append(["ZC01", "SP02", "TR01", TODAY + timedelta(days=1), None])
    api.import_org(book, write_sheets(sheets), "o.xlsx", actor=api.SYSTEM)
    api.advance_clock(book, by="P1D", actor=api.SYSTEM)

    (record,) = records(book, "SP01")
    assert {"SP02"} == {row.to_no for row in rows(book, record.id)}
    assert len(rows(book, record.id)) >= 8


def test_a_leaver_without_a_plan_leaves_a_record_of_who_got_what(book: Engine) -> None:
    sheets = org_sheets()
    next(row for row in sheets["人员"] if row[0] == LEAVER)[7] = YESTERDAY
    api.import_org(book, write_sheets(sheets), "o.xlsx", actor=api.SYSTEM)
    api.tick(book)

    (record,) = records(book, LEAVER)
    assert {"SU01"} == {row.to_no for row in rows(book, record.id)}
    row = next(row for row in rows(book, record.id) if row.instance_id == renewal_of(book, 5))
    assert {"field": "owner_no", "from": LEAVER, "to": "SU01"} in row.changes


def test_a_file_that_brings_a_leaver_back_says_so(book: Engine) -> None:
    confirm(book, prepare(book))

    report = api.import_org(book, write_sheets(org_sheets()), "o.xlsx", actor=api.SYSTEM)

    assert any(LEAVER in zh and "恢复在岗" in zh for zh, _ in report.warnings)
    again = api.import_org(book, write_sheets(org_sheets()), "o.xlsx", actor=api.SYSTEM)
    assert not any("恢复在岗" in zh for zh, _ in again.warnings)
