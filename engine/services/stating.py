"""Write down what a customer agrees to or withdraws, and stop or allow at once what follows from it.

Source: domain.md §4.7, §5; PIPL Art. 13–16, 23, 47. What a withdrawn sharing moves to other people is done by whoever
states it (engine.services.sharing).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine.domain.actor import Actor
from engine.domain.commitment import make_salt
from engine.domain.consents import CONTACT_KINDS, WORDING, ConsentKind, ConsentMethod, Statement, holding
from engine.domain.masking import mask_text
from engine.errors import Conflict
from engine.services.context import StepScope
from engine.store.consents import CONSENTED, WITHDRAWN, Consent, commitment_to, consents_of
from engine.store.renewals import STOPS, Customer
from engine.store.same_customer import same_customers
from engine.store.session import Tx
from engine.store.sharing import open_renewals_of_all


class ConsentAfterErasure(Conflict):
    """The customer asked for deletion: no consent is taken any more."""

    code = "consent_after_erasure"
    zh = "客户已于 {day} 要求删除个人信息，不能再登记同意。客户改变主意的，请作为新客户重新登记。"
    en = "The customer asked for deletion on {day}: no consent is taken. Who thinks again is registered as a new customer."


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentSaid:
    """What the customer said, of which kinds and how; ``evidence`` names where the proof lies."""

    kinds: Collection[ConsentKind]
    is_given: bool
    method: ConsentMethod
    said_on: date
    valid_until: date | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """How many kinds were recorded: taking effect, and kept only as past because a newer answer stands.

    ``moved`` is how many open renewals went to other people by that.
    """

    in_effect: int = 0
    outdated: int = 0
    moved: int = 0


def withdraw_contact(scope: StepScope) -> None:
    """The customer wants no more contact (outcome 62): calls, visits and messages end."""
    if scope.customer is not None:
        said = ConsentSaid(
            kinds=CONTACT_KINDS, is_given=False, method=ConsentMethod.CONTACT, said_on=scope.today
        )
        state(
            scope.tx,
            scope.customer,
            said,
            renewal_id=scope.renewal.id,
            actor=scope.actor,
            now=scope.now,
            today=scope.today,
            source="contact",
        )


def withdraw_all(
    tx: Tx, customer: Customer, *, renewal_id: int, actor: Actor, now: datetime, on: date
) -> None:
    """The customer asked for deletion (PIPL Art. 47): every consent ends with it."""
    said = ConsentSaid(kinds=tuple(ConsentKind), is_given=False, method=ConsentMethod.ERASURE, said_on=on)
    state(tx, customer, said, renewal_id=renewal_id, actor=actor, now=now, today=on, source="erasure")


def state(
    tx: Tx,
    customer: Customer,
    said: ConsentSaid,
    *,
    renewal_id: int,
    actor: Actor,
    now: datetime,
    today: date,
    source: str,
    task_id: int | None = None,
) -> Stated:
    """Add the statement to *customer* and let it take effect on every row that is the same customer.

    What stands withdrawn already is not withdrawn again. A statement older than the one that counts on *today* is kept,
    but changes nothing. Returns how many kinds were stated.

    Raises:
        ConsentAfterErasure: consent is given, but the customer asked for deletion.
    """
    fellows = same_customers(tx, customer)
    if said.is_given and (day := next((r.erasure_asked_on for r in fellows if r.erasure_asked_on), None)):
        raise ConsentAfterErasure(day=day)
    known = [one.statement for one in consents_of(tx, [row.id for row in fellows])]
    in_effect = outdated = 0
    for kind in said.kinds:
        last = holding(known, kind, today)
        newer = last.said_on if last is not None and last.said_on > said.said_on else None
        if _is_repeated(said, last, is_stopped=all(getattr(row, STOPS[kind]) for row in fellows)):
            continue
        row = _add(tx, customer, kind, said, renewal_id=renewal_id, actor=actor, now=now, task_id=task_id)
        _record(tx, row, source=source, overtaken_by=newer)
        if newer is not None:
            outdated += 1
            continue
        take_effect(
            tx,
            kind,
            fellows,
            stops=not said.is_given,
            renewal_id=renewal_id,
            actor=actor,
            now=now,
            source=source,
        )
        in_effect += 1
    return Stated(in_effect=in_effect, outdated=outdated)


def _is_repeated(said: ConsentSaid, last: Statement | None, *, is_stopped: bool) -> bool:
    """Whether the kind stands withdrawn since that day or later, so that nothing new is said."""
    if said.is_given or not is_stopped or last is None or last.is_given:
        return False
    return last.said_on >= said.said_on


def _add(
    tx: Tx,
    customer: Customer,
    kind: ConsentKind,
    said: ConsentSaid,
    *,
    renewal_id: int,
    actor: Actor,
    now: datetime,
    task_id: int | None,
) -> Consent:
    """Add one statement; it has its number then, which the history names."""
    row = Consent(
        customer_id=customer.id,
        instance_id=renewal_id,
        task_id=task_id,
        kind=str(kind),
        is_given=said.is_given,
        said_on=said.said_on,
        valid_until=said.valid_until,
        method=str(said.method),
        wording=WORDING,
        evidence=mask_text(said.evidence) if said.evidence else None,
        salt=make_salt(),
        recorded_by=actor.name,
        recorded_at=now,
    )
    tx.add(row)
    tx.flush()
    return row


def _record(tx: Tx, row: Consent, *, source: str, overtaken_by: date | None) -> None:
    tx.record(
        CONSENTED if row.is_given else WITHDRAWN,
        at=row.recorded_at,
        actor=row.recorded_by,
        instance_id=row.instance_id,
        task_id=row.task_id,
        kind=row.kind,
        method=row.method,
        said_on=row.said_on,
        valid_until=row.valid_until,
        wording=row.wording,
        source=source,
        consent_id=row.id,
        consent_hash=commitment_to(row),
        overtaken_by=overtaken_by,
    )


def take_effect(
    tx: Tx,
    kind: ConsentKind,
    fellows: Collection[Customer],
    *,
    stops: bool,
    renewal_id: int,
    actor: Actor,
    now: datetime,
    source: str,
) -> None:
    """Stop what the withdrawal forbids, or let it go on: a fact of its own on every open renewal of the customer."""
    flag = STOPS[kind]
    changed = [row for row in fellows if getattr(row, flag) != stops]
    for row in changed:
        setattr(row, flag, stops)
    if (
        not changed or kind is ConsentKind.SHARE_TO_LIFE
    ):  # what follows from that is recorded where it happens
        return
    change: dict[str, Any] = {"field": flag, "from": not stops, "to": stops, "source": source}
    told = {renewal_id, *open_renewals_of_all(tx, [row.id for row in fellows])}
    for number in sorted(told):
        tx.record("fact_changed", at=now, actor=actor.name, instance_id=number, **change)
