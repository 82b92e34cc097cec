"""A leaver and a moved expiry are heard while an exclusion or a loss is being settled, which goes on meanwhile.

Sources: domain.md §7 cases 5 (endorsed expiry) and 13 (leaver), docs/processes.md. Today is Tuesday 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine import api
from engine.api import Engine
from tests.acceptance import answers
from tests.acceptance.desk import vin
from tests.services.test_cancelled_policies import CAR, listed, renewal
from tests.support.console import TODAY, at, complete, open_tasks

pytestmark = pytest.mark.one_database

REVIEWS = frozenset({"X-L1", "X-S1", "X-C1", "G-L4", "S-S2"})


def exclude(engine: Engine) -> None:
    api.deliver_message(engine, "policy_excluded", vin(CAR), data={"code": "X13"}, actor=api.SYSTEM)


def lose(engine: Engine) -> None:
    api.deliver_message(engine, "policy_lost", vin(CAR), actor=api.SYSTEM)


def leave(engine: Engine) -> None:
    api.deliver_message(engine, "agent_left", vin(CAR), actor=api.SYSTEM)


def move(engine: Engine, days_left: int) -> None:
    data = {"expiry_date": (TODAY + timedelta(days=days_left)).isoformat()}
    api.deliver_message(engine, "expiry_changed", vin(CAR), data=data, actor=api.SYSTEM)


def decide(engine: Engine, verdict: str) -> None:
    complete(engine, CAR, "exclusion_review", answers.exclusion_review(TODAY, verdict))


def reviews(engine: Engine) -> list[int]:
    return [task.id for task in open_tasks(engine, CAR) if task.action_id in REVIEWS]


def hand_overs(engine: Engine) -> list[str]:
    return [task.action_id for task in open_tasks(engine, CAR) if task.action_id in {"K-C2", "K-L2"}]


BOTH = pytest.mark.parametrize("settle", [exclude, lose])


@BOTH
def test_a_leaver_hands_over_while_it_is_settled(book: Engine, settle: Callable[[Engine], None]) -> None:
    listed(book, 40)
    settle(book)
    asked = reviews(book)

    leave(book)

    found = renewal(book)
    assert (None, True, "supervisor") == (found.agent_no, found.is_orphan, found.owner_role)
    assert (asked, ["K-C2"]) == (reviews(book), hand_overs(book))
    leave(book)
    assert ["K-C2"] == hand_overs(book)


@BOTH
def test_a_moved_expiry_is_kept_while_it_is_settled(book: Engine, settle: Callable[[Engine], None]) -> None:
    listed(book, 40)
    settle(book)
    asked, rounds = reviews(book), renewal(book).rounds

    move(book, 55)
    move(book, 58)

    found = renewal(book)
    assert (TODAY + timedelta(days=58), rounds) == (found.expiry_date, found.rounds)
    assert asked == reviews(book) != []


def test_what_is_refused_goes_on_by_the_new_date(book: Engine) -> None:
    listed(book, 40)
    exclude(book)
    move(book, 20)

    decide(book, "refused")

    assert "key_tracking" == renewal(book).stage


def test_the_hand_over_outlives_a_refused_exclusion(book: Engine) -> None:
    listed(book, 40)
    exclude(book)
    leave(book)

    decide(book, "refused")

    assert ("follow_up", ["K-C2"]) == (renewal(book).stage, hand_overs(book))


def test_the_word_of_the_channel_counts_though_the_date_moved_away_meanwhile(book: Engine) -> None:
    listed(book, 5)
    exclude(book)
    decide(book, "approved")
    decide(book, "approved")
    move(book, 40)

    task = next(task for task in open_tasks(book, CAR) if task.action_id == "X-C1")
    api.complete_task(
        book, task.id, answers.exclusion_review(TODAY, "refused"), actor=api.actor_of(book, "CC01")
    )

    found = renewal(book)
    assert (None, "follow_up", None) == (found.outcome, found.stage, found.exclusion_code)


@pytest.mark.parametrize(("moved_by", "outcome"), [(0, "closed_lapsed"), (60, None)])
def test_an_exclusion_nobody_settled_closes_only_when_win_back_is_over(
    book: Engine, moved_by: int, outcome: str | None
) -> None:
    listed(book, 5)
    exclude(book)
    if moved_by:
        move(book, 5 + moved_by)

    api.advance_clock(book, to=at(book, TODAY + timedelta(days=5 + 31), 9), actor=api.SYSTEM)

    found = renewal(book)
    assert outcome == found.outcome
    assert [] == reviews(book)


def test_a_loss_nobody_verified_is_recorded_on_the_day_it_was_to_end(book: Engine) -> None:
    listed(book, 5)
    lose(book)
    move(book, 40)

    api.advance_clock(book, to=at(book, TODAY + timedelta(days=5 + 31), 9), actor=api.SYSTEM)

    assert "lost" == renewal(book).outcome
