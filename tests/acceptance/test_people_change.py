"""The organisation changes: renewals follow without a word from anybody (domain.md §7 cases 13, 14, 16, 17)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.acceptance import answers
from tests.acceptance.desk import Desk, policy, vin
from tests.support.org import Sheets, org_sheets, write_sheets

TODAY = date(2026, 10, 1)
EXPIRY = TODAY + timedelta(days=40)  # a late entry: its tasks are open at once
AGENT, COLLEAGUE = "AG001", "AG002"
NUMBER, UNIT, MANAGER, UNTIL = 0, 3, 4, 7  # columns of the sheet 人员


@pytest.fixture
def cars(desk: Desk) -> tuple[str, str]:
    """A car of the agent and one of a colleague in the same team."""
    rows = [policy(n, EXPIRY, agent=who, sub_branch="PC330101") for n, who in ((1, AGENT), (2, COLLEAGUE))]
    assert desk.import_list(rows)["started"] == 2
    return vin(1), vin(2)


def bring(desk: Desk, sheets: Sheets) -> None:
    desk.run("org", "import", desk.write("changed.xlsx", write_sheets(sheets)))


def person(sheets: Sheets, number: str) -> list[Any]:
    """The row of somebody's post, to be changed."""
    return next(row for row in sheets["人员"] if row[NUMBER] == number)


def people(desk: Desk, key: str) -> tuple[str | None, ...]:
    found = desk.show(key)
    return tuple(found[name] for name in ("owner", "agent", "supervisor", "trainer", "specialist"))


def assignees(desk: Desk, key: str) -> set[str | None]:
    return {task["assignee"] for task in desk.show(key)["open_tasks"]}


def test_an_agent_whose_period_ends_loses_everything_open_on_the_next_day(
    desk: Desk, cars: tuple[str, str]
) -> None:
    mine, other = cars
    desk.complete(mine, "dispatch_late_follow_up", answers.dispatch_list(TODAY))
    desk.run("user", "add", AGENT, "--role", "agent", "--unit", "ZC01-1")
    sheets = org_sheets()
    person(sheets, AGENT)[UNTIL] = TODAY + timedelta(days=3)
    bring(desk, sheets)
    before = people(desk, other)

    desk.go_to(TODAY + timedelta(days=3), 20)
    assert people(desk, mine)[0] == AGENT
    desk.go_to(TODAY + timedelta(days=4), 1)

    assert people(desk, mine)[:3] == ("SU01", None, "SU01")
    assert AGENT not in assignees(desk, mine)
    assert [t["action_id"] for t in desk.show(mine)["open_tasks"] if t["role"] == "channel"] == ["K-C2"]
    assert people(desk, other) == before
    told = [r for r in desk.history(desk.show(mine)["instance_id"]) if r["action"] == "message_received"]
    assert [r["subject"] for r in told] == ["agent_left"]
    moved = [r for r in desk.history(desk.show(mine)["instance_id"]) if r["action"] == "responsible_changed"]
    assert {r["at"][:16] for r in moved} == {"2026-10-04T16:00"}  # midnight in Shanghai
    assert desk.run("tasks", "--user", AGENT)["tasks"] == []


def test_case_16_a_vacant_supervisor_is_stood_in_for_and_the_new_one_takes_over(
    desk: Desk, cars: tuple[str, str]
) -> None:
    sheets = org_sheets()
    person(sheets, "SU01")[UNTIL] = TODAY
    bring(desk, sheets)
    desk.go_to(TODAY + timedelta(days=1), 9)
    assert {people(desk, key)[2] for key in cars} == {"SU02"}

    sheets["人员"].append(
        ["SU99", "新主任", "supervisor", "ZC01-1", None, None, TODAY + timedelta(days=5), None]
    )
    bring(desk, sheets)
    desk.go_to(TODAY + timedelta(days=4), 9)
    assert {people(desk, key)[2] for key in cars} == {"SU02"}
    desk.go_to(TODAY + timedelta(days=5), 9)
    assert {people(desk, key)[2] for key in cars} == {"SU99"}
    assert {people(desk, key)[0] for key in cars} == {AGENT, COLLEAGUE}


def test_case_14_open_rows_follow_an_agent_who_moves_and_the_colleagues_stay(
    desk: Desk, cars: tuple[str, str]
) -> None:
    mine, other = cars
    sheets = org_sheets()
    move = TODAY + timedelta(days=2)
    old = person(sheets, AGENT)
    old[UNTIL] = move - timedelta(days=1)
    sheets["人员"].append([*old[:UNIT], "ZC02-1", "SU03", old[5], move, None])
    bring(desk, sheets)

    desk.go_to(move, 9)

    assert people(desk, mine) == (AGENT, AGENT, "SU03", "TR02", "SP02")
    assert people(desk, other) == (COLLEAGUE, COLLEAGUE, "SU01", "TR01", "SP01")
    assert "message_received" not in [r["action"] for r in desk.history(desk.show(mine)["instance_id"])]


def test_case_17_a_new_specialist_of_a_workplace_gets_the_open_tasks_on_the_day(
    desk: Desk, cars: tuple[str, str]
) -> None:
    sheets = org_sheets()
    change = TODAY + timedelta(days=2)
    row = next(row for row in sheets["对接"] if row[0] == "ZC01")
    row[4] = change - timedelta(days=1)
    sheets["对接"].append(["ZC01", "SP02", "TR01", change, None])
    bring(desk, sheets)
    assert {people(desk, key)[4] for key in cars} == {"SP01"}

    desk.go_to(change, 9)

    assert {people(desk, key)[4] for key in cars} == {"SP02"}
    assert all("SP01" not in assignees(desk, key) for key in cars)


def test_the_organisation_is_looked_at_once_a_day_and_once_an_import(desk: Desk) -> None:
    def looks() -> int:
        return int(desk.sql("SELECT count(*) AS n FROM v_audit WHERE action = 'people_settled'")[0]["n"])

    desk.run("tick")
    desk.run("tick")
    assert looks() == 1
    bring(desk, org_sheets())
    desk.run("tick")
    desk.run("tick")
    assert looks() == 2
    desk.go_to(TODAY + timedelta(days=1), 9)
    assert looks() == 3
