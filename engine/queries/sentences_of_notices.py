"""Sentences of what agents and customers are told of an expiry that comes near."""

from __future__ import annotations

from engine.domain.codes import Label
from engine.domain.nodes import LAPSED, NODES
from engine.queries.saying import says, tells
from engine.queries.words import Happening, Kind, Words


def _node(given: object) -> Label:
    """What a node is called; a number that is none is shown as days."""
    if given == LAPSED:
        return Label("到期未续", "expired without renewal")
    if given == 0:
        return Label("到期当日", "day of expiry")
    days = given if given in NODES else "—"
    return Label(f"{days}天内到期", f"expires within {days} days")


@says("node_told", Kind.MESSAGE)
def _told(event: Happening, words: Words) -> Label:
    name, node = words.person(event["recipient"]), _node(event["node"])
    return Label(
        f"到期节点“{node.zh}”已列入 {name} 当天的汇总提醒",
        f"The node “{node.en}” was put into the day's message to {name}",
    )


@says("nodes_reached", Kind.SYSTEM)
def _reached(event: Happening, _words: Words) -> Label:
    looked, told = event["looked"] or 0, event["told"] or 0
    return Label(
        f"按到期节点核对续保 {looked} 笔，列入提醒 {told} 笔",
        f"{looked} renewals reached a node of their expiry; agents are told of {told}",
    )


@says("letter_written", Kind.MESSAGE)
def _letter(event: Happening, words: Words) -> Label:
    name = words.person(event["owner"])
    return Label(
        f"{event.who} 出具了到期告知书 {event.subject}，服务人员 {name}",
        f"{event.who} had the expiry letter {event.subject} written, naming {name}",
    )


@says("letter_refused", Kind.SYSTEM)
def _too_many(event: Happening, _words: Words) -> Label:
    wanted, had = event["wanted"] or 0, event["had"] or 0
    return Label(
        f"{event.who} 要出具到期告知书 {wanted} 封，一小时内已出具 {had} 封，超过上限，未出具",
        f"{event.who} asked for {wanted} expiry letters after {had} within an hour; none was written",
    )


tells(
    "recheck_agreed",
    Kind.TASK,
    "{who} 约定 {due} 复查辅导结果",
    "{who} is to look again on {due} after coaching",
)
tells(
    "follow_up_agreed",
    Kind.TASK,
    "{who} 约定 {due} 跟进客户",
    "{who} agreed that the customer is followed up on {due}",
)
