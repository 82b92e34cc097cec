"""Two policies of one kind on one vehicle (domain.md §7 case 6): told in the preview, judged by a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import api
from engine.tables import ImportRow, PolicyLine, Renewal
from tests.acceptance.desk import policy, standard_csv, vin
from tests.support.console import TODAY, at, open_tasks, renewal_of

pytestmark = pytest.mark.one_database

CAR = 77


def row(number: str, days_left: int, **more: Any) -> dict[str, Any]:
    expiry = TODAY + timedelta(days=days_left)
    return policy(CAR, expiry, agent="AG001", sub_branch="PC330101", 职场="ZC01", 保单号=number, **more)


def preview(engine: api.Engine, *rows: dict[str, Any]) -> int:
    return api.preview_list(engine, standard_csv(rows), "list.csv", "standard", actor=api.SYSTEM)


def take(engine: api.Engine, *rows: dict[str, Any]) -> None:
    api.commit_batch(engine, preview(engine, *rows), actor=api.SYSTEM)


def codes(engine: api.Engine, batch: int) -> list[str]:
    with engine.store.reading() as session:
        rows = session.scalars(select(ImportRow).where(ImportRow.batch_id == batch))
        return [problem["code"] for row in rows for problem in row.problems]


def base_of(engine: api.Engine) -> tuple[str | None, int, list[str | None]]:
    """The renewal's policy number, its days left, and the numbers of its expiring lines."""
    with engine.store.reading() as session:
        renewal = session.scalars(select(Renewal).where(Renewal.vin == vin(CAR))).one()
        lines = session.scalars(select(PolicyLine.policy_no).where(PolicyLine.renewal_id == renewal.id))
        return renewal.policy_no, (renewal.expiry_date - TODAY).days, sorted(map(str, lines))


def warned(engine: api.Engine, number: int) -> list[str | None]:
    with engine.store.reading() as session:
        page = api.renewal_page(
            session,
            api.SYSTEM,
            renewal_of(engine, number),
            api.Present.of(engine.clock),
            deployed_of=engine.deployed,
        )
    return [line.policy_no for line in page.double_cover]


def test_case_06_two_policies_of_one_list_become_one_renewal_that_a_person_judges(book: api.Engine) -> None:
    take(book, row("6100000000001", 40), row("6100000000002", 55))

    assert base_of(book) == ("6100000000002", 55, ["6100000000002"])
    assert [task.element_id for task in open_tasks(book, CAR)] == ["confirm_exclusion"]
    assert warned(book, CAR) == ["****000001", "****000002"]


def test_the_confirmation_of_an_exclusion_is_not_cut_to_the_end_of_the_stage(book: api.Engine) -> None:
    """Eight days before expiry is the last day of key tracking; X-L1 is due on the second workday from now."""
    take(book, row("6100000000001", 7), row("6100000000002", 8))

    (task,) = [task for task in open_tasks(book, CAR) if task.element_id == "confirm_exclusion"]
    assert task.due_at is not None
    assert at(book, TODAY + timedelta(days=3), 0) == task.due_at  # the end of Thursday


def test_a_refused_exclusion_follows_the_doubly_covered_vehicle_up(book: api.Engine) -> None:
    take(book, row("6100000000001", 40), row("6100000000002", 42))
    (task,) = open_tasks(book, CAR)
    values = {"verdict": "refused", "exclusion_code": "X11", "refusal_reason": "两份保单均有效"}

    api.complete_task(book, task.id, values, actor=api.actor_of(book, task.assignee_no or ""))

    assert ["dispatch_list"] == [task.form_id for task in open_tasks(book, CAR)]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"险类": "交强"}, id="the other kind"),
        pytest.param({"起保日期": (TODAY + timedelta(days=41)).isoformat()}, id="the year after"),
    ],
)
def test_policies_that_do_not_overlap_are_not_judged(book: api.Engine, more: dict[str, Any]) -> None:
    days_left = 405 if "起保日期" in more else 40
    take(book, row("6100000000001", 40), row("6100000000002", days_left, **more))

    with book.store.reading() as session:
        renewals = session.scalars(select(Renewal).where(Renewal.vin == vin(CAR))).all()
    assert {None} == {renewal.exclusion_code for renewal in renewals}


def test_the_preview_warns_of_a_policy_that_a_stored_one_overlaps(book: api.Engine) -> None:
    take(book, row("6100000000001", 40))

    assert codes(book, preview(book, row("6100000000002", 40))) == ["double_cover_stored"]
    assert codes(book, preview(book, row("6100000000001", 40))) == []


@pytest.mark.parametrize(
    ("days_left", "base"),
    [
        pytest.param(30, ("6100000000001", 40, ["6100000000001"]), id="the earlier-expiring stands aside"),
        pytest.param(55, ("6100000000002", 55, ["6100000000002"]), id="the later-expiring becomes the base"),
    ],
)
def test_of_a_later_list_too_the_later_expiring_policy_is_the_base(
    book: api.Engine, days_left: int, base: tuple[str, int, list[str]]
) -> None:
    take(book, row("6100000000001", 40))

    take(book, row("6100000000002", days_left))

    assert base_of(book) == base
    assert len(warned(book, CAR)) == 2
