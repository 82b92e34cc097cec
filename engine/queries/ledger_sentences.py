"""What the history says of the workplace ledgers; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.domain.codes import Label, Role
from engine.queries.words import Happening, Kind, Words, coded


def _frozen(event: Happening, _words: Words) -> Label:
    return Label(
        f"已冻结“{event['workplace']}”{event['week']} 周的续保台账，{event['rows']} 行，应续 {event['due']}",
        f"The renewal ledger of {event['workplace']} for week {event['week']} was frozen: "
        f"{event['rows']} rows, {event['due']} due",
    )


def _all_frozen(event: Happening, _words: Words) -> Label:
    return Label(
        f"{event.subject} 周的职场续保台账已全部冻结，新增 {event['copies']} 份",
        f"All workplace ledgers of week {event.subject} are frozen, {event['copies']} of them now",
    )


def _confirmed(event: Happening, _words: Words) -> Label:
    role = coded(Role, event["role"])
    return Label(
        f"{event.who}（{role.zh}）确认了“{event['workplace']}”{event['week']} 周的续保台账",
        f"{event.who} ({role.en}) confirmed the ledger of {event['workplace']} for week {event['week']}",
    )


LEDGER_SENTENCES: Mapping[str, tuple[Kind, Callable[[Happening, Words], Label]]] = {
    "ledger_frozen": (Kind.SYSTEM, _frozen),
    "ledgers_frozen": (Kind.SYSTEM, _all_frozen),
    "ledger_confirmed": (Kind.SYSTEM, _confirmed),
}
