"""Why a renewal is where it is, in one plain sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from engine.domain.codes import RenewalState, Role
from engine.queries.present import due_day
from engine.store.instances import Incident, Timer
from engine.store.renewals import Renewal
from engine.store.tasks import UserTask


def why_waiting(
    renewal: Renewal,
    *,
    tasks: Sequence[UserTask],
    timers: Sequence[Timer],
    incidents: Sequence[Incident],
    names: Mapping[str, str],
    zone: ZoneInfo,
    lang: str,
    people: Mapping[str, str] | None = None,
) -> str:
    """Return one sentence: ended, held by an incident, waiting for people, or for a moment.

    *names* gives the label of an element id, *people* a display name for an employee number.
    """
    en = lang == "en"
    if renewal.ended_at is not None:
        label = RenewalState(renewal.state).label.say(lang)
        day = renewal.ended_at.astimezone(zone).date()
        return f"Ended on {day}: {label}." if en else f"已于 {day} 结束：{label}。"
    if incidents:
        first = incidents[0]
        where = names.get(first.element_id or "", first.element_id or "—")
        return (
            f"Held by an incident at “{where}”: {first.message}"
            if en
            else f"因异常停在“{where}”：{first.message}"
        )
    if tasks:
        return _for_people(tasks, zone, lang, people or {})
    if timers:
        timer = min(timers, key=lambda t: t.due_at)
        day = timer.due_at.astimezone(zone).date()
        label = names.get(timer.element_id, timer.element_id)
        return (
            f"Waits until {day} ({label}); nobody has to act."
            if en
            else f"等待到 {day}（{label}），目前无需人工处理。"
        )
    return "Waits for a message from outside." if en else "等待外部消息。"


def _for_people(tasks: Sequence[UserTask], zone: ZoneInfo, lang: str, people: Mapping[str, str]) -> str:
    en = lang == "en"
    parts = []
    for task in sorted(tasks, key=lambda t: (t.due_at is None, t.due_at, t.id))[:3]:
        role = Role(task.role).label.say(lang)
        who = people.get(task.assignee_no or "", task.assignee_no) or ("queue" if en else "待领取")
        last = due_day(task.due_at, zone)
        due = f"{last:%m-%d}" if last else "—"
        parts.append(
            f"{role} {who} to do “{task.name}” by {due}"
            if en
            else f"{role} {who} 最迟 {due} 办理“{task.name}”"
        )
    more = len(tasks) - len(parts)
    text = ("; " if en else "；").join(parts)
    if more > 0:
        text += f"; and {more} more" if en else f"；另有 {more} 项"
    return f"Waits for {text}." if en else f"等待{text}。"
