"""Deliver the seven messages to the one renewal they speak of (architecture.md §6.2).

Correlation is ours, by business key in SQL (spiffworkflow.md §2.6); the data go to tables as facts,
the process only learns that the message happened.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import MessageName, RenewalState
from engine.domain.nodes import list_day, node_on
from engine.domain.numbers import plain_number
from engine.domain.storable import require_storable
from engine.errors import BadInput, EngineError, MessageNotAwaited, StepFailed, blamed, defect
from engine.label import Label, Thing, one_of
from engine.services import incidents, quoting
from engine.services.announcing import announce
from engine.services.context import StepScope
from engine.services.instances import load_scope
from engine.services.message_data import checked_data, require_complete
from engine.services.quote_sense import belongs_elsewhere, last_valid_day
from engine.services.timers import fire_instance
from engine.store.instances import InboundMessage
from engine.store.renewals import renewal_by_key
from engine.store.session import Tx


@dataclass(frozen=True, slots=True)
class MessageDelivered:
    """A message that arrived; ``repeated`` when its id was known and it was ignored."""

    instance_id: int | None
    repeated: bool


def deliver_message(
    engine: Engine,
    name: str,
    key: str,
    *,
    data: Mapping[str, Any] | None = None,
    message_id: str | None = None,
    actor: Actor,
) -> MessageDelivered:
    """Deliver message *name* to the renewal known by *key* (VIN, policy number, business key or id).

    Raises:
        BadInput: the name or a value in *data* is unusable.
        NotFound: no renewal has this key.
        MessageNotAwaited: the renewal has ended, or does not wait for the message now.
        StepFailed: the step raised; nothing changed, an incident was kept.
    """
    _check_name(name)
    require_storable({"key": key, "id": message_id, "data": data}, "message")
    require_complete(MessageName(name), data or {})
    now = engine.clock.now()
    with engine.store.reading() as session:
        known = session.get(InboundMessage, message_id) if message_id else None
        if known is not None:
            return MessageDelivered(known.instance_id, repeated=True)
        instance_id = renewal_by_key(session, key).id
    fire_instance(engine, instance_id, now=now)
    try:
        with engine.store.transaction() as tx:
            scope = load_scope(tx, engine, instance_id, actor=actor, now=now)
            known = tx.get(InboundMessage, message_id) if message_id else None
            if known is not None:
                return MessageDelivered(known.instance_id, repeated=True)
            deliver_in(tx, scope, name, data or {}, message_id=message_id)
            return MessageDelivered(instance_id, repeated=False)
    except (MessageNotAwaited, BadInput):
        raise
    except Exception as error:
        incident = incidents.raise_incident(
            engine,
            instance_id,
            trigger=f"message:{name}",
            error=error,
            actor=actor,
            now=now,
            element_id=blamed(error),
            submitted=data,
        )
        reason = error if isinstance(error, EngineError) else defect(error)
        raise StepFailed(element=name, incident=incident, reason=reason) from error


def deliver_in(
    tx: Tx,
    scope: StepScope,
    name: str,
    data: Mapping[str, Any],
    *,
    message_id: str | None = None,
    source: str = "message",
) -> None:
    """Deliver inside the caller's transaction; the instance is locked already. *source* is kept with its facts.

    Raises:
        BadInput, MessageNotAwaited: as :func:`deliver_message`.
    """
    message = MessageName(name)
    if scope.renewal.ended_at is not None:
        raise _not_awaited(scope, message, _ended(RenewalState(scope.renewal.state)))
    data = checked_data(message, data, scope.deployed.forms)
    scope.message, scope.source = data, source
    told = _told(scope, data)
    _ABSORB[message](scope, {**data, **told})
    tx.add(
        InboundMessage(
            id=message_id or uuid.uuid4().hex,
            name=name,
            business_key=scope.renewal.business_key,
            instance_id=scope.renewal.id,
            data=data,
            received_at=scope.now,
            received_by=scope.actor.name,
        )
    )
    scope.record("message_received", subject=name, name=name, data=told)
    tx.flush()
    if not announce(scope, message):
        raise _not_awaited(scope, message, _BUSY)


_BUSY = Label(
    "当前环节（如审批或核实中）不接收该消息，请待其办结后重发",
    "the step it is in, such as an approval, does not take it; send it again afterwards",
)


def _ended(state: RenewalState) -> Label:
    return Label(
        f"该续保已结束：{state.label.zh}，无需再发", f"it ended as {state.label.en}; nothing is left to do"
    )


def _not_awaited(scope: StepScope, message: MessageName, reason: Label) -> MessageNotAwaited:
    return MessageNotAwaited(name=message.label, key=scope.renewal.business_key, reason=reason)


_TOLD = frozenset({"amount", "code", "expiry_date", "outcome", "policy_no", "premium", "reason", "source"})


def _told(scope: StepScope, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the history keeps of a message: what the engine takes from it, nothing that speaks of a person.

    All of it is kept, sealed, with the message.
    """
    return {
        key: scope.told(value) if isinstance(value, str) and key != "policy_no" else value
        for key, value in data.items()
        if key in _TOLD and not isinstance(value, dict | list)
    }


def _check_name(name: str) -> None:
    if name not in set(MessageName):
        raise BadInput(what=Thing.MESSAGE, value=name, reason=one_of(MessageName))


def _lost(scope: StepScope, data: Mapping[str, Any]) -> None:
    reason = data.get("reason")
    if reason:
        _learn(scope, "loss_reason", reason)
        scope.renewal.loss_source = data.get("source") or "message"


def _learn(scope: StepScope, field_name: str, value: Any) -> None:
    """Take a fact over; told a second time it is no change."""
    before = getattr(scope.renewal, field_name)
    if before != value:
        scope.change_fact(field_name, before, value, source=scope.source)
        setattr(scope.renewal, field_name, value)


