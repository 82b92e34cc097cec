"""Single vehicles taken by hand from the list to their end; the history says exactly that."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.acceptance import answers
from tests.acceptance.desk import Desk, Refused, policy, vin

TODAY = date(2026, 10, 1)
EXPIRY = date(2026, 12, 5)  # T-65 on the day of the list
AGENT = "AG001"


@pytest.fixture
def renewal(desk: Desk) -> str:
    """One listed vehicle with both lines; returns its VIN."""
    rows = [
        policy(7, EXPIRY, agent=AGENT, sub_branch="PC330101"),
        policy(7, EXPIRY, line="交强", agent=AGENT, sub_branch="PC330101"),
    ]
    assert desk.import_list(rows)["started"] == 1
    return vin(7)


def d(days_left: int) -> date:
    return EXPIRY - timedelta(days=days_left)


def actions_done(desk: Desk, key: str) -> list[tuple[str, str]]:
    """(action id, who) of the completed tasks, in order."""
    rows = desk.sql(
        "SELECT action_id, completed_by FROM v_task WHERE instance_id = ? AND status = 'completed' ORDER BY completed_at, task_id",
        desk.show(key)["instance_id"],
    )
    return [(row["action_id"], row["completed_by"]) for row in rows]


def acts(desk: Desk, key: str) -> list[str]:
    return [row["action"] for row in desk.history(desk.show(key)["instance_id"])]


def test_five_roles_take_a_vehicle_to_renewed(desk: Desk, renewal: str) -> None:
    assert desk.show(renewal)["stage"] == "pool"

    desk.go_to(d(60), 9)
    desk.complete(renewal, "dispatch_list", answers.dispatch_list(d(60)))
    desk.complete(renewal, "confirm_delivery", answers.confirm_delivery(d(60)))
    desk.complete(renewal, "prepare_plan", answers.prepare_plan(d(60)))
    desk.complete(renewal, "prepare_visit", answers.prepare_visit(d(60)))
    desk.complete(renewal, "approve_visit_plan", answers.approve_visit_plan(d(60)))
    assert desk.show(renewal)["open_tasks"] == []
    assert "一般跟进" in desk.show(renewal)["waiting_for"] or "T-45" in desk.show(renewal)["waiting_for"]

    desk.go_to(d(45), 9)
    assert desk.show(renewal)["stage"] == "follow_up"
    desk.complete(renewal, "complete_customer_file", answers.complete_customer_file(d(45)))
    desk.complete(renewal, "record_contact", answers.record_contact(d(45), "41"))
    desk.complete(renewal, "verify_application", answers.verify_application(d(45), "returned"))
    desk.complete(renewal, "coach_agent", answers.coach_agent(d(45)))
    desk.go_to(d(41), 9)
    desk.complete(renewal, "record_contact", answers.record_contact(d(41), "41"))
    desk.complete(renewal, "verify_application", answers.verify_application(d(41)))
    desk.complete(renewal, "update_customer", answers.update_customer(d(41)))
    desk.go_to(d(38), 9)
    desk.complete(renewal, "check_follow_up", answers.check_follow_up(d(38)))

    desk.run("message", "agent_left", "--key", renewal)
    orphan = desk.show(renewal)
    assert (orphan["is_orphan"], orphan["agent"], orphan["owner"]) == (True, None, "SU01")
    desk.complete(renewal, "handle_orphan_route", answers.route_orphan(d(38), "SU01"), user="CC01")
    desk.complete(renewal, "handle_orphan_take_over", answers.take_over_orphan(d(38), "AG002"))
    assert desk.show(renewal)["owner"] == "AG002"

    report = desk.import_policies(
        [
            policy(
                7,
                date(2027, 12, 5),
                agent="AG002",
                sub_branch="PC330101",
                issued=True,
                起保日期="2026-12-06",
                签单日期=f"{d(38)}",
            ),
            policy(
                7,
                date(2027, 12, 5),
                line="交强",
                agent="AG002",
                sub_branch="PC330101",
                issued=True,
                起保日期="2026-12-06",
                签单日期=f"{d(38)}",
            ),
        ]
    )

    assert report["renewed"] == 1
    ended = desk.show(renewal)
    assert (ended["stage"], ended["state"], ended["outcome"]) == ("closed", "renewed", "renewed")
    assert ended["open_tasks"] == [] and ended["next_timers"] == []
    assert sorted(actions_done(desk, renewal)) == sorted(
        [
            ("P-S1", "SP01"),
            ("P-L1", "TR01"),
            ("P-S2", "SP01"),
            ("P-L3", AGENT),
            ("P-L2", "SU01"),
            ("G-L3", "TR01"),
            ("G-L1", AGENT),
            ("G-S3", "SP01"),
            ("G-L2", "SU01"),
            ("G-L1", AGENT),
            ("G-S3", "SP01"),
            ("G-L4", AGENT),
            ("G-S1", "SP01"),
            ("K-C2", "CC01"),
            ("K-L2", "SU01"),
        ]
    )
    told = acts(desk, renewal)
    assert told[0] == "instance_started"
    assert told[-1] == "instance_ended"
    assert told.count("outcome_reached") == 1
    assert "policies_matched" in told


def test_case_09_a_vehicle_is_lost_with_a_verified_reason(desk: Desk, renewal: str) -> None:
    desk.go_to(d(45), 9)
    desk.complete(renewal, "dispatch_late_follow_up", answers.dispatch_list(d(45)))
    desk.complete(renewal, "record_contact", answers.record_contact(d(45), "61"))

    verify = desk.show(renewal)
    assert [t["action_id"] for t in verify["open_tasks"]] == ["S-S2"]
    desk.complete(renewal, "verify_loss", answers.verify_loss(d(45), reason="L102"))

    ended = desk.show(renewal)
    assert (ended["outcome"], ended["loss_reason"]) == ("lost", "L102")
    assert ended["stage"] == "closed"


def test_a_loss_told_without_a_reason_asks_for_one_first(desk: Desk, renewal: str) -> None:
    desk.go_to(d(45), 9)
    desk.run("message", "policy_lost", "--key", renewal)

    desk.complete(renewal, "tag_lapse_reason", answers.lapse_reason(d(45)))
    desk.complete(
        renewal,
        "verify_loss",
        answers.verify_loss(d(45), verdict="returned", return_reason="平台查询仍未转保"),
    )

    back = desk.show(renewal)
    assert (back["outcome"], back["stage"]) == (None, "follow_up")


def test_a_vehicle_is_excluded_with_approval(desk: Desk, renewal: str) -> None:
    desk.go_to(d(40), 9)
    desk.run(
        "message", "policy_excluded", "--key", renewal, "--data", '{"code": "X02", "evidence": "定损单"}'
    )

    desk.complete(renewal, "confirm_exclusion", answers.exclusion_review(d(40)))
    assert desk.show(renewal)["outcome"] is None
    desk.complete(renewal, "review_exclusion", answers.exclusion_review(d(40)))

    ended = desk.show(renewal)
    assert (ended["outcome"], ended["exclusion_code"]) == ("excluded", "X02")
    assert [who for _, who in actions_done(desk, renewal)] == ["SU01", "SP01"]


def test_after_t7_the_channel_department_must_approve_an_exclusion(desk: Desk, renewal: str) -> None:
    desk.go_to(d(5), 9)
    desk.run("message", "policy_excluded", "--key", renewal, "--data", '{"code": "X02"}')
    desk.complete(renewal, "confirm_exclusion", answers.exclusion_review(d(5)))
    desk.complete(renewal, "review_exclusion", answers.exclusion_review(d(5)))

    assert [t["role"] for t in desk.show(renewal)["open_tasks"]] == ["channel"]
    desk.complete(renewal, "approve_exclusion", answers.exclusion_review(d(5), "refused"), user="CC01")

    back = desk.show(renewal)
    assert (back["outcome"], back["stage"]) == (None, "summary")


def test_case_05_a_later_expiry_date_moves_the_stage_backwards(desk: Desk, renewal: str) -> None:
    desk.go_to(d(20), 9)
    assert desk.show(renewal)["stage"] == "key_tracking"

    desk.run("message", "expiry_changed", "--key", renewal, "--data", '{"expiry_date": "2027-01-10"}')

    moved = desk.show(renewal)
    assert (moved["stage"], moved["expiry_date"]) == ("preparation", "2027-01-10")
    assert "2026-11-25T16:00:00" in {t["due_at"][:19] for t in moved["next_timers"]}  # T-45 at local midnight
    desk.go_to(date(2027, 1, 10))
    assert desk.show(renewal)["stage"] == "summary"


def test_case_13_a_leaver_loses_the_policy_and_the_supervisor_takes_it_over(desk: Desk, renewal: str) -> None:
    desk.go_to(d(45), 9)
    desk.complete(renewal, "dispatch_late_follow_up", answers.dispatch_list(d(45)))
    assert desk.open_task(renewal, "record_contact")["assignee"] == AGENT

    desk.run("message", "agent_left", "--key", renewal)

    assert desk.open_task(renewal, "record_contact")["assignee"] == "SU01"
    assert desk.run("tasks", "--user", AGENT, "--key", renewal)["tasks"] == []
    with pytest.raises(Refused) as refusal:
        desk.complete(renewal, "record_contact", answers.record_contact(d(45), "11"), user=AGENT)
    assert refusal.value.code == 1
    changes = [
        r for r in desk.history(desk.show(renewal)["instance_id"]) if r["action"] == "responsible_changed"
    ]
    assert {r["reason"] for r in changes} == {f"agent_left {AGENT}"}


def hand_overs(desk: Desk, renewal: str) -> list[str]:
    """Actions of the open hand-over tasks."""
    return [t["action_id"] for t in desk.show(renewal)["open_tasks"] if t["action_id"] in ("K-C2", "K-L2")]


def test_a_second_leaver_during_a_hand_over_moves_the_people_but_asks_nobody_twice(
    desk: Desk, renewal: str
) -> None:
    desk.go_to(d(45), 9)
    desk.run("message", "agent_left", "--key", renewal)
    desk.complete(renewal, "handle_orphan_route", answers.route_orphan(d(45), "SU02"), user="CC01")
    assert (desk.show(renewal)["owner"], hand_overs(desk, renewal)) == ("SU02", ["K-L2"])

    desk.run("message", "agent_left", "--key", renewal)

    assert (desk.show(renewal)["owner"], hand_overs(desk, renewal)) == ("SU01", ["K-L2"])


def test_a_leaver_after_a_finished_hand_over_starts_the_next_one(desk: Desk, renewal: str) -> None:
    desk.go_to(d(45), 9)
    desk.run("message", "agent_left", "--key", renewal)
    desk.run("message", "agent_left", "--key", renewal)
    assert hand_overs(desk, renewal) == ["K-C2"]
    desk.complete(renewal, "handle_orphan_route", answers.route_orphan(d(45), "SU01"), user="CC01")
    desk.complete(renewal, "handle_orphan_take_over", answers.take_over_orphan(d(45), "AG002"))
    assert hand_overs(desk, renewal) == []

    desk.run("message", "agent_left", "--key", renewal)

    assert hand_overs(desk, renewal) == ["K-C2"]


def test_key_tracking_asks_nobody_again_while_a_hand_over_is_under_way(desk: Desk, renewal: str) -> None:
    desk.go_to(d(31), 9)
    desk.run("message", "agent_left", "--key", renewal)

    desk.go_to(d(30), 9)
    routed = hand_overs(desk, renewal)
    desk.complete(renewal, "handle_orphan_route", answers.route_orphan(d(30), "SU01"), user="CC01")

    assert desk.show(renewal)["stage"] == "key_tracking"
    assert (["K-C2"], ["K-L2"]) == (routed, hand_overs(desk, renewal))


def test_key_tracking_routes_an_orphan_nobody_is_asked_about(desk: Desk) -> None:
    desk.import_list([policy(9, EXPIRY, agent="AG999", sub_branch="PC330101", 专员工号="SP01")])
    desk.go_to(d(30), 9)
    desk.complete(vin(9), "dispatch_late_key_tracking", {"category": "orphan"})

    assert hand_overs(desk, vin(9)) == ["K-C2"]


def test_a_policy_signed_after_expiry_wins_the_customer_back(desk: Desk, renewal: str) -> None:
    desk.go_to(EXPIRY + timedelta(days=10), 9)
    assert (desk.show(renewal)["stage"], desk.show(renewal)["state"]) == ("win_back", "lapsed")

    desk.import_policies(
        [
            policy(
                7,
                date(2027, 12, 15),
                agent=AGENT,
                sub_branch="PC330101",
                issued=True,
                起保日期="2026-12-16",
                签单日期="2026-12-15",
            )
        ]
    )

    assert desk.show(renewal)["outcome"] == "won_back"


def test_only_the_compulsory_line_renewed_is_partial(desk: Desk, renewal: str) -> None:
    desk.go_to(d(20), 9)
    desk.import_policies(
        [
            policy(
                7,
                date(2027, 12, 5),
                line="交强",
                agent=AGENT,
                sub_branch="PC330101",
                issued=True,
                起保日期="2026-12-06",
                签单日期=f"{d(20)}",
            )
        ]
    )

    assert (desk.show(renewal)["state"], desk.show(renewal)["outcome"]) == ("partial", None)
    desk.go_to(EXPIRY + timedelta(days=31), 9)
    assert desk.show(renewal)["outcome"] == "partial"


def test_a_repeated_message_id_is_acknowledged_and_ignored(desk: Desk, renewal: str) -> None:
    desk.go_to(d(45), 9)
    first = desk.run("message", "agent_left", "--key", renewal, "--id", "hr-4711")

    again = desk.run("message", "agent_left", "--key", renewal, "--id", "hr-4711")

    assert (first["repeated"], again["repeated"]) == (False, True)
    assert len([t for t in desk.show(renewal)["open_tasks"] if t["action_id"] == "K-C2"]) == 1


def test_bad_form_values_name_the_field_and_change_nothing(desk: Desk, renewal: str) -> None:
    desk.go_to(d(60), 9)
    before = acts(desk, renewal)

    with pytest.raises(Refused) as refusal:
        desk.complete(renewal, "dispatch_list", {"category": "sometimes"})

    assert "分类" in refusal.value.sentence
    assert acts(desk, renewal) == before


def test_an_ended_renewal_takes_no_more_messages(desk: Desk, renewal: str) -> None:
    desk.run("message", "list_withdrawn", "--key", renewal, "--data", '{"reason": "清单更正"}')

    with pytest.raises(Refused) as refusal:
        desk.run("message", "policy_lost", "--key", renewal)

    assert "撤销" in refusal.value.sentence
    assert desk.show(renewal)["outcome"] == "withdrawn"


def test_a_policy_issued_last_year_is_listed_this_year(desk: Desk) -> None:
    where = {"agent": AGENT, "sub_branch": "PC330101"}
    new = policy(8, EXPIRY, issued=True, 起保日期="2025-12-06", 签单日期="2025-12-01", **where)
    assert desk.import_policies([new])["new"] == 1

    report = desk.import_list([{**policy(8, EXPIRY, **where), "保单号": new["保单号"]}])

    assert (report["started"], report["rejected"]) == (1, 0)
    assert desk.show(vin(8))["stage"] == "pool"


def test_a_policy_number_of_another_vehicle_is_refused_by_name(desk: Desk, renewal: str) -> None:
    where = {"agent": AGENT, "sub_branch": "PC330101"}
    own = policy(7, EXPIRY, **where)

    report = desk.import_list([{**policy(9, EXPIRY, **where), "保单号": own["保单号"]}], name="vin.csv")

    assert (report["started"], report["rejected"]) == (0, 1)
    assert len(desk.show(renewal)["policies"]) == 2
    again = desk.import_list([own, policy(7, EXPIRY, line="交强", **where)], name="again.csv")
    assert (again["unchanged"], again["started"]) == (2, 0)


@pytest.mark.parametrize("day", ["1900-01-01", "9999-12-31"])
def test_an_impossible_expiry_date_is_refused_and_changes_nothing(desk: Desk, renewal: str, day: str) -> None:
    with pytest.raises(Refused, match="2000 至 2100"):
        desk.run("message", "expiry_changed", "--key", renewal, "--data", f'{{"expiry_date": "{day}"}}')

    assert (desk.show(renewal)["expiry_date"], desk.show(renewal)["stage"]) == (f"{EXPIRY}", "pool")


def test_an_older_list_does_not_undo_an_endorsement_and_a_newer_one_counts(desk: Desk, renewal: str) -> None:
    rows = [policy(7, EXPIRY, agent=AGENT, sub_branch="PC330101")]
    moved, newer = EXPIRY + timedelta(days=80), EXPIRY + timedelta(days=82)
    desk.run("message", "expiry_changed", "--key", renewal, "--data", f'{{"expiry_date": "{moved}"}}')

    again = desk.import_list(rows, name="again.csv")

    assert (again["changed"], again["unchanged"]) == (0, 1)
    assert desk.show(renewal)["policies"][0]["expiry_date"] == moved.isoformat()
    desk.import_list([policy(7, newer, agent=AGENT, sub_branch="PC330101")], name="newer.csv")
    assert newer.isoformat() in {line["expiry_date"] for line in desk.show(renewal)["policies"]}
