"""Why a renewal waits, in one plain sentence; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from engine.domain.codes import Label, RenewalState, Role, Stage
from engine.queries.coming import Coming

_WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A task that waits; ``who`` None means that anybody of the role may take it.

    ``due_date`` is the last day to do it; ``late_days`` counts calendar days past it.
    """

    name: Label
    role: Role
    who: str | None
    due_date: date | None
    late_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An offer in the claim pool: since when, the last day for its workplace; None when the whole city may claim."""

    since: date
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known about a renewal's waiting; tasks stand in the order they are due, ``coming`` by its days."""

    ended_on: date | None = None
    outcome: str | None = None
    failed: int = 0
    tasks: tuple[Pending, ...] = ()
    pool: Offered | None = None
    coming: tuple[Coming, ...] = ()


def why_waiting(situation: Situation) -> Label:
    """Return the sentence, most pressing cause first: ended, failed, people, time, messages."""
    if situation.ended_on is not None:
        return _ended(situation.ended_on, situation.outcome)
    if situation.failed:
        return Label(
            "有步骤执行失败，等待系统管理员处理后继续；已填写的内容都已保留。",
            "A step failed; it waits for an administrator to mend it. Nothing that was entered is lost.",
        )
    if situation.pool is not None:
        people = (_and(_people(situation.tasks)),) if situation.tasks else ()
        return _joined(_offered(situation.pool), *people, _then(situation.coming))
    if situation.tasks:
        return _joined(_people(situation.tasks), _then(situation.coming))
    if situation.coming:
        return _time(situation.coming[0])
    return Label(
        "没有待办任务，等待承保、报价或到期日变更等消息。",
        "No task is open; it waits for news such as a new policy, a quote or a changed expiry date.",
    )


def _offered(offer: Offered) -> Label:
    zh, en = f"{_zh(offer.since)} 起在认领池中", f"In the claim pool since {_en(offer.since)}"
    if offer.until is None:
        return Label(f"{zh}，全市可认领", f"{en}, open to the whole city")
    return Label(
        f"{zh}，{_zh(offer.until)} 前由本职场认领，之后全市可认领",
        f"{en}: its workplace may claim it until {_en(offer.until)}, then the whole city",
    )


def _and(more: Label) -> Label:
    return Label(f"；{more.zh}", f"; {more.en[0].lower()}{more.en[1:]}")


def _ended(day: date, outcome: str | None) -> Label:
    label = RenewalState(outcome).label if outcome else Label("无结果", "no outcome")
    return Label(
        f"已于 {_zh(day)} 结束，结果为“{label.zh}”，无需再办理。",
        f"Ended on {_en(day)} as “{label.en}”; nothing is left to do.",
    )


def _people(tasks: tuple[Pending, ...]) -> Label:
    first = tasks[0]
    zh = f"等待{_who_zh(first)}办理“{first.name.zh}”"
    en = f"Waits for {_who_en(first)} to do “{first.name.en}”"
    if first.late_days:
        zh += f"，已逾期 {first.late_days} 天"
        en += f", {first.late_days} {'day' if first.late_days == 1 else 'days'} late"
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


def _then(coming: tuple[Coming, ...]) -> Label:
    entry = next((one for one in coming if one.stage is not None), None)
    if entry is None or entry.stage is None:
        return Label("", "")
    if entry.stage is Stage.CLOSED:
        return Label(f"；{_zh(entry.day)} 起不再挽回", f"; win-back ends on {_en(entry.day)}")
    return Label(
        f"；{_zh(entry.day)} 将自动进入“{entry.stage.label.zh}”阶段",
        f"; moves on to “{entry.stage.label.en}” on {_en(entry.day)}",
    )


def _time(first: Coming) -> Label:
    day_zh, day_en = _zh(first.day), _en(first.day)
    if first.stage is Stage.CLOSED:
        return Label(
            f"目前无需办理，{day_zh} 脱保挽回期结束，届时自动结案。",
            f"Nothing to do now; the win-back period ends on {day_en} and the renewal closes by itself.",
        )
    if first.stage is not None:
        return Label(
            f"目前无需办理，{day_zh} 将自动进入“{first.stage.label.zh}”阶段。",
            f"Nothing to do now; it moves on to “{first.stage.label.en}” on {day_en}.",
        )
    return Label(
        f"目前无需办理，{day_zh} 将自动继续：{first.text.zh}。",
        f"Nothing to do now; it goes on by itself on {day_en}: {first.text.en}.",
    )


def _joined(*parts: Label) -> Label:
    return Label("".join(p.zh for p in parts) + "。", "".join(p.en for p in parts) + ".")


def _zh(day: date) -> str:
    return f"{day.isoformat()} {_WEEKDAYS_ZH[day.weekday()]}"


def _en(day: date) -> str:
    return f"{day.isoformat()} {_WEEKDAYS_EN[day.weekday()]}"
