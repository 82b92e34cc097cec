"""What a newcomer reads at the shell: each refusal names the thing, the reason and the remedy, in his language."""

from __future__ import annotations

import json
import re
import socket
from datetime import date, timedelta

import pytest

from tests.acceptance import answers
from tests.acceptance.desk import Desk, Refused, policy, vin

pytestmark = pytest.mark.one_database

EXPIRY = date(2026, 12, 5)
AGENT = "AG001"
HAN = re.compile(r"[一-鿿]")


@pytest.fixture
def renewal(desk: Desk) -> str:
    """One listed vehicle at T-45, its agent at work on it; returns its VIN."""
    desk.import_list([policy(7, EXPIRY, agent=AGENT, sub_branch="PC330101")])
    desk.go_to(EXPIRY - timedelta(days=45), 9)
    return vin(7)


def refusal(desk: Desk, *args: str) -> str:
    """Run a command that must be refused with exit code 1; returns its sentence."""
    with pytest.raises(Refused) as refused:
        desk.run(*args)
    assert refused.value.code == 1
    return refused.value.sentence


def message(desk: Desk, name: str, data: object, key: str) -> str:
    return refusal(desk, "message", name, "--key", key, "--data", json.dumps(data))


WRONG_DATA = {
    "an unknown loss reason": ("policy_lost", {"reason": "L999"}, ("reason", "L999", "L101", "L901")),
    "an unknown exclusion": ("policy_excluded", {"code": "X99"}, ("code", "X99", "X02", "X14")),
    "a key nobody knows": ("policy_lost", {"cause": "L101"}, ("cause", "reason", "source")),
    "a code that is a number": ("policy_lost", {"reason": 101}, ("reason", "101", "L101")),
    "a code that is a list": ("policy_excluded", {"code": ["X02"]}, ("code", "X02")),
    "evidence that is a number": ("policy_excluded", {"code": "X02", "evidence": 5}, ("evidence", "5")),
    "a number for an object": ("policy_lost", 5, ("--data", "5", "JSON")),
    "a list for an object": ("policy_lost", ["L101"], ("--data", "JSON")),
    "no date": ("expiry_changed", {}, ("expiry_date", "YYYY-MM-DD")),
    "a date that is a number": ("expiry_changed", {"expiry_date": 20270110}, ("expiry_date", "20270110")),
    "a sum that is true": ("quote_received", {"premium": True}, ("premium", "True")),
    "a renewal without a policy": ("policy_renewed", {}, ("policy_no", "import-policies")),
    "a policy without a number": ("policy_renewed", {"policy_no": " "}, ("policy_no",)),
    "an outcome of another kind": (
        "policy_renewed",
        {"policy_no": "P1", "outcome": "lost"},
        ("outcome", "lost", "renewed", "won_back"),
    ),
}


@pytest.mark.parametrize("name", WRONG_DATA)
def test_data_a_message_cannot_carry_is_refused_by_key_value_and_what_would_do(
    desk: Desk, renewal: str, name: str
) -> None:
    message_name, data, named = WRONG_DATA[name]
    before = desk.show(renewal)

    sentence = message(desk, message_name, data, renewal)

    assert [part for part in named if part not in sentence] == []
    assert desk.show(renewal) == before


def test_a_policy_number_ends_the_renewal_as_renewed(desk: Desk, renewal: str) -> None:
    desk.run("message", "policy_renewed", "--key", renewal, "--data", '{"policy_no": "9105052027 001"}')

    assert desk.show(renewal)["outcome"] == "renewed"


def test_a_leaver_who_is_not_concerned_starts_no_hand_over(desk: Desk, renewal: str) -> None:
    sentence = message(desk, "agent_left", {"agent_no": "AG002"}, renewal)

    assert "AG002" in sentence and AGENT in sentence
    shown = desk.show(renewal)
    assert (shown["agent"], shown["is_orphan"]) == (AGENT, False)
    assert "K-C2" not in {task["action_id"] for task in shown["open_tasks"]}


@pytest.mark.parametrize("typed", [AGENT, "ag001", " Ag 001 "])
def test_a_leaver_is_known_however_his_number_is_typed(desk: Desk, renewal: str, typed: str) -> None:
    desk.run("message", "agent_left", "--key", renewal, "--data", json.dumps({"agent_no": typed}))

    assert desk.show(renewal)["is_orphan"] is True


def test_the_same_leaver_told_twice_is_refused_and_starts_no_second_hand_over(
    desk: Desk, renewal: str
) -> None:
    desk.run("message", "agent_left", "--key", renewal, "--data", f'{{"agent_no": "{AGENT}"}}')

    message(desk, "agent_left", {"agent_no": AGENT}, renewal)

    assert [t["action_id"] for t in desk.show(renewal)["open_tasks"]].count("K-C2") == 1


def test_show_says_people_places_what_comes_and_why_it_waits(desk: Desk, renewal: str) -> None:
    told = desk.said("show", renewal)

    for what in ("AG001", "SU01", "TR01", "SP01", "PC3301", "PC330101"):
        assert what in told
    for label in ("责任人", "交叉销售专员", "寿险组训", "职场", "分公司", "接下来", "等待", "待办任务"):
        assert label in told
    assert re.search(r"2026-11-05 .*重点追踪", told)  # T-30, with its date


