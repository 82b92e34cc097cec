from __future__ import annotations

from datetime import date

import pytest

from engine.domain.codes import Role, Stage
from engine.queries.waiting import Awaited, Pending, Situation, why_waiting

DUE = date(2026, 12, 3)
VISIT = Pending(name="拜访并登记结果", role=Role.AGENT, who="张敏", due_date=DUE)


@pytest.mark.parametrize(
    ("situation", "zh", "en"),
    [
        pytest.param(
            Situation(tasks=(VISIT,), next_stage=(Stage.KEY_TRACKING, date(2026, 12, 7))),
            "等待张敏办理“拜访并登记结果”，最迟 2026-12-03 周四；2026-12-07 周一 将自动进入“重点追踪”阶段。",
            "Waits for 张敏 to do “拜访并登记结果”, by 2026-12-03 Thu at the latest; "
            "moves on to “Key tracking” on 2026-12-07 Mon.",
            id="a person in time, then the next stage",
        ),
        pytest.param(
            Situation(
                tasks=(
                    Pending(name="核实", role=Role.SPECIALIST, who="李倩", due_date=DUE, late_days=2),
                    VISIT,
                )
            ),
            "等待李倩办理“核实”，已逾期 2 天；另有 1 项任务待办。",
            "Waits for 李倩 to do “核实”, 2 days late; one more is open.",
            id="a late person and one more task",
        ),
        pytest.param(
            Situation(tasks=(Pending(name="指派孤儿单", role=Role.CHANNEL, who=None, due_date=DUE),)),
            "等待渠道合作部领取并办理“指派孤儿单”，最迟 2026-12-03 周四。",
            "Waits for somebody of the role channel cooperation dept to do “指派孤儿单”, "
            "by 2026-12-03 Thu at the latest.",
            id="nobody has taken it",
        ),
        pytest.param(
            Situation(timer=Awaited(name="准备", day=DUE), next_stage=(Stage.PREPARATION, DUE)),
            "目前无需办理，2026-12-03 周四 将自动进入“准备”阶段。",
            "Nothing to do now; it moves on to “Preparation” on 2026-12-03 Thu.",
            id="only the calendar moves it on",
        ),
        pytest.param(
            Situation(timer=Awaited(name="等待客户答复", day=DUE)),
            "目前无需办理，2026-12-03 周四 将自动继续：等待客户答复。",
            "Nothing to do now; it goes on by itself on 2026-12-03 Thu: 等待客户答复.",
            id="a timer inside the stage",
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
