"""Sentences of what becomes of quotes by themselves: their end, and forecasts that newer tables leave as they are."""

from __future__ import annotations

from engine.domain.codes import Label
from engine.queries.saying import says, tells
from engine.queries.words import Happening, Kind, Words

tells(
    "quote_ended",
    Kind.FACT,
    "实际报价第 {version} 版已过有效期（{until} 止），客户有意向时须重新报价",
    "Version {version} of the actual quote is over (valid until {until}): interest asks for a new one",
)


@says("quote_end_told", Kind.MESSAGE)
def _reminded(event: Happening, words: Words) -> Label:
    name = words.person(event["recipient"])
    return Label(
        f"实际报价第 {event['version']} 版 {event['until']} 到有效期，已列入 {name} 当天的汇总提醒",
        f"Version {event['version']} of the actual quote ends on {event['until']}: "
        f"it was put into the day's message to {name}",
    )


@says("quotes_looked", Kind.SYSTEM)
def _looked(event: Happening, _words: Words) -> Label:
    looked, ended = event["looked"] or 0, event["ended"] or 0
    return Label(
        f"核对实际报价有效期 {looked} 份，其中 {ended} 份已过期",
        f"The validity of actual quotes was looked at: {looked} of them, {ended} are over",
    )


@says("forecasts_requoted", Kind.SYSTEM)
def _requoted(event: Happening, _words: Words) -> Label:
    looked, made, version = event["looked"] or 0, event["made"] or 0, event["set"]
    return Label(
        f"按流程第 {version} 版的费率表核对预测报价 {looked} 份，其中 {made} 份有变，已出新版本",
        f"Forecasts were looked at by the tariff tables of version {version}: {looked}, {made} of them made anew",
    )