def test_show_in_english_has_no_chinese_of_ours(desk: Desk, renewal: str) -> None:
    told = desk.said("show", renewal, lang="en")

    names = r"(川A\S*|测试\S*)"  # of the list and the organisation
    labels = [line.partition(":")[0] for line in told.splitlines()]
    assert HAN.search("".join(labels)) is None
    waits = next(line for line in told.splitlines() if line.startswith("Waits"))
    assert "Waits for" in re.sub(names, "", waits)


def test_a_refused_form_names_each_field_its_reason_and_what_it_takes(desk: Desk, renewal: str) -> None:
    task = desk.open_task(renewal, "dispatch_late_follow_up")
    data = json.dumps({"category": "sometimes", "agent": "AG001"})

    sentence = refusal(desk, "complete", str(task["task_id"]), "--user", task["assignee"], "--data", data)

    by_field = {line.strip().partition(":")[0]: line for line in sentence.splitlines()}
    assert "normal" in by_field["category"] and "not_renewable" in by_field["category"]
    assert "没有字段“agent”" in by_field["agent"]
    assert "agent_no" in sentence.splitlines()[-1]


@pytest.mark.parametrize("number", ["AG999", "SU01"], ids=["nobody", "no agent"])
def test_a_list_cannot_go_to_somebody_who_is_no_serving_agent(desk: Desk, renewal: str, number: str) -> None:
    task = desk.open_task(renewal, "dispatch_late_follow_up")
    data = json.dumps(answers.dispatch_list(EXPIRY, agent_no=number))

    sentence = refusal(desk, "complete", str(task["task_id"]), "--user", task["assignee"], "--data", data)

    assert "agent_no" in sentence and number in sentence and "在职" in sentence
    assert desk.open_task(renewal, "dispatch_late_follow_up")["status"] == "open"


def test_an_agent_is_found_however_his_number_is_typed_in_a_form(desk: Desk, renewal: str) -> None:
    desk.complete(renewal, "dispatch_late_follow_up", answers.dispatch_list(EXPIRY, agent_no="ag 002"))

    assert desk.show(renewal)["agent"] == "AG002"


def test_the_clock_says_that_it_only_moves_forward(desk: Desk, renewal: str) -> None:
    backwards = refusal(desk, "clock", "advance", "-P1D")
    into_the_past = refusal(desk, "clock", "set", "2026-10-02T09:00")

    assert "向前" in backwards and "P1D" in backwards
    assert "往回" in into_the_past
    assert desk.run("clock", "show")["local"].startswith("2026-10-21T09:00")


def test_the_clock_may_be_set_back_before_there_is_a_renewal(desk: Desk) -> None:
    desk.run("clock", "set", "2026-09-01T09:00")

    assert desk.run("clock", "show")["local"].startswith("2026-09-01")


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "my-newcomer-1"], ids=str)
def test_a_weak_password_is_refused_at_the_shell_as_in_the_console(desk: Desk, password: str) -> None:
    sentence = refusal(
        desk, "user", "add", "newcomer", "--role", "auditor", "--unit", "PC3301", "--password", password
    )

    assert "密码" in sentence
    assert "newcomer" in refusal(desk, "tasks", "--user", "newcomer")


def test_a_sign_in_that_will_see_nothing_is_warned_of_and_a_given_password_is_not_repeated(
    desk: Desk,
) -> None:
    told = desk.run("user", "add", "zz", "--role", "agent", "--password", "correct-horse-7")

    assert "password" not in told
    assert "看不到任何数据" in told["warning"]
    assert "correct-horse-7" not in desk.said(
        "user", "add", "z2", "--role", "agent", "--password", "correct-horse-7"
    )
    made = desk.run("user", "add", "z3", "--role", "auditor", "--unit", "PC3301")
    assert made["password"] and "warning" not in made


def test_importing_the_organisation_says_who_cannot_sign_in_yet(desk: Desk) -> None:
    from tests.support.org import write_org

    told = desk.said("org", "import", desk.write("again.xlsx", write_org()))

    assert re.search(r"\d+ 人还没有登录账号", told)
    assert "renewals user add" in told


def test_a_taken_port_is_one_sentence_with_the_remedy(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        desk.env["RENEWALS_PORT"] = str(taken.getsockname()[1])

        told = desk.said("serve")

    assert f"端口 {desk.env['RENEWALS_PORT']} 已被占用" in told
    assert "RENEWALS_PORT 换一个" in told
    assert len(told.strip().splitlines()) == 1


def test_a_main_diagram_that_cannot_be_read_is_told_once(desk: Desk) -> None:
    from tests.acceptance.test_refusals import PROCESSES

    folder = desk.home / "broken"
    folder.mkdir()
    for file in PROCESSES.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "renewal.bpmn").write_text("<a><b></a>", encoding="utf-8")

    sentence = refusal(desk, "deploy", str(folder), "--by", "owner", "--approved-by", "second")

    assert "开始与结束标签不配对" in sentence
    assert "没有主流程" not in sentence
    assert "mismatch" not in sentence
