"""Sentences of what people do with tasks beside completing them: put off, hand on, take back."""

from __future__ import annotations

from engine.domain.codes import Label
from engine.queries.saying import says, task_en, task_zh
from engine.queries.words import Happening, Kind, Words


@says("task_put_off", Kind.TASK)
def _put_off(event: Happening, words: Words) -> Label:
    beyond = event["beyond"]
    return Label(
        f"{event.who} 将任务{task_zh(event)}推迟到 {event['until']} 跟进"
        + (f"（晚于最后一天 {beyond}）" if beyond else ""),
        f"{event.who} put {task_en(event, words)} off to {event['until']}"
        + (f" (after its last day, {beyond})" if beyond else ""),
    )


@says("task_resumed", Kind.TASK)
def _resumed(event: Happening, words: Words) -> Label:
    return Label(
        f"{event.who} 取消了任务{task_zh(event)}的推迟", f"{event.who} took {task_en(event, words)} up again"
    )


@says("task_delegated", Kind.TASK)
def _delegated(event: Happening, words: Words) -> Label:
    giver, taker = words.person(event["from"]), words.person(event["to"])
    return Label(
        f"{giver} 的任务{task_zh(event)}委托 {taker} 代办",
        f"Task {task_en(event, words)} of {giver} was handed to {taker}",
    )


@says("task_taken_back", Kind.TASK)
def _taken_back(event: Happening, words: Words) -> Label:
    colleague, principal = words.person(event["from"]), words.person(event["to"])
    return Label(
        f"委托 {colleague} 代办的任务{task_zh(event)}已收回，由 {principal} 办理",
        f"Task {task_en(event, words)}, handed to {colleague}, was taken back by {principal}",
    )


@says("task_handed_back", Kind.TASK)
def _handed_back(event: Happening, words: Words) -> Label:
    colleague, principal = words.person(event["from"]), words.person(event["to"])
    return Label(
        f"{colleague} 将受托的任务{task_zh(event)}交还 {principal}",
        f"{colleague} handed {task_en(event, words)} back to {principal}",
    )
