"""Five hundred vehicles walk through time; every stage equals an independent calculation."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.acceptance.desk import Desk, policy, vin

TODAY = date(2026, 10, 1)
AGENTS = [f"AG{n:03d}" for n in range(1, 41)]
COUNT = 500


def stage_by_hand(today: date, expiry: date) -> str:
    """The boundary day belongs to the later stage (domain.md §1); written without the engine's help."""
    left = expiry.toordinal() - today.toordinal()
    for bound, stage in (
        (60, "pool"),
        (45, "preparation"),
        (30, "follow_up"),
        (7, "key_tracking"),
        (-1, "summary"),
    ):
        if left > bound:
            return stage
    return "win_back" if left >= -30 else "closed"


def expiry_of(number: int) -> date:
    """Spread over T-75…T+20, as seen on the day of the list."""
    return TODAY + timedelta(days=-20 + number * 96 // COUNT)


def book() -> list[dict[str, object]]:
    return [
        policy(n, expiry_of(n), agent=AGENTS[n % len(AGENTS)], sub_branch=f"PC33010{1 + n % 2}")
        for n in range(COUNT)
    ]


def wrong_stages(desk: Desk, today: date) -> list[tuple[str, str, str]]:
    rows = desk.sql("SELECT business_key, stage, expiry_date FROM v_instance")
    assert len(rows) == COUNT
    found = []
    for row in rows:
        expected = stage_by_hand(today, date.fromisoformat(row["expiry_date"]))
        if row["stage"] != expected:
            found.append((row["business_key"], row["stage"], expected))
    return found


@pytest.mark.one_database
def test_every_vehicle_is_in_the_right_stage_on_every_day_until_the_last_one_ends(desk: Desk) -> None:
    report = desk.import_list(book())

    assert (report["read"], report["started"], report["rejected"]) == (COUNT, COUNT, 0)
    assert wrong_stages(desk, TODAY) == []
    day = TODAY
    while day < expiry_of(COUNT - 1) + timedelta(days=31):
        day += timedelta(days=1)
        desk.go_to(day)
        assert wrong_stages(desk, day) == [], day

    outcomes = desk.sql("SELECT state, outcome, count(*) AS n FROM v_instance GROUP BY 1, 2")
    assert sum(row["n"] for row in outcomes) == COUNT
    assert {row["outcome"] for row in outcomes} == {"closed_lapsed"}
    assert desk.sql("SELECT count(*) AS n FROM v_instance WHERE ended_at IS NULL") == [{"n": 0}]
    assert desk.sql("SELECT count(*) AS n FROM v_instance WHERE incident_count > 0") == [{"n": 0}]


def test_planned_and_fired_times_of_every_timer_are_kept(desk: Desk) -> None:
    desk.import_list(book()[::12])

    desk.go_to(TODAY + timedelta(days=30))

    fired = desk.sql("SELECT element_id, due_at, fired_at FROM v_timer WHERE fired_at IS NOT NULL")
    assert len(fired) > 30
    assert [row for row in fired if row["fired_at"] < row["due_at"]] == []
    assert {row["fired_at"] for row in fired if row["element_id"] == "end_follow_up"} == {
        row["due_at"] for row in fired if row["element_id"] == "end_follow_up"
    }


def test_the_same_list_twice_starts_nothing_twice(desk: Desk) -> None:
    desk.import_list(book()[:30])

    again = desk.import_list(book()[:30])

    assert (again["new"], again["started"], again["unchanged"]) == (0, 0, 30)
    assert desk.sql("SELECT count(*) AS n FROM v_instance") == [{"n": 30}]


def test_both_lines_of_one_vehicle_are_one_renewal_anchored_at_the_earlier_expiry(desk: Desk) -> None:
    expiry = TODAY + timedelta(days=50)
    rows = [
        policy(1, expiry, agent=AGENTS[0], sub_branch="PC330101"),
        policy(1, expiry - timedelta(days=5), line="交强", agent=AGENTS[0], sub_branch="PC330101"),
    ]

    report = desk.import_list(rows)

    assert report["started"] == 1
    assert desk.show(vin(1))["expiry_date"] == str(expiry - timedelta(days=5))
    assert len(desk.show(vin(1))["policies"]) == 2
