"""Sentences of messages that leave the house: to whom, and about what; nothing of a customer; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.domain.codes import Label, Role
from engine.queries.saying import says
from engine.queries.words import Happening, Kind, Words, coded

_CHANNELS: Mapping[str, Label] = {
    "sms": Label("短信", "text message"),
    "email": Label("电子邮件", "message by e-mail"),
    "letter": Label("到期函", "letter"),
    "im": Label("企业消息", "instant message"),
}
_NOTICE = Label("通知", "notice")
_DEADLINE = Label("交接期限提醒", "reminder of a hand-over's deadline")
_TEMPLATES: Mapping[str, Label] = {
    "agent_new_list": Label("清单与到期提醒", "new lists and coming expiries"),
    "task_urged": Label("催办提醒", "a task that was urged"),
    "task_urged_up": Label("向上催办提醒", "a late task of the team"),
    "policy_chased": Label("专员催办提醒", "what the specialist asks for"),
    "sharing_recalled": Label("信息提供撤回提醒", "sharing withdrawn by a customer"),
    "sharing_given_back": Label("信息提供恢复提醒", "sharing agreed to anew by a customer"),
    "alarm_recheck": Label("复查提醒", "a check that is due"),
    "alarm_follow_up": Label("跟进提醒", "a follow-up that is due"),
    "alarm_coaching": Label("辅导提醒", "an agent to be coached"),
    "alarm_first_contact": _DEADLINE,
    "alarm_pool": _DEADLINE,
    "alarm_unowned": _DEADLINE,
    "alarm_vacancy": _DEADLINE,
}
_IN_KEY: Mapping[str, tuple[str, int]] = {
    "agent_new_list": ("agent_new_list", 1),
    "policy_chased": ("policy_chased", 2),
    "up": ("task_urged_up", 3),
    "task_urged": ("task_urged", 9),
    "first_contact": ("alarm_first_contact", 2),
    "pool": ("alarm_pool", 2),
    "unowned": ("alarm_unowned", 2),
    "vacancy": ("alarm_vacancy", 2),
    "recheck": ("alarm_recheck", 2),
    "follow_up": ("alarm_follow_up", 2),
    "coaching": ("alarm_coaching", 2),
}
"""Of events of former versions: what the first part of a message's key says it is about, and where its receiver stands."""


def addressee(subject: str | None, payload: Mapping[str, Any]) -> str | None:
    """Return the employee number that a message went to; None for customers and where nobody can tell."""
    if payload.get("audience"):
        return payload.get("recipient")
    parts = (subject or "").split(":")
    _, place = _IN_KEY.get(parts[0], ("", 9))
    return parts[place] if place < len(parts) else None


def _to(event: Happening, words: Words) -> Label:
    """Who a message is for: a colleague by role and name, or the customer."""
    if event["audience"] == "customer":
        return Label("客户", "the customer")
    number = addressee(event.subject, event.payload)
    if number is None:
        return Label("", "")
    name = words.person(number)
    if not event["role"]:
        return Label(f" {name} ", name)
    role = coded(Role, event["role"])
    return Label(f"{role.zh} {name} ", f"{name} ({role.en.lower()})")


def _about(event: Happening) -> Label | None:
    template = event["template"] or _IN_KEY.get((event.subject or "").split(":")[0], ("", 0))[0]
    return _TEMPLATES.get(str(template))


def _message(event: Happening, words: Words) -> Label:
    """The message as the other sentences name it: way, receiver, what it is about."""
    way, to, about = _CHANNELS.get(str(event["channel"]), _NOTICE), _to(event, words), _about(event)
    receiver = Label(f"给{to.zh}的" if to.zh else "", f" to {to.en}" if to.en else "")
    topic = Label(f"“{about.zh}”", f" about {about.en}") if about else Label("", "")
    return Label(f"{receiver.zh}{way.zh}{topic.zh}", f"{way.en}{receiver.en}{topic.en}")


@says("message_sent", Kind.MESSAGE)
def _sent(event: Happening, words: Words) -> Label:
    told = _message(event, words)
    return Label(f"已发出{told.zh}", f"A {told.en} was sent")


@says("message_withheld", Kind.MESSAGE)
def _withheld(event: Happening, words: Words) -> Label:
    told, why = _message(event, words), _WITHHELD.get(str(event["code"]), _WITHHELD["renewal_closed"])
    return Label(f"{told.zh}已扣留，未发出：{why.zh}", f"A {told.en} was withheld: {why.en}")


_WITHHELD: Mapping[str, Label] = {
    "renewal_closed": Label("续保已结束", "the renewal had ended"),
    "opted_out": Label("客户不再联系", "the customer wants no contact"),
    "expired": Label("已过时效", "its time was over"),
    "handed_over": Label("续保已转交他人", "the renewals are somebody else's now"),
    "recipient_left": Label("收件人已离职", "the receiver has left"),
    "dismissed": Label("未确认送达，已人工放弃", "it may not have left, and was given up by hand"),
}


@says("message_failed", Kind.MESSAGE)
def _failed(event: Happening, words: Words) -> Label:
    told = _message(event, words)
    return Label(
        f"{told.zh}多次发送失败，等待处理", f"A {told.en} could not be sent and waits for a decision"
    )


@says("message_attempt_failed", Kind.MESSAGE)
def _attempt_failed(event: Happening, words: Words) -> Label:
    told = _message(event, words)
    return Label(
        f"{told.zh}第 {event['attempts']} 次发送失败，稍后重试",
        f"Attempt {event['attempts']} to send a {told.en} failed; it will be tried again",
    )


@says("message_unknown", Kind.MESSAGE)
def _unknown(event: Happening, words: Words) -> Label:
    told = _message(event, words)
    return Label(
        f"{told.zh}是否发出无法确认，不会自动重发",
        f"Whether a {told.en} left is unknown; it is not repeated",
    )


@says("message_resent", Kind.MESSAGE)
def _resent(event: Happening, words: Words) -> Label:
    told = _message(event, words)
    return Label(f"{told.zh}已人工安排重发", f"A {told.en} was queued again by hand")
