"""Outside effects: queued in the step's transaction, delivered afterwards, once per key.

A message is marked ``sending`` and committed before its driver is called. One process at a time delivers (a lock
that ends with the process), so whatever is ``sending`` when the lock is taken was left by a crash: a driver
that honours keys is asked or called again with the same key, any other leaves the message ``unknown``.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from engine.bootstrap import Engine
from engine.clock import Clock, business_date
from engine.domain.actor import Actor
from engine.domain.backoff import wait_before
from engine.domain.codes import OutboxStatus, Role, WithheldFor
from engine.domain.masking import mask_text
from engine.domain.nodes import told_text
from engine.domain.notice_hours import GATHERED, notice_moments
from engine.drivers.port import FateUnknown, Letter, NotSent, Refused
from engine.errors import BadInput, Forbidden
from engine.label import Label, Thing
from engine.store.notices import Notice, Slot
from engine.store.outbox import Due, OutboxMessage, has_to_send, lock_due, lock_message, lock_sending
from engine.store.people import former_staff, roles_of_staff
from engine.store.session import Hold, Tx

BATCH = 200
MAX_ATTEMPTS = 12  # about six hours of waiting in all
GIVE_UP_CHANNEL = 3  # failures in a row after which a channel is left alone until the next round
LOCK = "outbox"
SLOTS = 7  # days ahead for which a message to an agent may be opened
KEPT = timedelta(days=7)  # an older reminder tells nobody anything
OF_THE_DAY = "agent_new_list"
"""Template of the one message of a person and day; called after new lists, which were all it told of at first."""
_TEXT = "【车险续保】您有{told}，请登录查看。"
_STRANDED = frozenset({OutboxStatus.FAILED, OutboxStatus.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one attempt: a status, or None when the driver was not called."""

    status: OutboxStatus | None
    provider_id: str | None = None
    fault: str | None = None


UNTOUCHED = Fate(None)


@dataclass(frozen=True, slots=True)
class Leased:
    """A message that this process has marked as ``sending``; *policy* is its business key."""

    message_id: int
    policy: str | None
    letter: Letter


