"""What is left of an exclusion that was refused, and of a loss of which nobody told the reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import api
from engine.api import Engine
from engine.tables import HistoryEvent, Renewal
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv, vin
from tests.services.test_cancelled_policies import CAR, issue, listed, new
from tests.support.console import TODAY, at, complete, open_tasks, renewal_of

pytestmark = pytest.mark.one_database


def row(engine: Engine) -> Renewal:
    with engine.store.reading() as session:
        return session.get_one(Renewal, renewal_of(engine, CAR))


def facts(engine: Engine, field: str) -> list[tuple[Any, Any, Any]]:
    """What became of *field*: from, to and source of each change."""
    with engine.store.reading() as session:
        query = select(HistoryEvent).where(
            HistoryEvent.instance_id == renewal_of(engine, CAR), HistoryEvent.action == "fact_changed"
        )
        events = [event.payload for event in session.scalars(query.order_by(HistoryEvent.seq))]
    return [(e["from"], e["to"], e["source"]) for e in events if e["field"] == field]


def exclude(engine: Engine) -> None:
    data = {"code": "X13", "evidence": "迁出证明"}
    api.deliver_message(engine, "policy_excluded", vin(CAR), data=data, actor=api.SYSTEM)


def refuse(engine: Engine) -> None:
    complete(engine, CAR, "exclusion_review", answers.exclusion_review(TODAY, "refused"))


def test_a_refused_exclusion_leaves_no_reason_behind(book: Engine) -> None:
    listed(book, 20)
    exclude(book)
    assert "X13" == row(book).exclusion_code

    refuse(book)

    assert (None, None) == (row(book).exclusion_code, row(book).exclusion_evidence)
    assert ("X13", None, "review") == facts(book, "exclusion_code")[-1]


def test_a_renewal_opened_again_is_not_excluded_by_what_was_refused_before(book: Engine) -> None:
    listed(book, 20)
    exclude(book)
    refuse(book)
    issue(book, new(book))

    issue(book, new(book, 保费="-3200.00"))

    assert "key_tracking" == row(book).stage
    assert not {"X-L1", "X-S1", "X-C1"} & {task.action_id for task in open_tasks(book, CAR)}


def test_one_whose_exclusion_is_refused_at_the_start_gets_its_tier_and_forecast(book: Engine) -> None:
    expiry = TODAY + timedelta(days=20)
    short = policy(
        CAR,
        expiry,
        agent="AG001",
        sub_branch="PC330101",
        起保日期=(expiry - timedelta(days=200)).isoformat(),
    )
    batch = api.preview_list(book, standard_csv([short]), "l.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(book, batch, actor=api.SYSTEM)
    assert ("X06", None, None) == (row(book).exclusion_code, row(book).tier, row(book).quote_mid)

    refuse(book)

    found = row(book)
    assert ("key_tracking", 1) == (found.stage, found.rounds)
    assert found.tier is not None
    assert found.quote_mid is not None


def test_a_loss_nobody_gave_a_reason_for_has_one_that_says_so(book: Engine) -> None:
    listed(book, 20)
    api.deliver_message(book, "policy_lost", vin(CAR), actor=api.SYSTEM)

    api.advance_clock(book, to=at(book, TODAY + timedelta(days=51), 9), actor=api.SYSTEM)

    found = row(book)
    assert ("lost", "L901", "untold") == (found.outcome, found.loss_reason, found.loss_source)
    assert [(None, "L901", "untold")] == facts(book, "loss_reason")


def test_a_lapse_nobody_gave_a_reason_for_has_one_that_says_so(book: Engine) -> None:
    listed(book, 5)

    api.advance_clock(book, to=at(book, TODAY + timedelta(days=37), 9), actor=api.SYSTEM)

    found = row(book)
    assert ("closed_lapsed", "L901", "untold") == (found.outcome, found.loss_reason, found.loss_source)


def test_a_reason_that_was_told_is_kept_to_the_end(book: Engine) -> None:
    listed(book, 20)
    api.deliver_message(book, "policy_lost", vin(CAR), data={"reason": "L201"}, actor=api.SYSTEM)

    api.advance_clock(book, to=at(book, TODAY + timedelta(days=51), 9), actor=api.SYSTEM)

    assert ("lost", "L201") == (row(book).outcome, row(book).loss_reason)
