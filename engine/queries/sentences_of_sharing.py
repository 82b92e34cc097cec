"""Sentences of renewals that follow what their customers say of sharing and of contact; pure."""

from __future__ import annotations

from engine.domain.codes import Label
from engine.queries.saying import says
from engine.queries.words import Happening, Kind, Words

_QUEUE = Label("渠道合作部待领取", "the channel department's queue")


@says("sharing_recalled", Kind.FACT)
def _recalled(event: Happening, words: Words) -> Label:
    old, new, tasks = _who(event["from"], words), _who(event["to"], words), _tasks(event)
    return Label(
        f"客户不同意向寿险公司提供信息：续保由 {old.zh} 转由 {new.zh} 直接服务，寿险人员不再办理{tasks.zh}",
        f"The customer does not share with the life insurer: the renewal went from {old.en} to {new.en}, and none of"
        f" the life insurer's people serves it{tasks.en}",
    )


@says("sharing_given_back", Kind.FACT)
def _given_back(event: Happening, words: Words) -> Label:
    old, new, tasks = _who(event["from"], words), _who(event["to"], words), _tasks(event)
    if event["from"] == event["to"]:
        return Label(
            f"客户重新同意向寿险公司提供信息：原营销员已不在职，续保仍由 {new.zh} 负责",
            f"The customer shares with the life insurer again: the former agent serves no more, {new.en} keeps the"
            " renewal",
        )
    return Label(
        f"客户重新同意向寿险公司提供信息：续保由 {old.zh} 转回 {new.zh}{tasks.zh}",
        f"The customer shares with the life insurer again: the renewal went back from {old.en} to {new.en}{tasks.en}",
    )


@says("contact_stopped", Kind.FACT)
def _silent(event: Happening, _words: Words) -> Label:
    count = int(event["tasks"] or 0)
    zh, en = (
        (f"，收回 {count} 项任务", f"; {count} task{'' if count == 1 else 's'} withdrawn")
        if count
        else ("", "")
    )
    return Label(
        f"客户要求不再联系：本阶段的联系与拜访停止{zh}",
        f"The customer wants no more contact: calls and visits of this stage end{en}",
    )


def _who(number: object, words: Words) -> Label:
    if not number:
        return _QUEUE
    name = words.person(number)
    return Label(name, name)


def _tasks(event: Happening) -> Label:
    """How many open tasks went along, if any."""
    count = int(event["tasks"] or 0)
    if not count:
        return Label("", "")
    return Label(f"，{count} 项未办任务随之转交", f", with {count} open task{'' if count == 1 else 's'}")
