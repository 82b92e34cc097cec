"""The sentences of consents: what a customer agreed to and what was withdrawn; pure."""

from __future__ import annotations

from enum import StrEnum

from engine.domain.codes import Label
from engine.domain.consents import ConsentKind, ConsentMethod
from engine.queries.saying import says
from engine.queries.words import Happening, Kind, Words

_THEN = {
    "withdrawn": Label("，此前的撤回重新生效", "; the withdrawal of before holds again"),
    "given": Label("，客户的另一次同意仍有效", "; another consent of the customer holds"),
    "expired": Label("，此后视同未登记", "; from then on it is as if nobody had asked"),
}
_STOPPED = {
    "do_not_contact": Label("不再联系", "no more contact"),
    "no_messages": Label("不接收短信", "no messages"),
    "no_sharing": Label("不向寿险公司提供信息", "no sharing with the life insurer"),
    "erasure": Label("要求删除个人信息", "deletion of the personal data"),
}


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


@says("consent_run_out", Kind.FACT)
def _run_out(event: Happening, _words: Words) -> Label:
    what = _of(ConsentKind, event["kind"])
    then = _THEN.get(str(event["then"]), Label("", ""))
    return Label(
        f"客户对“{what.zh}”的同意已于 {event['valid_until']} 到期{then.zh}",
        f"The customer's consent to “{what.en}” ended on {event['valid_until']}{then.en}",
    )


@says("stops_carried_over", Kind.FACT)
def _carried(event: Happening, words: Words) -> Label:
    what = [_STOPPED.get(str(name), Label(str(name), str(name))) for name in event["fields"] or ()]
    source = words.source(event["source"])
    zh, en = "、".join(one.zh for one in what), ", ".join(one.en for one in what)
    return Label(
        f"核对为同一客户，此前的要求一并适用：{zh}（来源：{source.zh}）",
        f"Found to be the same customer, whose earlier wishes hold here too: {en} (from {source.en})",
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
