"""Values that one database would take and the other refuse are refused at the door of both, by name."""

from __future__ import annotations

from datetime import date

import pytest

from tests.acceptance.desk import Desk, Refused, policy, vin

UNSTORABLE = {
    "nul": ('{"reason": "L201", "source": "a\\u0000b"}', "message.data.source"),
    "half a character": ('{"source": "\\ud800"}', "message.data.source"),
    "not a number": ('{"premium": NaN}', "message.data.premium"),
    "endless": ('{"premium": -Infinity}', "message.data.premium"),
    "huge": ('{"premium": 1' + "0" * 30 + "}", "message.data.premium"),
    "reserved": ('{"typename": "x"}', "typename"),
    "deep": ('{"a": ' + "[" * 40 + "]" * 40 + "}", "message.data.a"),
}


@pytest.mark.parametrize("name", UNSTORABLE)
def test_what_a_database_would_refuse_or_change_is_refused_at_the_door_by_name(desk: Desk, name: str) -> None:
    data, place = UNSTORABLE[name]
    desk.import_list([policy(1, date(2026, 11, 20), agent="AG001", sub_branch="PC330101")])
    before = desk.sql("SELECT count(*) AS n FROM v_audit")

    for message in ("quote_received", "policy_lost"):
        with pytest.raises(Refused) as refusal:
            desk.run("message", message, "--key", vin(1), "--data", data)
        assert (refusal.value.code, place in refusal.value.sentence) == (1, True), refusal.value.sentence

    assert desk.sql("SELECT count(*) AS n FROM v_audit") == before


@pytest.mark.parametrize("name", UNSTORABLE)
def test_a_form_with_such_a_value_is_refused_and_the_task_stays_open(desk: Desk, name: str) -> None:
    desk.import_list([policy(1, date(2026, 11, 8), agent="AG001", sub_branch="PC330101")])
    task = desk.open_task(vin(1), "dispatch_late_follow_up")

    with pytest.raises(Refused) as refusal:
        desk.run("complete", str(task["task_id"]), "--user", task["assignee"], "--data", UNSTORABLE[name][0])

    assert refusal.value.code == 1
    assert "values" in refusal.value.sentence
    assert desk.open_task(vin(1), "dispatch_late_follow_up")["status"] == task["status"]


def test_arguments_that_are_no_text_are_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match=r"arguments\[1\]"):
        desk.run("show", "caf\udce9")


@pytest.mark.parametrize("command", ["claim", "complete"])
def test_a_number_that_no_row_can_have_is_wrong_usage(desk: Desk, command: str) -> None:
    with pytest.raises(Refused, match="99999999999999999999999") as refusal:
        desk.run(command, "99999999999999999999999", "--user", "AG001")
    assert refusal.value.code == 2


def test_a_book_with_a_virtual_present_keeps_it_without_being_told(desk: Desk) -> None:
    present = desk.run("clock", "show")
    desk.env.pop("RENEWALS_CLOCK")
    if "sqlite" not in desk.env["RENEWALS_DATABASE_URL"]:
        pytest.skip("on a server the environment says it")

    assert desk.run("clock", "show") == present
    desk.run("clock", "advance", "P1D")
    desk.env["RENEWALS_CLOCK"] = "system"
    with pytest.raises(Refused, match="RENEWALS_CLOCK"):
        desk.run("clock", "advance", "P1D")


def test_the_book_is_for_its_owner_alone(desk: Desk) -> None:
    desk.run("tick")
    kept = [
        path for path in desk.home.iterdir() if path.name in ("renewals.db", "renewals.db-wal", "sent.jsonl")
    ]
    assert [path.name for path in kept if path.stat().st_mode & 0o077] == []


def test_a_note_without_end_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="200"):
        desk.run("deploy", "--by", "owner", "--approved-by", "second", "--note", "x" * 201)