def queue(
    tx: Tx,
    *,
    key: str,
    business_key: str | None,
    instance_id: int | None,
    channel: str,
    template: str,
    recipient: str,
    text: str,
    now: datetime,
    audience: str = "staff",
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Queue one message; the same *key* is never queued twice, and after *expires_at* it is not sent."""
    tx.send(
        OutboxMessage(
            key=key,
            business_key=business_key,
            instance_id=instance_id,
            channel=channel,
            template=template,
            recipient=recipient,
            audience=audience,
            text=text,
            status=str(OutboxStatus.QUEUED),
            queued_at=now,
            not_before=not_before or now,
            expires_at=expires_at,
        )
    )


def tell_agent(tx: Tx, *, agent_no: str, instance_id: int, node: int, now: datetime, clock: Clock) -> None:
    """Have an agent told, in the one work message of the day, that one more renewal is at *node* (domain.md §4.9).

    So are supervisors, trainers and specialists whom a reminder is meant for. What it counts is decided when it
    leaves: renewals that are open and still the receiver's; of nodes, customers that may be contacted.
    On a virtual clock no time passes while a list is stored, so there is nothing to wait for.
    """
    gathered = timedelta(0) if clock.is_virtual else GATHERED
    moments = islice(notice_moments(now, clock.zone, gathered=gathered), SLOTS)
    slots = tuple(
        Slot(f"{OF_THE_DAY}:{agent_no}:{moment.date()}", moment, moment + KEPT) for moment in moments
    )
    tx.tell(Notice(agent_no, instance_id, node, "sms", OF_THE_DAY, _TEXT, now, slots))


def send_queued(engine: Engine, *, now: datetime) -> int:
    """Deliver everything that is due, in batches; returns how many messages left.

    Returns 0 at once when there is nothing to do, or when another process is at it for too long.
    """
    with engine.store.reading() as session:
        if not has_to_send(session, now):
            return 0
    with engine.store.alone(LOCK, patience=30) as hold:
        if hold is None:
            return 0
        sent = _settle_orphans(engine, now)
        down: set[str] = set()
        while leased := _lease(engine, now, without=down):
            fates = _carry(engine, leased, hold, down)
            _mark(engine, fates, now)
            sent += sum(fate.status == OutboxStatus.SENT for fate in fates.values())
            if not hold.is_held():
                break
    return sent


def _settle_orphans(engine: Engine, now: datetime) -> int:
    """Decide about messages whose sender crashed between the call and the mark; returns how many had left."""
    with engine.store.transaction() as tx:
        found, today = 0, business_date(now, engine.clock.zone)
        for message in lock_sending(tx):
            driver = engine.drivers[message.channel]
            receipt = driver.find(message.key)
            if receipt is not None:
                found += 1
                _apply(tx, message, Fate(OutboxStatus.SENT, receipt), now, _addressee(tx, message, today))
            elif driver.honours_keys:
                message.status, message.sending_by = str(OutboxStatus.QUEUED), None
            else:
                reason = f"sender {message.sending_by} ended during attempt {message.attempts}"
                fate = Fate(OutboxStatus.UNKNOWN, fault=reason)
                _apply(tx, message, fate, now, _addressee(tx, message, today))
        return found


def _lease(engine: Engine, now: datetime, *, without: Collection[str]) -> list[Leased]:
    """Mark the next messages as ``sending``; those that must not leave any more are withheld instead."""
    me = f"{socket.gethostname()[:40]}:{os.getpid()}"
    leased: list[Leased] = []
    with engine.store.transaction() as tx:
        while not leased and (due := lock_due(tx, now, limit=BATCH, without=without)):
            staff = {one.message.recipient for one in due if one.message.audience == "staff"}
            today = business_date(now, engine.clock.zone)
            gone = former_staff(tx, staff, today)
            for one in due:
                message, reason = one.message, _reason_to_withhold(one, gone, now)
                if reason is not None:
                    _withhold(tx, message, reason, actor="system", now=now, to=_addressee(tx, message, today))
                    continue
                message.status, message.sending_by = str(OutboxStatus.SENDING), me
                message.attempts += 1
                if one.theirs is not None:  # no retry changes it: what has been tried may have arrived
                    message.text = _counted(message.text, one)
                leased.append(_leased(message, now))
            tx.write()
    return leased


def _counted(text: str, due: Due) -> str:
    """The text with its numbers; ``{n}`` stands in those that were queued before the nodes were told of."""
    return text.replace("{n}", str(due.theirs)).replace("{told}", told_text(due.told) if due.told else "")


def _reason_to_withhold(due: Due, gone: Collection[str], now: datetime) -> WithheldFor | None:
    message = due.message
    if message.recipient in gone and message.audience == "staff":
        return WithheldFor.RECIPIENT_LEFT
    if due.has_ended:
        return WithheldFor.RENEWAL_CLOSED
    if due.theirs == 0:
        return WithheldFor.HANDED_OVER
    if due.theirs and not due.told:
        return WithheldFor.OPTED_OUT
    if due.is_opted_out and message.audience == "customer":
        return WithheldFor.OPTED_OUT
    if message.expires_at is not None and message.expires_at <= now:
        return WithheldFor.EXPIRED
    return None


def _leased(message: OutboxMessage, now: datetime) -> Leased:
    letter = Letter(
        key=message.key,
        channel=message.channel,
        to=message.recipient,
        text=message.text,
        at=now,
        again=message.attempts > 1,
    )
    return Leased(message.id, message.business_key, letter)


def _carry(engine: Engine, leased: Sequence[Leased], hold: Hold, down: set[str]) -> dict[int, Fate]:
    """Call the drivers, in order; a policy's later messages wait when an earlier one did not leave."""
    fates: dict[int, Fate] = {}
    failures: dict[str, int] = {}
    stuck: set[str] = set()
    for one in leased:
        channel = one.letter.channel
        if channel in down or one.policy in stuck or not hold.is_held():
            fates[one.message_id] = UNTOUCHED
            continue
        fate = fates[one.message_id] = _send(engine, one.letter)
        failures[channel] = failures.get(channel, 0) + 1 if fate.status == OutboxStatus.QUEUED else 0
        if failures[channel] >= GIVE_UP_CHANNEL:
            down.add(channel)
        if fate.status == OutboxStatus.QUEUED and one.policy is not None:
            stuck.add(one.policy)
    for channel in {one.letter.channel for one in leased}:
        engine.drivers[channel].settle()
    return fates


def _send(engine: Engine, letter: Letter) -> Fate:
    driver = engine.drivers[letter.channel]
    try:
        return Fate(OutboxStatus.SENT, driver.send(letter))
    except NotSent as error:
        return Fate(OutboxStatus.QUEUED, fault=str(error))
    except Refused as error:
        return Fate(OutboxStatus.FAILED, fault=str(error))
    except FateUnknown as error:
        return Fate(OutboxStatus.UNKNOWN, fault=str(error))
    except Exception as error:  # noqa: BLE001 - a driver's defect must not stop the others; it is kept
        status = OutboxStatus.QUEUED if driver.honours_keys else OutboxStatus.UNKNOWN
        return Fate(status, fault=f"{type(error).__name__}: {error}")


def _mark(engine: Engine, fates: dict[int, Fate], now: datetime) -> None:
    with engine.store.transaction() as tx:
        messages = lock_sending(tx, fates)
        roles = roles_of_staff(tx, _staff(messages), business_date(now, engine.clock.zone))
        for message in messages:
            _apply(tx, message, fates[message.id], now, _told(message, roles))


def _staff(messages: Iterable[OutboxMessage]) -> set[str]:
    return {message.recipient for message in messages if message.audience == "staff"}


def _told(message: OutboxMessage, roles: Mapping[str, str]) -> dict[str, Any]:
    """What the history says of a message: what it is about, and which colleague gets it, in which role.

    Nothing of a customer, and nothing of an address that is no colleague's number.
    """
    about: dict[str, Any] = {
        "channel": message.channel,
        "template": message.template,
        "audience": message.audience,
    }
    role = roles.get(message.recipient) if message.audience == "staff" else None
    return {**about, "recipient": message.recipient, "role": role} if role else about


def _addressee(tx: Tx, message: OutboxMessage, today: date) -> dict[str, Any]:
    return _told(message, roles_of_staff(tx, _staff([message]), today))


def _apply(tx: Tx, message: OutboxMessage, fate: Fate, now: datetime, told: Mapping[str, Any]) -> None:
    """Write down what became of an attempt; failures wait longer each time and end as ``failed``.

    That a message is in hand (``sending_by``) or was given back untried is the queue's own business.
    """
    message.sending_by = None
    if fate.status is None:
        message.status, message.attempts = str(OutboxStatus.QUEUED), message.attempts - 1
        return
    status = fate.status
    if status == OutboxStatus.QUEUED and message.attempts >= MAX_ATTEMPTS:
        status = OutboxStatus.FAILED
    message.status = str(status)
    message.fault = _fault(message, fate)
    if status == OutboxStatus.QUEUED:
        message.not_before = now + wait_before(message.attempts, message.key)
    if status == OutboxStatus.SENT:
        message.sent_at, message.provider_id = now, fate.provider_id
    tx.record(
        "message_attempt_failed" if status == OutboxStatus.QUEUED else f"message_{status}",
        at=now,
        actor="system",
        instance_id=message.instance_id,
        subject=message.key,
        reason=message.fault[:500] if message.fault else None,
        attempts=message.attempts,
        **told,
    )


def _fault(message: OutboxMessage, fate: Fate) -> str | None:
    """What a driver says of a failure, without the recipient it may repeat."""
    if not fate.fault:
        return None
    return mask_text(fate.fault.replace(message.recipient, message.recipient_masked))[:2000]


def _withhold(
    tx: Tx,
    message: OutboxMessage,
    code: WithheldFor,
    *,
    actor: str,
    now: datetime,
    to: Mapping[str, Any],
    reason: str | None = None,
) -> None:
    message.status, message.withheld_for = str(OutboxStatus.WITHHELD), str(code)
    tx.record(
        "message_withheld",
        at=now,
        actor=actor,
        instance_id=message.instance_id,
        subject=message.key,
        reason=reason,
        code=str(code),
        **to,
    )


def resend_message(engine: Engine, message_id: int, *, actor: Actor, reason: str) -> None:
    """Queue a message again, with its key, whose fate is unknown or whose tries are used up.

    Raises:
        NotFound: no such message. Forbidden: only administrators do this. BadInput: it is not in such a state.
    """
    with engine.store.transaction() as tx:
        message = _lock_for_operator(tx, message_id, actor, reason)
        now = engine.clock.now()
        before = message.status
        message.status, message.attempts, message.not_before = str(OutboxStatus.QUEUED), 0, now
        tx.record(
            "message_resent",
            at=now,
            actor=actor.name,
            instance_id=message.instance_id,
            subject=message.key,
            reason=reason,
            before=before,
            **_addressee(tx, message, business_date(now, engine.clock.zone)),
        )


def dismiss_message(engine: Engine, message_id: int, *, actor: Actor, reason: str) -> None:
    """Give a message up whose fate is unknown or whose tries are used up.

    Raises:
        NotFound: no such message. Forbidden: only administrators do this. BadInput: it is not in such a state.
    """
    with engine.store.transaction() as tx:
        message = _lock_for_operator(tx, message_id, actor, reason)
        now = engine.clock.now()
        to = _addressee(tx, message, business_date(now, engine.clock.zone))
        _withhold(tx, message, WithheldFor.DISMISSED, actor=actor.name, now=now, to=to, reason=reason)


def _lock_for_operator(tx: Tx, message_id: int, actor: Actor, reason: str) -> OutboxMessage:
    if not actor.is_operator and Role.ADMIN not in actor.roles:
        raise Forbidden(act=Label("处理外发通知", "deal with outgoing messages"))
    if not reason.strip():
        raise BadInput(what=Thing.REASON, value=reason, reason=Label("请填写处理原因。", "say why."))
    message = lock_message(tx, message_id)
    if message.status not in _STRANDED:
        raise BadInput(
            what=Thing.MESSAGE,
            value=message_id,
            reason=Label(
                "只有发送失败或结果不明的消息可以处理。",
                "only a message that failed or whose fate is unknown can be dealt with.",
            ),
        )
    return message
