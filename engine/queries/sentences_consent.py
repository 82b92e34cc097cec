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
    until, late = event["valid_until"], _overtaken(event)
    held = (
        Label(f"有效期至 {until}", f"valid until {until}") if until else Label("长期有效", "without an end")
    )
    return Label(
        f"登记客户于 {event['said_on']} 同意“{what.zh}”（{how.zh}，{held.zh}，文本 {event['wording']}）{late.zh}",
        f"The customer's consent of {event['said_on']} to “{what.en}” was recorded"
        f" ({how.en}, {held.en}, text {event['wording']}){late.en}",
    )


@says("consent_withdrawn", Kind.FACT)
def _withdrawn(event: Happening, _words: Words) -> Label:
    what, how = _of(ConsentKind, event["kind"]), _of(ConsentMethod, event["method"])
    late = _overtaken(event)
    return Label(
        f"登记客户于 {event['said_on']} 撤回或不同意“{what.zh}”（{how.zh}）{late.zh}",
        f"The customer's withdrawal of {event['said_on']} of “{what.en}” was recorded ({how.en}){late.en}",
    )


def _overtaken(event: Happening) -> Label:
    """Say that a newer answer stands, so that this one is only kept."""
    newer = event["overtaken_by"]
    if not newer:
        return Label("", "")
    return Label(
        f"；客户已于 {newer} 另有答复，以该答复为准", f"; the customer's newer answer of {newer} counts"
    )


def _of(kind: type[ConsentKind] | type[ConsentMethod], code: object) -> Label:
    found: StrEnum | None = next((one for one in kind if one == code), None)
    return found.label if isinstance(found, ConsentKind | ConsentMethod) else Label(str(code), str(code))
