"""The sentences of consents: what a customer agreed to and what was withdrawn; pure."""

from __future__ import annotations

from enum import StrEnum

from engine.domain.codes import Label
from engine.domain.consents import ConsentKind, ConsentMethod
from engine.queries.saying import says
from engine.queries.words import Happening, Kind, Words


@says("consent_given", Kind.FACT)
def _given(event: Happening, _words: Words) -> Label:
    what, how = _of(ConsentKind, event["kind"]), _of(ConsentMethod, event["method"])
    until = event["valid_until"]
    held = (
        Label(f"有效期至 {until}", f"valid until {until}") if until else Label("长期有效", "without an end")
    )
    return Label(
        f"登记客户于 {event['said_on']} 同意“{what.zh}”（{how.zh}，{held.zh}，文本 {event['wording']}）",
        f"The customer's consent of {event['said_on']} to “{what.en}” was recorded"
        f" ({how.en}, {held.en}, text {event['wording']})",
    )


@says("consent_withdrawn", Kind.FACT)
def _withdrawn(event: Happening, _words: Words) -> Label:
    what, how = _of(ConsentKind, event["kind"]), _of(ConsentMethod, event["method"])
    return Label(
        f"登记客户于 {event['said_on']} 撤回或不同意“{what.zh}”（{how.zh}）",
        f"The customer's withdrawal of {event['said_on']} of “{what.en}” was recorded ({how.en})",
    )


def _of(kind: type[ConsentKind] | type[ConsentMethod], code: object) -> Label:
    found: StrEnum | None = next((one for one in kind if one == code), None)
    return found.label if isinstance(found, ConsentKind | ConsentMethod) else Label(str(code), str(code))
