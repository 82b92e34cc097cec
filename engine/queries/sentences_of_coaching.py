"""Sentences of agents who contacted nobody, and of how they were coached (G-L2)."""

from __future__ import annotations

from engine.domain.codes import CoachingMethod, CoachingTopic, Label
from engine.queries.saying import says, tells
from engine.queries.words import Happening, Kind, Words, coded

tells(
    "agent_idle",
    Kind.SYSTEM,
    "{person}自 {since} 起 5 个工作日没有联系记录",
    "{person} recorded no contact for 5 workdays since {since}",
)


@says("agent_coached", Kind.TASK)
def _coached(event: Happening, words: Words) -> Label:
    agent, day, again = words.person(event.subject), event["day"], event["recheck"]
    method = coded(CoachingMethod, event["method"])
    topics = [coded(CoachingTopic, topic) for topic in event["topics"] or ()]
    zh = f"{event.who} 于 {day} 辅导了 {agent}（{method.zh}）：{'、'.join(one.zh for one in topics)}"
    en = f"{event.who} coached {agent} on {day} ({method.en.lower()}): {', '.join(one.en.lower() for one in topics)}"
    if again:
        zh, en = f"{zh}；{again} 复查", f"{en}; to look again on {again}"
    return Label(zh, en)
