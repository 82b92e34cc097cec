"""Sentences about people who change: hand-overs, the claim pool, deadlines and their alarms; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.domain.codes import DeadlineEnd, DeadlineKind, HandoverKind, Label, Role, SplitRule
from engine.queries.saying import says, tells
from engine.queries.words import Happening, Kind, Words, coded

_OF_PERSON = frozenset(
    {
        "agent_coached",
        "agent_idle",
        "first_contact_agreed",
        "first_contact_due",
        "handover_begun",
        "handover_confirmed",
        "handover_dropped",
        "handover_finished",
        "handover_noted",
        "handover_outdated",
        "handover_prepared",
        "handover_row_refused",
        "pool_claimed",
        "post_ended",
        "post_restored",
        "renewal_handed_over",
    }
)
"""Entries whose subject is somebody's number."""
_OF_UNIT = frozenset({"pool_offered", "vacancy_seen"})


def mentioned(action: str, subject: str | None, payload: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Return the employee numbers and the unit codes that an entry of these names."""
    people = {subject} if subject and action in _OF_PERSON else set()
    people |= {str(number) for key in ("told", "above") for number in payload.get(key) or ()}
    if action in ("renewal_handed_over", "handover_changed", "sharing_recalled", "sharing_given_back"):
        people |= {str(payload[key]) for key in ("from", "to", "confirmed_by") if payload.get(key)}
    return people, {subject} if subject and action in _OF_UNIT else set()


_POOL = Label("认领池", "the claim pool")


_AGREED_DAYS = {
    "complete_by": Label("补充期限", "day to complete the file by"),
    "mend_by": Label("整改期限", "day to mend it by"),
    "next_check_date": Label("下次检查日", "next check"),
}


@says("agreed_day_beyond_stage", Kind.FACT)
def _beyond_stage(event: Happening, _words: Words) -> Label:
    what = _AGREED_DAYS.get(event["field"], Label("约定日期", "agreed day"))
    if event["field"] == "next_check_date":
        return Label(
            f"{what.zh} {event['agreed']} 在本阶段结束之后，{event['comes']} 起由总结阶段的逐单清仓接手",
            f"The {what.en} of {event['agreed']} lies beyond this stage: the sweep of the summary takes it over on"
            f" {event['comes']}",
        )
    return Label(
        f"{what.zh} {event['agreed']} 在本阶段结束之后，系统将在 {event['comes']}（本阶段最后一天）再次安排",
        f"The {what.en}, {event['agreed']}, lies beyond this stage: it comes back on {event['comes']}, the last day"
        " of the stage",
    )


def _person(number: object, words: Words) -> Label:
    """Somebody by name; nobody stands for the claim pool."""
    return Label(*[words.person(number)] * 2) if number else _POOL


@says("handover_prepared", Kind.SYSTEM)
def _prepared(event: Happening, words: Words) -> Label:
    whose, kind = words.person(event.subject), coded(HandoverKind, event["kind"])
    return Label(
        f"{event.who} 为 {whose} 拟定了交接 {event['handover_id']}（{kind.zh}，最后在岗日 {event['last_day']}），"
        f"共 {event['rows']} 笔",
        f"{event.who} prepared hand-over {event['handover_id']} for {whose} ({kind.en}, last day "
        f"{event['last_day']}): {event['rows']} renewals",
    )


@says("handover_changed", Kind.SYSTEM)
def _changed(event: Happening, words: Words) -> Label:
    to, count = _person(event["to"], words), len(event["renewals"] or ())
    return Label(
        f"{event.who} 将交接 {event['handover_id']} 中的 {count} 笔改给 {to.zh}",
        f"{event.who} gave {count} renewals of hand-over {event['handover_id']} to {to.en} instead",
    )


tells(
    "handover_dropped", Kind.SYSTEM, "{who} 放弃了交接 {handover_id}", "{who} dropped hand-over {handover_id}"
)
tells(
    "handover_outdated",
    Kind.SYSTEM,
    "{person} 的交接 {done} 已完成，交接预览 {handover_id} 作废",
    "Hand-over {done} of {person} is done: preview {handover_id} is void",
)
tells(
    "handover_confirmed",
    Kind.SYSTEM,
    "{who} 确认了 {person} 的交接 {handover_id}，{last_day} 之后交接",
    "{who} confirmed hand-over {handover_id} of {person}, to follow {last_day}",
)
tells("handover_begun", Kind.SYSTEM, "交接 {handover_id} 开始", "Hand-over {handover_id} began")
tells(
    "handover_finished",
    Kind.SYSTEM,
    "交接 {handover_id} 完成：已交接 {done} 笔，未交接 {refused} 笔",
    "Hand-over {handover_id} ended: {done} handed over, {refused} refused",
)
tells(
    "handover_row_refused",
    Kind.FACT,
    "{person} 的交接 {handover_id} 未含这笔续保：{reason}",
    "Hand-over {handover_id} of {person} left this renewal out",
)
tells(
    "handover_noted", Kind.FACT, "已记入 {person} 的交接记录", "Written into the hand-over record of {person}"
)


@says("renewal_handed_over", Kind.FACT)
def _handed_over(event: Happening, words: Words) -> Label:
    old, new = words.person(event["from"]), _person(event["to"], words)
    rule, owner = coded(SplitRule, event["rule"]), event["owner"]
    by = words.actors.get(str(event["confirmed_by"]), words.person(event["confirmed_by"] or "—"))
    zh = f"由 {old} 交接给 {new.zh}（{rule.zh}；{by} 确认，交接 {event['handover_id']}）"
    en = (
        f"Handed over from {old} to {new.en} ({rule.en}; confirmed by {by}, hand-over {event['handover_id']})"
    )
    if event["to"] or not owner:
        return Label(zh, en)
    name = words.person(owner)
    return Label(f"{zh}，认领前由 {name} 负责", f"{en}; until it is claimed {name} answers for it")


@says("post_ended", Kind.SYSTEM)
def _post_ended(event: Happening, words: Words) -> Label:
    whose, role = words.person(event.subject), coded(Role, event["role"])
    return Label(
        f"{whose} 的{role.zh}岗位至 {event['last_day']} 止，此后不能登录办理",
        f"{whose} serves as {role.en.lower()} to {event['last_day']}; access ends with it",
    )


@says("post_restored", Kind.SYSTEM)
def _post_restored(event: Happening, words: Words) -> Label:
    whose, role = words.person(event.subject), coded(Role, event["role"])
    return Label(
        f"交接已取消，{whose} 的{role.zh}岗位照旧",
        f"The hand-over was called off: {whose} goes on as {role.en.lower()}",
    )


@says("pool_offered", Kind.FACT)
def _offered(event: Happening, words: Words) -> Label:
    if not event.subject:
        return Label("放入认领池，全市可认领", "Offered in the claim pool to the whole city")
    place = words.units.get(event.subject, event.subject)
    return Label(
        f"放入认领池，{place} 5 个工作日内可认领",
        f"Offered in the claim pool to {place} for 5 workdays",
    )


tells("pool_claimed", Kind.FACT, "{person} 从认领池认领", "{person} claimed it from the pool")
tells(
    "first_contact_due",
    Kind.FACT,
    "{person} 接手，须在 {due} 前首次有效联系客户",
    "{person} took over and is to reach the customer by {due}",
)
tells(
    "first_contact_agreed",
    Kind.FACT,
    "指定 {person} 在 {due} 前首次有效联系客户",
    "{person} was given until {due} to reach the customer first",
)
tells(
    "nobody_responsible",
    Kind.FACT,
    "无人负责，须在 {due} 前指派责任人",
    "Nobody answers for it; somebody is to be named by {due}",
)


@says("vacancy_seen", Kind.SYSTEM)
def _vacancy(event: Happening, words: Words) -> Label:
    team = words.units.get(str(event.subject), event.subject)
    return Label(
        f"{team} 的业务主任空缺，须在 {event['due']} 前补位",
        f"{team} has no supervisor; the gap is to be filled by {event['due']}",
    )


@says("deadline_ended", Kind.FACT)
def _ended(event: Happening, words: Words) -> Label:
    kind, ending = coded(DeadlineKind, event["kind"]), coded(DeadlineEnd, event["ending"])
    if event["kind"] == DeadlineKind.COACHING:
        who = words.person(event["owner"])
        return Label(f"{kind.zh}（{who}）：{ending.zh}", f"{kind.en} ({who}): {ending.en.lower()}")
    late_zh, late_en = ("（逾期）", " (late)") if event["late"] else ("", "")
    return Label(f"{kind.zh}：{ending.zh}{late_zh}", f"{kind.en}: {ending.en.lower()}{late_en}")


@says("deadline_resumed", Kind.FACT)
def _resumed(event: Happening, words: Words) -> Label:
    kind, day = coded(DeadlineKind, event["kind"]), words.last_day(event["due"])
    owner = words.person(event["owner"]) if event["owner"] else ""
    who_zh, who_en = (f"（{owner}）", f" of {owner}") if owner else ("", "")
    return Label(
        f"撤回后恢复期限：{kind.zh}{who_zh}，须在 {day} 前",
        f"The deadline{who_en} goes on after the undo: {kind.en.lower()}, by {day}",
    )


_RUNG = {
    DeadlineKind.FIRST_CONTACT: Label("接手后逾期未联系客户", "The customer was not reached in time"),
    DeadlineKind.POOL: Label(
        "认领池 5 个工作日无人认领，已向全市开放",
        "Nobody claimed it for 5 workdays: offered to the whole city",
    ),
    DeadlineKind.UNOWNED: Label("超过 3 个工作日无责任人", "Nobody answered for it for 3 workdays"),
    DeadlineKind.RECHECK: Label(
        "约定的复查日到，仍无新的有效联系", "The day of the recheck came without a new effective contact"
    ),
    DeadlineKind.FOLLOW_UP: Label(
        "约定的跟进日到，仍无新的有效联系", "The day of the follow-up came without a new effective contact"
    ),
    DeadlineKind.COACHING: Label(
        "营销员 5 个工作日无联系记录，或到复查日仍未联系",
        "An agent contacted nobody for 5 workdays, or until the day of the recheck",
    ),
    DeadlineKind.VACANCY: Label("业务主任空缺超过 2 个工作日", "No supervisor for 2 workdays"),
}


@says("alarm_raised", Kind.MESSAGE)
def _alarm(event: Happening, words: Words) -> Label:
    kind = event["kind"]
    what = _RUNG[DeadlineKind(kind)] if kind in set(DeadlineKind) else Label("期限已过", "A deadline passed")
    if kind == DeadlineKind.COACHING and event["owner"]:
        who = words.person(event["owner"])
        what = Label(f"{what.zh}：{who}", f"{what.en}: {who}")
    told = [words.person(number) for number in event["told"] or ()]
    if not told:
        return what
    return Label(f"{what.zh}，已提醒 {'、'.join(told)}", f"{what.en}; told {', '.join(told)}")


@says("task_urged_up", Kind.TASK)
def _urged_up(event: Happening, words: Words) -> Label:
    who = words.person(event["assignee"])
    above = [words.person(number) for number in event["above"] or ()]
    name_zh, name_en = event.subject, words.task_en(event.subject)
    return Label(
        f"催办逾期任务“{name_zh}”，责任人 {who}，并告知上级 {'、'.join(above)}",
        f"Urged {who} to do the late task “{name_en}”; told {', '.join(above)} above",
    )
