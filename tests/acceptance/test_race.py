"""Two people and one task: one succeeds, the other is told who and when and keeps what he typed."""

from __future__ import annotations

import json
import os
from datetime import date, timedelta

from sqlalchemy import select

from engine.tables import TaskDraft
from tests.acceptance import answers
from tests.acceptance.desk import Desk, policy, vin
from tests.crash.nursery import Child
from tests.support.console import open_book

TODAY = date(2026, 10, 1)


def start(desk: Desk, task_id: int, user: str, values: dict[str, object]) -> Child:
    command = ["complete", str(task_id), "--user", user, "--data", json.dumps(values)]
    code = "import sys; from engine.cli import main; main(sys.argv[1:])"
    return Child(code, command, {**os.environ, **desk.env})


def test_of_two_completions_at_the_same_moment_one_wins(desk: Desk) -> None:
    desk.import_list([policy(3, TODAY + timedelta(days=40), agent="AG001", sub_branch="PC330101")])
    desk.run("message", "agent_left", "--key", vin(3))
    task = desk.open_task(vin(3), "handle_orphan_route")
    values = {user: answers.route_orphan(TODAY, "SU01", note=f"由 {user} 处理") for user in ("CC01", "CC02")}

    racing = {user: start(desk, task["task_id"], user, values[user]) for user in values}
    ended = {
        user: (*process.communicate(timeout=120), process.returncode) for user, process in racing.items()
    }

    codes = {user: code for user, (_, _, code) in ended.items()}
    assert sorted(codes.values()) == [0, 1], ended
    winner, loser = sorted(codes, key=lambda user: codes[user])
    assert "已于 2026-10-01 09:00" in ended[loser][1]
    assert "草稿" in ended[loser][1]
    (row,) = desk.sql("SELECT status, completed_by FROM v_task WHERE task_id = ?", task["task_id"])
    assert row == {"status": "completed", "completed_by": winner}
    engine = open_book(desk.home)
    with engine.store.reading() as session:
        (draft,) = session.scalars(select(TaskDraft))  # sealed: only the engine can read it
        typed = (draft.user_name, draft.values["note"])
    engine.store.engine.dispose()
    assert typed == (loser, f"由 {loser} 处理")
