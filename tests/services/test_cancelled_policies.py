"""A new policy that is taken back takes the renewal's outcome with it (domain.md §7 case 12)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from engine import api
from engine.tables import HistoryEvent, ImportRow, PolicyLine, Renewal, UserTask
from tests.acceptance.desk import policy, standard_csv, vin
from tests.support.console import TODAY, at, open_tasks, renewal_of
from tests.support.lists import Table, to_csv

pytestmark = pytest.mark.one_database

CAR = 300


def listed(engine: api.Engine, days_left: int, *, lines: tuple[str, ...] = ("商业",)) -> None:
    expiry = TODAY + timedelta(days=days_left)
    rows = [policy(CAR, expiry, line=line, agent="AG001", sub_branch="PC330101") for line in lines]
    batch = api.preview_list(engine, standard_csv(rows), "l.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(engine, batch, actor=api.SYSTEM)


def new(engine: api.Engine, line: str = "商业", **more: Any) -> dict[str, Any]:
    """A new policy that continues what was listed, signed today."""
    with engine.store.reading() as session:
        old = session.get_one(Renewal, renewal_of(engine, CAR)).expiry_date
    start = old + timedelta(days=1)
    expiry = old.replace(year=old.year + 1)
    row = policy(CAR, expiry, line=line, agent="AG001", sub_branch="PC330101", issued=True)
    return {**row, "起保日期": start.isoformat(), "签单日期": TODAY.isoformat(), **more}


def issue(engine: api.Engine, *rows: dict[str, Any]) -> api.ImportReport:
    """Import newly issued policies; the preview foretells what the commit does."""
    batch = api.preview_list(engine, standard_csv(rows), "n.csv", "standard", kind="issued", actor=api.SYSTEM)
    foretold = api.batch_report(engine, batch)
    done = api.commit_batch(engine, batch, actor=api.SYSTEM)
    assert foretold == done
    return done


def renewal(engine: api.Engine) -> Renewal:
    with engine.store.reading() as session:
        return session.get_one(Renewal, renewal_of(engine, CAR))


def happened(engine: api.Engine) -> list[str]:
    with engine.store.reading() as session:
        found = select(HistoryEvent.action).where(HistoryEvent.instance_id == renewal_of(engine, CAR))
        return list(session.scalars(found.order_by(HistoryEvent.seq)))


def outcomes(engine: api.Engine) -> list[str | None]:
    with engine.store.reading() as session:
        rows = session.execute(
            text("SELECT outcome FROM v_instance WHERE business_key LIKE :key"), {"key": f"{vin(CAR)}%"}
        )
        return [row.outcome for row in rows]


def codes(engine: api.Engine, batch: int) -> list[str]:
    with engine.store.reading() as session:
        rows = session.scalars(select(ImportRow).where(ImportRow.batch_id == batch))
        return [problem["code"] for row in rows for problem in row.problems]


def test_case_12_a_cancelled_policy_opens_its_renewal_again(book: api.Engine) -> None:
    listed(book, 20)
    issue(book, new(book))
    assert ["renewed"] == outcomes(book)

    report = issue(book, new(book, 保费="-3200.00"))

    row = renewal(book)
    assert (1, 1, 0) == (report.changed, report.reversed, report.rejected)
    assert ["renewal_taken_back"] == codes(book, report.batch_id)
    assert [None] == outcomes(book)
    assert ("key_tracking", "assigned", 1, None) == (row.stage, row.state, row.rounds, row.ended_at)
    assert open_tasks(book, CAR)
    assert ["renewal_reversed", "instance_reopened"] == [
        action for action in happened(book) if action in ("renewal_reversed", "instance_reopened")
    ]
    assert 2 == happened(book).count("stage_entered") - 1


def test_a_reopened_renewal_lives_on_to_its_next_outcome(book: api.Engine) -> None:
    listed(book, 20)
    issue(book, new(book))
    issue(book, new(book, 保费="-3200.00"))

    report = issue(book, new(book, 保单号="9100000000000000000002"))

    assert (1, ["renewed"]) == (report.renewed, outcomes(book))
    assert 2 == happened(book).count("instance_ended")
    assert not open_tasks(book, CAR)


def test_a_reopened_renewal_goes_through_its_stages_to_the_end(book: api.Engine) -> None:
    listed(book, 5)
    issue(book, new(book))
    issue(book, new(book, 保费="-3200.00"))

    api.advance_clock(book, to=at(book, TODAY + timedelta(days=37), 9), actor=api.SYSTEM)

    assert ["closed_lapsed"] == outcomes(book)
    with book.store.reading() as session:
        tasks = session.scalars(select(UserTask).where(UserTask.instance_id == renewal_of(book, CAR)))
        assert all(task.status not in ("open", "claimed") for task in tasks)


@pytest.mark.parametrize(
    ("later", "outcome", "stage"),
    [
        pytest.param(
            timedelta(days=35), None, "win_back", id="within 30 days after the expiry it is reopened"
        ),
        pytest.param(timedelta(days=36), "closed_lapsed", "closed", id="later the outcome is corrected only"),
    ],
)
def test_a_cancellation_after_the_expiry(
    book: api.Engine, later: timedelta, outcome: str | None, stage: str
) -> None:
    listed(book, 5)
    issue(book, new(book))
    api.advance_clock(book, to=at(book, TODAY + later, 9), actor=api.SYSTEM)

    issue(book, new(book, 保费="-3200.00"))

    assert (outcome, stage) == (renewal(book).outcome, renewal(book).stage)
    assert "renewal_reversed" in happened(book)


def test_what_remains_of_two_new_policies_is_a_renewal_in_part(book: api.Engine) -> None:
    listed(book, 20, lines=("商业", "交强"))
    issue(book, new(book), new(book, line="交强"))
    assert ["renewed"] == outcomes(book)

    issue(book, new(book, 保费="-3200.00"))

    assert ("partial", None) == (renewal(book).state, renewal(book).outcome)


def test_a_policy_issued_and_cancelled_in_one_list_never_ends_its_renewal(book: api.Engine) -> None:
    listed(book, 20)
    taken_back = new(book, 保费="-3200.00")

    report = issue(book, taken_back, new(book))

    assert (1, 1, 0, 0) == (report.new, report.changed, report.renewed, report.reversed)
    assert "instance_ended" not in happened(book)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        pytest.param({"保费": "-1599.00"}, "partial_refund", id="less than half is a reduction"),
        pytest.param(
            {"保费": "-3200.00", "保单号": "9100000000000000000009"},
            "nothing_to_cancel",
            id="a policy nobody knows",
        ),
    ],
)
def test_an_entry_that_takes_nothing_back_is_refused_by_name(
    book: api.Engine, row: dict[str, Any], code: str
) -> None:
    listed(book, 20)
    issue(book, new(book))

    report = issue(book, new(book, **row))

    assert (1, [code], ["renewed"]) == (report.rejected, codes(book, report.batch_id), outcomes(book))


def test_repeating_a_cancellation_changes_nothing(book: api.Engine) -> None:
    listed(book, 20)
    issue(book, new(book))
    issue(book, new(book, 保费="-3200.00"))
    before = happened(book)

    report = issue(book, new(book, 保费="-3200.00"), new(book))

    assert (2, 0) == (report.unchanged, report.reversed)
    assert before == happened(book)


def test_what_was_reported_with_a_policy_of_another_list_is_not_taken_back(book: api.Engine) -> None:
    listed(book, 20, lines=("商业", "交强"))
    told = {"policy_no": "6600000000001"}
    api.deliver_message(book, "policy_renewed", vin(CAR), data=told, actor=api.SYSTEM)
    issue(book, new(book, line="交强", 保费="950.00"))

    report = issue(book, new(book, line="交强", 保费="-950.00"))

    assert (0, ["renewed"]) == (report.reversed, outcomes(book))


def test_a_refund_in_a_pending_list_is_still_put_aside(book: api.Engine) -> None:
    row = policy(CAR, TODAY + timedelta(days=20), agent="AG001", sub_branch="PC330101", 保费="-10")
    batch = api.preview_list(book, standard_csv([row]), "l.csv", "standard", actor=api.SYSTEM)

    assert ["refund_row"] == codes(book, batch)


def test_a_policy_without_a_number_is_recognised_when_its_file_comes_again(book: api.Engine) -> None:
    listed(book, 20)
    start = TODAY + timedelta(days=21)
    row = {
        "险种": "商业",
        "车架号": vin(CAR),
        "起保日期": start.isoformat(),
        "到期日": (start.replace(year=start.year + 1) - timedelta(days=1)).isoformat(),
        "营销员": "AG001",
    }
    content = to_csv(Table(tuple(row), [dict(row)]))
    reports = []
    for name in ("1.csv", "2.csv"):
        batch = api.preview_list(book, content, name, "branch_sheet", kind="issued", actor=api.SYSTEM)
        reports.append(api.commit_batch(book, batch, actor=api.SYSTEM))

    third = issue(book, new(book, 到期日期=row["到期日"]))

    assert [(1, 0), (0, 1)] == [(report.new, report.unchanged) for report in reports]
    assert (0, 1, 0) == (third.new, third.changed, third.unchanged)
    with book.store.reading() as session:
        lines = session.scalars(select(PolicyLine).where(PolicyLine.renews_id == renewal_of(book, CAR))).all()
    assert [new(book)["保单号"]] == [line.policy_no for line in lines]


def test_a_number_of_another_vehicle_is_refused_by_name(book: api.Engine) -> None:
    listed(book, 20)
    issue(book, new(book))

    report = issue(book, new(book, 车架号=vin(CAR + 1)))

    assert (1, ["number_of_other_vehicle"]) == (report.rejected, codes(book, report.batch_id))