def _excluded(scope: StepScope, data: Mapping[str, Any]) -> None:
    code = data.get("code") or data.get("reason")
    if code:
        _learn(scope, "exclusion_code", code)
    if data.get("evidence"):
        scope.renewal.exclusion_evidence = data["evidence"]


def _expiry_changed(scope: StepScope, data: Mapping[str, Any]) -> None:
    """Move the expiry date of the renewal and of the lines that shared the old one (domain.md §7 case 5)."""
    new, old = date.fromisoformat(data["expiry_date"]), scope.renewal.expiry_date
    if new == old:
        reason = Label(
            "与现有到期日相同，无需变更。", "it is the expiry date already; nothing has to change."
        )
        raise BadInput(what="expiry_date", value=data["expiry_date"], reason=reason)
    for line in scope.lines:
        if line.expiry_date == old:
            line.expiry_date = new
    scope.renewal.expiry_date, scope.renewal.next_node_on = new, list_day(new)
    stands_at = node_on(scope.today, new)
    scope.renewal.told_node = max(scope.renewal.told_node, stands_at)  # moved away: it is counted to anew
    if scope.renewal.quote_opens_date is not None:
        scope.renewal.quote_opens_date += new - old  # the window lies before the expiry
    scope.change_fact("expiry_date", old, new, source=scope.source, reason=data.get("reason"))
    quoting.refresh_forecast(scope, source=scope.source)


def _left(scope: StepScope, data: Mapping[str, Any]) -> None:
    """A leaver who is named must be the one who answers for this renewal: the message is about him."""
    given, row = data.get("agent_no"), scope.renewal
    held = [number for number in (row.agent_no, row.owner_no) if number]
    if given is None or given in map(plain_number, held):
        return
    now = "、".join(dict.fromkeys(held))
    raise _not_awaited(
        scope,
        MessageName.AGENT_LEFT,
        Label(
            f"与 {given} 无关，现由 {now or '渠道合作部'} 负责；请核对工号",
            f"it does not concern {given}: {now or 'the channel department'} answers for it; check the number",
        ),
    )


def _quote(scope: StepScope, data: Mapping[str, Any]) -> None:
    """Keep what the platform or another system quoted (G-S2), beside the forecast and never in its place."""
    told = data.get("premium", data.get("amount"))
    parts = {name: data.get(name) for name in ("ctp_premium", "commercial_premium", "vessel_tax")}
    amounts = {name: None if value is None else Decimal(value) for name, value in parts.items()}
    until = data.get("valid_until")
    given = quoting.GivenQuote(
        ctp=amounts["ctp_premium"],
        commercial=amounts["commercial_premium"],
        tax=amounts["vessel_tax"],
        total=None if told is None else Decimal(told),
        quote_no=data.get("quote_no"),
        valid_until=date.fromisoformat(until) if until else None,
        cause=data.get("difference_cause", quoting.UNSTATED),
    )
    _require_sense(scope, given)
    quoting.keep_actual(scope, given, source="message")


def _require_sense(scope: StepScope, given: quoting.GivenQuote) -> None:
    """Refuse a quote without an amount, with a total that is not its parts', over before it came, or another vehicle's."""
    if given.premium is None:
        raise BadInput(what="premium", value="", reason=_NO_AMOUNT)
    if given.total is not None and given.total != given.premium:
        raise BadInput(what="premium", value=str(given.total), reason=_NOT_THE_SUM)
    if given.valid_until is not None and given.valid_until < scope.today:
        raise BadInput(what="valid_until", value=given.valid_until.isoformat(), reason=_OVER)
    last = last_valid_day(scope.renewal.expiry_date, scope.today)
    if given.valid_until is not None and given.valid_until > last:
        raise BadInput(what="valid_until", value=given.valid_until.isoformat(), reason=_too_long(last))
    if given.premium <= 0:
        raise BadInput(what="premium", value=str(given.premium), reason=_NOTHING_TO_PAY)
    if given.quote_no and belongs_elsewhere(scope, given.quote_no):
        raise BadInput(what="quote_no", value=given.quote_no, reason=_ELSEWHERE)


def _too_long(last: date) -> Label:
    return Label(
        f"报价有效期最晚到 {last}（挽回期结束），请核对。",
        f"a quote is valid until {last} at the latest, when win-back ends; check it.",
    )


_NO_AMOUNT = Label(
    "须给出总保费 premium，或分项 ctp_premium、commercial_premium。",
    "give the premium, or its parts ctp_premium and commercial_premium.",
)
_NOT_THE_SUM = Label(
    "与分项之和不符；请核对，或只给一种。",
    "it is not the sum of its parts; check them, or give one or the other.",
)
_NOTHING_TO_PAY = Label("保费应大于 0，请核对。", "a premium is above 0; check it.")
_ELSEWHERE = Label(
    "该报价单号已用于另一辆车的实际报价，请核对报价单号与车架号。",
    "the number is that of another vehicle's actual quote; check number and VIN.",
)
_OVER = Label("报价已过有效期，请重新报价。", "the quote is no longer valid; quote again.")


def _nothing(scope: StepScope, data: Mapping[str, Any]) -> None:
    """The message carries no facts."""


_ABSORB: Mapping[MessageName, Callable[[StepScope, Mapping[str, Any]], None]] = {
    MessageName.POLICY_RENEWED: _nothing,
    MessageName.POLICY_LOST: _lost,
    MessageName.POLICY_EXCLUDED: _excluded,
    MessageName.EXPIRY_CHANGED: _expiry_changed,
    MessageName.AGENT_LEFT: _left,
    MessageName.LIST_WITHDRAWN: _nothing,
    MessageName.QUOTE_RECEIVED: _quote,
}
