"""Deliver the seven messages to the one renewal they speak of (architecture.md §6.2).

Correlation is ours, by business key in SQL (spiffworkflow.md §2.6); the data go to tables as facts,
the process only learns that the message happened.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import LABELS, MessageName, RenewalState
from engine.errors import BadInput, EngineError, MessageNotAwaited, StepFailed
from engine.services import incidents
from engine.services.context import StepScope
from engine.services.hosting import RenewalHost
from engine.services.instances import load_scope
from engine.services.steps import Cause, apply_step
from engine.services.timers import fire_instance
from engine.spiff import runner
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
            engine, instance_id, trigger=f"message:{name}", error=error, actor=actor, now=now, submitted=data
        )
        reason = error.say("zh") if isinstance(error, EngineError) else type(error).__name__
        raise StepFailed(element=name, incident=incident, reason=reason) from error


def deliver_in(
    tx: Tx, scope: StepScope, name: str, data: Mapping[str, Any], *, message_id: str | None = None
) -> None:
    """Deliver inside the caller's transaction; the instance is locked already.

    Raises:
        BadInput, MessageNotAwaited: as :func:`deliver_message`.
    """
    label = LABELS[MessageName(name)].zh
    if scope.renewal.ended_at is not None:
        state = LABELS[RenewalState(scope.renewal.state)].zh
        raise MessageNotAwaited(name=label, key=scope.renewal.business_key, reason=f"该续保已结束：{state}")
    scope.message = dict(data)
    told = _told(scope, data)
    _ABSORB[MessageName(name)](scope, {**data, **told})
    tx.add(
        InboundMessage(
            id=message_id or uuid.uuid4().hex,
            name=name,
            business_key=scope.renewal.business_key,
            instance_id=scope.renewal.id,
            data=dict(data),
            received_at=scope.now,
            received_by=scope.actor.name,
        )
    )
    scope.record("message_received", subject=name, name=name, data=told)
    tx.flush()
    host = RenewalHost(scope)
    try:
        step = runner.deliver(
            scope.deployed.process,
            scope.instance.definition_key,
            scope.state,
            host,
            message=name,
            now=scope.now,
        )
    except MessageNotAwaited:
        raise MessageNotAwaited(
            name=label, key=scope.renewal.business_key, reason="当前环节（如审批或核实中）不接收该消息"
        ) from None
    apply_step(scope, host, step, Cause.MESSAGE)


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
        raise BadInput(what="消息", value=name, reason=f"请使用 {', '.join(MessageName)} 之一。")


def _renewed(scope: StepScope, data: Mapping[str, Any]) -> None:
    outcome = data.get("outcome")
    if outcome is not None and outcome not in (RenewalState.RENEWED, RenewalState.WON_BACK):
        raise BadInput(what="outcome", value=outcome, reason="只能是 renewed 或 won_back。")


def _lost(scope: StepScope, data: Mapping[str, Any]) -> None:
    reason = data.get("reason")
    if reason:
        scope.change_fact("loss_reason", scope.renewal.loss_reason, str(reason), source="message")
        scope.renewal.loss_reason = str(reason)[:64]
        scope.renewal.loss_source = str(data.get("source") or "message")[:64]


def _excluded(scope: StepScope, data: Mapping[str, Any]) -> None:
    code = data.get("code") or data.get("reason")
    if code:
        scope.change_fact("exclusion_code", scope.renewal.exclusion_code, str(code), source="message")
        scope.renewal.exclusion_code = str(code)[:64]
    if data.get("evidence"):
        scope.renewal.exclusion_evidence = str(data["evidence"])[:2000]


def _expiry_changed(scope: StepScope, data: Mapping[str, Any]) -> None:
    """Move the expiry date of the renewal and of the lines that shared the old one (domain.md §7 case 5)."""
    text = str(data.get("expiry_date") or "")
    try:
        new = date.fromisoformat(text)
    except ValueError:
        raise BadInput(
            what="expiry_date", value=text, reason="请给出 YYYY-MM-DD 格式的最后承保日。"
        ) from None
    if not date(2000, 1, 1) <= new <= date(2100, 12, 31):
        raise BadInput(what="expiry_date", value=text, reason="到期日应在 2000 至 2100 年之间，请核对。")
    old = scope.renewal.expiry_date
    if new == old:
        raise BadInput(what="expiry_date", value=text, reason="与现有到期日相同，无需变更。")
    for line in scope.lines:
        if line.expiry_date == old:
            line.expiry_date = new
    scope.renewal.expiry_date = new
    scope.change_fact("expiry_date", old, new, source="message", reason=str(data.get("reason") or "") or None)


def _quote(scope: StepScope, data: Mapping[str, Any]) -> None:
    amount = data.get("premium", data.get("amount"))
    if amount is None:
        return
    try:
        value = Decimal(str(amount))
    except InvalidOperation:
        raise BadInput(what="premium", value=amount, reason="请给出以元为单位的数字。") from None
    if not value.is_finite() or not 0 <= value < 10_000_000:
        raise BadInput(what="premium", value=amount, reason="请给出 0 到一千万之间的金额（元）。")
    scope.change_fact("actual_quote", None, value, source="message")


def _nothing(scope: StepScope, data: Mapping[str, Any]) -> None:
    """The message carries no facts."""


_ABSORB: Mapping[MessageName, Callable[[StepScope, Mapping[str, Any]], None]] = {
    MessageName.POLICY_RENEWED: _renewed,
    MessageName.POLICY_LOST: _lost,
    MessageName.POLICY_EXCLUDED: _excluded,
    MessageName.EXPIRY_CHANGED: _expiry_changed,
    MessageName.AGENT_LEFT: _nothing,
    MessageName.LIST_WITHDRAWN: _nothing,
    MessageName.QUOTE_RECEIVED: _quote,
}
