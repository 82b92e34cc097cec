"""Show one personal value of one renewal in the clear: with a reason, written down before it is shown, not too often.

Source: threats.md §4 (reveal is one field of one record).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.withheld import Withheld, is_of_life, may_reveal
from engine.errors import BadInput, Conflict, EngineError, Forbidden, NotFound
from engine.label import Label, Thing, one_of
from engine.services.access import sees
from engine.store.accounts import lock_account
from engine.store.history import count_of_actor
from engine.store.renewals import Customer, Renewal, Vehicle
from engine.store.same_customer import withheld_of
from engine.store.session import Tx
from engine.store.tasks import delegated_to

SHORTEST_REASON = 4
LONGEST_REASON = 200
TOO_SHORT = Label(
    f"请写明查看原因，至少 {SHORTEST_REASON} 个字。", f"say why in at least {SHORTEST_REASON} characters."
)
MOST = 30
WITHIN = timedelta(hours=1)
REVEALED, REFUSED = "personal_revealed", "reveal_refused"


class PersonalField(StrEnum):
    """What may be revealed, one at a time."""

    NAME = "name"
    PHONE = "phone"
    ID_NO = "id_no"
    PLATE = "plate"

    @property
    def label(self) -> Label:
        """What it is called."""
        return _LABELS[self]


_LABELS = {
    PersonalField.NAME: Label("客户姓名", "customer name"),
    PersonalField.PHONE: Label("手机", "phone"),
    PersonalField.ID_NO: Label("证件号码", "ID number"),
    PersonalField.PLATE: Label("车牌号", "plate"),
}


class TooManyReveals(EngineError):
    """A person has looked at as many clear values as an hour allows."""

    code = "too_many_reveals"
    zh = "您一小时内已查看 {most} 次原文，本次未显示，并已记入历史。请稍后再试；确需更多请联系您的主管。"
    en = "You looked at {most} clear values within an hour; this one is not shown, and that is recorded. Try later."


class SharingWithdrawn(Conflict):
    """The customer withdrew that the life insurer is given the data: its people see no value in the clear."""

    code = "sharing_withdrawn"
    zh = "客户已撤回向寿险公司提供个人信息的同意，原文不再向寿险人员显示。请交由交叉销售专员联系客户。"
    en = "The customer withdrew that the life insurer gets the data: ask the cross-selling specialist to contact them."


class ErasureStands(Conflict):
    """The customer asked for deletion: what is still kept is kept for the law alone."""

    code = "erasure_stands"
    zh = "客户已于 {day} 要求删除个人信息，原文不再显示；依法留存的证据保留至 {until}。"
    en = "The customer asked for deletion on {day}: nothing is shown in the clear; the law has it kept until {until}."


def reveal(
    engine: Engine, renewal_id: int, field: str, *, reason: str, actor: Actor, address: str | None
) -> str:
    """Return one personal value; who, what, why and from where stand in the history before.

    Raises:
        NotFound: no such renewal in *actor*'s scope, or it has no such value.
        Forbidden: the actor's roles may not see clear values.
        BadInput: the field is unknown or the reason too short.
        TooManyReveals: the hour's measure is full; this attempt is recorded.
        ErasureStands: the customer asked for deletion.
        SharingWithdrawn: the actor is of the life insurer, which may no longer be given the data.
    """
    if field not in set(PersonalField):
        raise BadInput(what="field", value=field, reason=one_of(PersonalField))
    of = PersonalField(field)
    return str(getattr(disclose(engine, renewal_id, of, reason=reason, actor=actor, address=address), of))


Holder = Customer | Vehicle
"""The row that holds a personal value."""


def disclose(
    engine: Engine,
    renewal_id: int,
    field: PersonalField,
    *,
    reason: str,
    actor: Actor,
    address: str | None,
    check: Callable[[Withheld], None] | None = None,
    **more: Any,
) -> Holder:
    """Return the row that holds *field*, once the history says who looks at it and why; *more* is kept beside.

    *check* may refuse by raising, before anything is written, by what the customer stopped on whichever row. Raises
    what ``reveal`` does.
    """
    if not may_reveal(actor):
        raise Forbidden(act=Label("查看个人信息原文", "see personal data in the clear"))
    reason = " ".join(reason.split())[:LONGEST_REASON]
    if len(reason) < SHORTEST_REASON:
        raise BadInput(what=Thing.REASON, value=reason, reason=TOO_SHORT)
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        renewal = _find(tx, renewal_id, actor)
        row = _holder(tx, renewal, field)
        stopped = withheld_of(tx, _customer_of(tx, renewal))
        refuse_withheld(stopped, actor)
        if check is not None:
            check(stopped)
        allowed = not _is_full(tx, actor, now)
        tx.record(
            REVEALED if allowed else REFUSED,
            at=now,
            actor=actor.name,
            instance_id=renewal_id,
            subject=str(field),
            reason=reason,
            field=str(field),
            address=address,
            **more,
        )
    if not allowed:
        raise TooManyReveals(most=MOST)
    return row


def _find(tx: Tx, renewal_id: int, actor: Actor) -> Renewal:
    renewal = tx.get(Renewal, renewal_id)
    if renewal is None or not (sees(actor, renewal) or delegated_to(tx, renewal_id, actor.numbers)):
        raise NotFound(what=Thing.RENEWAL, key=renewal_id)
    return renewal


def _holder(tx: Tx, renewal: Renewal, field: PersonalField) -> Holder:
    """The row whose value is asked for; it is not opened yet."""
    of_car = field is PersonalField.PLATE
    row: Holder | None = tx.get(Vehicle, renewal.vehicle_id) if of_car else _customer_of(tx, renewal)
    if row is None or getattr(row, f"{field}_sealed") is None:
        raise NotFound(what=field.label, key=renewal.id)
    return row


def _customer_of(tx: Tx, renewal: Renewal) -> Customer | None:
    """Whom the renewal is about; a plate is that customer's too."""
    return tx.get(Customer, renewal.customer_id) if renewal.customer_id is not None else None


def refuse_withheld(stopped: Withheld, actor: Actor) -> None:
    """Refuse what the customer no longer lets *actor* see.

    Raises:
        ErasureStands: the customer asked for deletion. SharingWithdrawn: the actor is of the life insurer, which may
            no longer be given the data.
    """
    if stopped.erasure_asked_on is not None:
        raise ErasureStands(day=stopped.erasure_asked_on, until=stopped.kept_until)
    if stopped.no_sharing and is_of_life(actor):
        raise SharingWithdrawn


def _is_full(tx: Tx, actor: Actor, now: datetime) -> bool:
    """Whether the actor has had the hour's measure; one at a time, so that two at once cannot exceed it."""
    lock_account(tx, actor.name)
    return count_of_actor(tx, actor.name, REVEALED, since=now - WITHIN) >= MOST
