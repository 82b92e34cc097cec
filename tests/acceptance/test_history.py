"""The history as an auditor checks it: by the command line, with what stands outside the database."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import main
from tests.acceptance import answers
from tests.acceptance.desk import Desk, Refused, policy, vin
from tests.support import histories
from tests.support.console import open_book

pytestmark = pytest.mark.one_database

EXPIRY = date(2026, 11, 20)


@pytest.fixture
def lived(desk: Desk) -> Desk:
    """A desk on which a list was worked for a day, with a checkpoint."""
    desk.import_list([policy(n, EXPIRY, agent="AG001", sub_branch="PC330101") for n in (1, 2)])
    desk.run("tick")
    desk.run("clock", "advance", "P1D")
    return desk


def spoil(desk: Desk, *statements: str) -> None:
    engine = open_book(desk.home)
    histories.do(engine, *statements)
    engine.store.engine.dispose()


def test_a_sound_history_is_told_with_its_figures(lived: Desk) -> None:
    (counted,) = lived.sql("SELECT count(*) AS n FROM v_audit")

    verdict = lived.run("audit", "verify")

    assert verdict["ok"] is True
    assert counted["n"] == verdict["rows"]
    assert 1 == verdict["checkpoints"]
    assert 0 < verdict["witnessed"] < verdict["rows"]
    assert "2026-10-02T01:00:00.000000+00:00" == verdict["last_at"]
    assert [] == verdict["findings"]


def test_a_tick_takes_the_checkpoint_that_is_due(lived: Desk) -> None:
    lived.run("tick")
    lived.run("tick")

    assert 2 == len(list((lived.home / "checkpoints").iterdir()))


def test_one_is_taken_on_demand(lived: Desk) -> None:
    taken = lived.run("audit", "checkpoint")["checkpoint"]

    assert 2 == taken["number"]
    assert Path(taken["file"]).exists()
    assert {"checkpoint": None} == lived.run("audit", "checkpoint")


def test_the_first_edited_row_is_named_and_the_exit_is_1(lived: Desk) -> None:
    spoil(lived, "UPDATE history_event SET actor = 'AG001' WHERE seq IN (7, 9)")

    done = CliRunner().invoke(main, ["audit", "verify", "--json"], env={**lived.env, "RENEWALS_LANG": "en"})

    told = json.loads(done.stdout)
    assert 1 == done.exit_code
    assert (False, 6) == (told["ok"], told["rows"])
    assert ("edited", 7) == (told["findings"][0]["kind"], told["findings"][0]["first"])
    assert "History row 7" in done.stderr


def test_a_refusal_is_said_in_chinese(lived: Desk) -> None:
    spoil(lived, "DELETE FROM history_event WHERE seq > 5")

    with pytest.raises(Refused, match="末尾被截去") as refused:
        lived.run("audit", "verify")
    assert 1 == refused.value.code


def test_a_tick_does_its_work_and_says_that_the_history_is_broken(lived: Desk) -> None:
    spoil(lived, "UPDATE history_event SET actor = 'AG001' WHERE seq > 20")

    done = CliRunner().invoke(main, ["tick", "--json"], env=lived.env)

    assert 0 == done.exit_code
    assert "timers_fired" in done.stdout
    assert "audit verify" in done.stderr


def hand_out(desk: Desk) -> int:
    """Let the specialist hand the list out; returns the task's number."""
    task = desk.open_task(vin(1), "dispatch_list")
    desk.complete(vin(1), "dispatch_list", answers.dispatch_list(date(2026, 10, 2), agent_no="AG001"))
    return int(task["task_id"])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE submission SET values_sealed = (SELECT content_sealed FROM import_batch LIMIT 1)",
        "UPDATE submission SET form_id = 'record_contact'",
        "UPDATE submission SET salt = NULL",
        "UPDATE submission SET submitted_by = 'AG009'",
        "UPDATE submission SET submitted_at = '2020-01-01 00:00:00+00:00'",
        "UPDATE submission SET action_id = 'P-S9'",
        "UPDATE submission SET instance_id = (SELECT max(id) FROM process_instance)",
        "DELETE FROM submission",
    ],
)
def test_a_submitted_form_that_was_changed_afterwards_is_named(lived: Desk, statement: str) -> None:
    task = hand_out(lived)
    assert 1 == lived.run("audit", "verify")["forms"]
    spoil(lived, statement)

    with pytest.raises(Refused, match=f"任务 {task} 提交的表单"):
        lived.run("audit", "verify")


def test_a_form_that_nobody_gave_is_named(lived: Desk) -> None:
    given = hand_out(lived)
    other = lived.sql("SELECT task_id FROM v_task WHERE task_id <> ? ORDER BY task_id", given)[0]["task_id"]
    columns = "instance_id, form_id, action_id, values_sealed, salt, submitted_at, submitted_by"
    spoil(
        lived,
        f"INSERT INTO submission (id, task_id, {columns}) SELECT 99999, {other}, {columns} FROM submission",
    )

    with pytest.raises(Refused, match=f"任务 {other} 有一份提交的表单"):
        lived.run("audit", "verify")


def test_a_key_that_is_none_is_refused(lived: Desk) -> None:
    with pytest.raises(Refused, match="--key"):
        lived.run("audit", "verify", "--key", "abc")


def test_a_virtual_day_is_hashed_as_it_is_read_back(lived: Desk) -> None:
    lived.run("clock", "set", "2026-12-01T08:00+08:00")

    assert lived.run("audit", "verify")["ok"]
