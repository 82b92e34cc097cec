"""Sentences of how an orphan policy is served, and of what is to be coordinated for a policy."""

from __future__ import annotations

from engine.domain.codes import Label, OrphanRoute
from engine.queries.saying import says
from engine.queries.words import Happening, Kind, Words, coded


@says("orphan_settled", Kind.FACT)
def _settled(event: Happening, words: Words) -> Label:
    route = coded(OrphanRoute, event["to"])
    owner = words.person(event["owner"]) if event["owner"] else None
    why = words.of_form("route_orphan").options.get(("orphan_reason", str(event["why"])))
    who_zh, who_en = (
        (f"责任人 {owner}", f"{owner} answers for it") if owner else ("暂无责任人", "nobody answers for it")
    )
    zh, en = f"孤儿单去向：{route.zh}，{who_zh}", f"Route of the orphan: {route.en}; {who_en}"
    if why is not None:
        zh, en = f"{zh}（原因：{why.zh}）", f"{en} (reason: {why.en})"
    if event["to"] == OrphanRoute.TELESALES:
        zh += "；锁定至续保结束或改派，锁定期间仍可报价"
        en += "; locked until the renewal ends or is routed anew, quotes go on"
    return Label(zh, en)


@says("issue_escalated", Kind.TASK)
def _escalated(event: Happening, words: Words) -> Label:
    who = words.person(event["assignee"])
    issue = words.of_form("assist_agent").options.get(("issue", str(event["issue"])))
    zh, en = (f"（{issue.zh}）", f" ({issue.en})") if issue else ("", "")
    return Label(f"{event.who} 请 {who} 协调{zh}", f"{event.who} asked {who} to coordinate{en}")
