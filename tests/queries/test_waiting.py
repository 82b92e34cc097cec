from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from engine.clock import SHANGHAI
from engine.domain.codes import Label, Role, Stage
from engine.queries.coming import Coming, Moment, coming
from engine.queries.waiting import Pending, Situation, why_waiting

DUE = date(2026, 12, 3)
VISIT = Pending(name=Label("拜访并登记结果", "Visit and record"), role=Role.AGENT, who="张敏", due_date=DUE)


def entry(stage: Stage, day: date) -> Coming:
    return Coming(day=day, at=None, text=Label("", ""), stage=stage)


@pytest.mark.parametrize(
    ("situation", "zh", "en"),
    [
        pytest.param(
            Situation(tasks=(VISIT,), coming=(entry(Stage.KEY_TRACKING, date(2026, 12, 7)),)),
            "等待张敏办理“拜访并登记结果”，最迟 2026-12-03 周四；2026-12-07 周一 将自动进入“重点追踪”阶段。",
            "Waits for 张敏 to do “Visit and record”, by 2026-12-03 Thu at the latest; "
            "moves on to “Key tracking” on 2026-12-07 Mon.",
            id="a person in time, then the next stage",
        ),
        pytest.param(
            Situation(
                tasks=(
                    Pending(
                        name=Label("核实", "Verify"),
                        role=Role.SPECIALIST,
                        who="李倩",
                        due_date=DUE,
                        late_days=2,
                    ),
                    VISIT,
                )
            ),
            "等待李倩办理“核实”，已逾期 2 天；另有 1 项任务待办。",
            "Waits for 李倩 to do “Verify”, 2 days late; one more is open.",
            id="a late person and one more task",
        ),
        pytest.param(
            Situation(
                tasks=(
                    Pending(
                        name=Label("指派孤儿单", "Route orphan"), role=Role.CHANNEL, who=None, due_date=DUE
                    ),
                )
            ),
            "等待渠道合作部领取并办理“指派孤儿单”，最迟 2026-12-03 周四。",
            "Waits for somebody of the role channel cooperation dept to do “Route orphan”, "
            "by 2026-12-03 Thu at the latest.",
            id="nobody has taken it",
        ),
        pytest.param(
            Situation(coming=(entry(Stage.PREPARATION, DUE),)),
            "目前无需办理，2026-12-03 周四 将自动进入“准备”阶段。",
            "Nothing to do now; it moves on to “Preparation” on 2026-12-03 Thu.",
            id="only the calendar moves it on",
        ),
        pytest.param(
            Situation(
                coming=(Coming(day=DUE, at=None, text=Label("等待客户答复", "the customer's answer")),)
            ),
            "目前无需办理，2026-12-03 周四 将自动继续：等待客户答复。",
            "Nothing to do now; it goes on by itself on 2026-12-03 Thu: the customer's answer.",
            id="a timer inside the stage",
        ),
        pytest.param(
            Situation(coming=(entry(Stage.CLOSED, DUE),)),
            "目前无需办理，2026-12-03 周四 脱保挽回期结束，届时自动结案。",
            "Nothing to do now; the win-back period ends on 2026-12-03 Thu and the renewal closes by itself.",
            id="the end of win-back",
        ),
        pytest.param(
            Situation(failed=1, tasks=(VISIT,)),
            "有步骤执行失败，等待系统管理员处理后继续；已填写的内容都已保留。",
            "A step failed; it waits for an administrator to mend it. Nothing that was entered is lost.",
            id="a failure comes before people",
        ),
        pytest.param(
            Situation(ended_on=DUE, outcome="renewed", failed=1),
            "已于 2026-12-03 周四 结束，结果为“已续保”，无需再办理。",
            "Ended on 2026-12-03 Thu as “Renewed”; nothing is left to do.",
            id="the end comes before everything",
        ),
        pytest.param(
            Situation(),
            "没有待办任务，等待承保、报价或到期日变更等消息。",
            "No task is open; it waits for news such as a new policy, a quote or a changed expiry date.",
            id="only a message moves it on",
        ),
    ],
)
def test_one_plain_sentence_says_why_a_renewal_waits(situation: Situation, zh: str, en: str) -> None:
    said = why_waiting(situation)

    assert zh == said.zh
    assert en == said.en


EXPIRY = date(2026, 10, 25)
STARTS = {
    Stage.SUMMARY: date(2026, 10, 18),
    Stage.WIN_BACK: date(2026, 10, 26),
    Stage.CLOSED: date(2026, 11, 25),
}


def moment(day: date, **more: Any) -> Moment:
    at = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    facts: dict[str, Any] = {
        "name": Label("隔五工作日", "Five workdays on"),
        "then": Label("挽回联系", "Call"),
    }
    return Moment(**{**facts, "at": at, "day": day, "moves_stage": False, "in_stage": True, **more})


def test_what_comes_stands_in_order_and_in_people_s_words() -> None:
    ahead = coming(STARTS, EXPIRY, [moment(date(2026, 11, 20))], date(2026, 11, 19))

    assert ["隔五工作日（挽回联系）", "T+31（脱保挽回期结束）"] == [one.text.zh for one in ahead]
    assert ["Five workdays on (Call)", "T+31 (win-back period ends)"] == [one.text.en for one in ahead]


def test_a_timer_of_a_stage_that_ends_before_it_never_comes() -> None:
    ahead = coming(STARTS, EXPIRY, [moment(date(2026, 11, 27))], date(2026, 11, 24))

    assert [(date(2026, 11, 25), Stage.CLOSED)] == [(one.day, one.stage) for one in ahead]


def test_the_timer_that_moves_the_stage_is_the_entry_of_that_stage() -> None:
    clock = moment(date(2026, 10, 26), name=Label("T+1", "T+1"), then=None, moves_stage=True, in_stage=False)

    ahead = coming(STARTS, EXPIRY, [clock], date(2026, 10, 20))

    assert ["T+1（进入“脱保挽回”阶段）", "T+31（脱保挽回期结束）"] == [one.text.zh for one in ahead]
