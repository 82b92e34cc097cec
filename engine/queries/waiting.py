"""Why a renewal waits, in one plain sentence; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from engine.domain.codes import Label, RenewalState, Role, Stage

_WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A task that waits; ``who`` None means that anybody of the role may take it.

    ``due_date`` is the last day to do it; ``late_days`` counts calendar days past it.
    """

    name: str
    role: Role
    who: str | None
    due_date: date | None
    late_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A timer that waits and the business date it fires on."""

    name: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known about a renewal's waiting; tasks stand in the order they are due."""

    ended_on: date | None = None
    outcome: str | None = None
    failed: int = 0
    tasks: tuple[Pending, ...] = ()
    timer: Awaited | None = None
    next_stage: tuple[Stage, date] | None = None


def why_waiting(situation: Situation) -> Label:
    """Return the sentence, most pressing cause first: ended, failed, people, time, messages."""
    if situation.ended_on is not None:
        return _ended(situation.ended_on, situation.outcome)
    if situation.failed:
        return Label(
            "有步骤执行失败，等待系统管理员处理后继续；已填写的内容都已保留。",
            "A step failed; it waits for an administrator to mend it. Nothing that was entered is lost.",
        )
    if situation.tasks:
        return _joined(_people(situation.tasks), _then(situation.next_stage))
    if situation.timer is not None:
        return _time(situation.timer, situation.next_stage)
    return Label(
        "没有待办任务，等待承保、报价或到期日变更等消息。",
        "No task is open; it waits for news such as a new policy, a quote or a changed expiry date.",
    )


def _ended(day: date, outcome: str | None) -> Label:
    label = RenewalState(outcome).label if outcome else Label("无结果", "no outcome")
    return Label(
        f"已于 {_zh(day)} 结束，结果为“{label.zh}”，无需再办理。",
        f"Ended on {_en(day)} as “{label.en}”; nothing is left to do.",
    )


def _people(tasks: tuple[Pending, ...]) -> Label:
    first = tasks[0]
    zh = f"等待{_who_zh(first)}办理“{first.name}”"
    en = f"Waits for {_who_en(first)} to do “{first.name}”"
    if first.late_days:
        zh += f"，已逾期 {first.late_days} 天"
        en += f", {first.late_days} days late"
    elif first.due_date is not None:
        zh += f"，最迟 {_zh(first.due_date)}"
        en += f", by {_en(first.due_date)} at the latest"
    if len(tasks) > 1:
        zh += f"；另有 {len(tasks) - 1} 项任务待办"
        en += f"; {len(tasks) - 1} more open" if len(tasks) > 2 else "; one more is open"
    return Label(zh, en)


def _who_zh(task: Pending) -> str:
    return task.who or f"{task.role.label.zh}领取并"


def _who_en(task: Pending) -> str:
    return task.who or f"somebody of the role {task.role.label.en.lower()}"


def _then(next_stage: tuple[Stage, date] | None) -> Label:
    if next_stage is None:
        return Label("", "")
    stage, day = next_stage
    if stage is Stage.CLOSED:
        return Label(f"；{_zh(day)} 起不再挽回", f"; win-back ends on {_en(day)}")
    return Label(
        f"；{_zh(day)} 将自动进入“{stage.label.zh}”阶段",
        f"; moves on to “{stage.label.en}” on {_en(day)}",
    )


def _time(timer: Awaited, next_stage: tuple[Stage, date] | None) -> Label:
    if next_stage is not None and next_stage[1] == timer.day and next_stage[0] is not Stage.CLOSED:
        stage = next_stage[0]
        return Label(
            f"目前无需办理，{_zh(timer.day)} 将自动进入“{stage.label.zh}”阶段。",
            f"Nothing to do now; it moves on to “{stage.label.en}” on {_en(timer.day)}.",
        )
    return Label(
        f"目前无需办理，{_zh(timer.day)} 将自动继续：{timer.name}。",
        f"Nothing to do now; it goes on by itself on {_en(timer.day)}: {timer.name}.",
    )


def _joined(*parts: Label) -> Label:
    return Label("".join(p.zh for p in parts) + "。", "".join(p.en for p in parts) + ".")


def _zh(day: date) -> str:
    return f"{day.isoformat()} {_WEEKDAYS_ZH[day.weekday()]}"


def _en(day: date) -> str:
    return f"{day.isoformat()} {_WEEKDAYS_EN[day.weekday()]}"
