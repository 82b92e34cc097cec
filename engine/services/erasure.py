"""A customer's request to have personal data deleted (PIPL Art. 47; domain.md §5, §7 case 44, exclusion code X14).

Every consent ends and marketing stops at once, values are no longer shown in the clear, and open renewals go to the
approval of an exclusion: of every row that is the same customer. What the law has kept stays: an insurer's records for
five years from the end of a contract of up to a year (保险法 Art. 87).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from engine.bootstrap import Engine
from engine.clock import business_date
from engine.domain.actor import Actor
from engine.domain.codes import MessageName
from engine.domain.masking import mask_text
from engine.errors import BadInput, Conflict, Forbidden, MessageNotAwaited, NotFound
from engine.label import Label, Thing
from engine.services.access import sees
from engine.services.instances import load_scope
from engine.services.messages import deliver_in
from engine.services.sharing_kept import follow_word
from engine.services.stating import withdraw_all
from engine.store.renewals import Customer, Renewal, last_covered_date
from engine.store.same_customer import same_customers, withheld
from engine.store.session import Tx
from engine.store.sharing import open_renewals_of_all

KEPT_YEARS = 5
X14 = "X14"
CONSOLE = "console"
"""Where the fact comes from: somebody entered the request here; the entry says who."""
REQUESTED, REPEATED = "erasure_requested", "erasure_repeated"
SHORTEST, LONGEST = 4, 200
_TOO_SHORT = Label(
    f"请写明客户如何提出、何人受理，至少 {SHORTEST} 个字。",
    f"say how the customer asked and who took it, in at least {SHORTEST} characters.",
)


class ErasureAsked(Conflict):
    """The customer asked for deletion before; the request stands, and nothing is left to send to approval."""

    code = "erasure_asked"
    zh = "该客户已于 {day} 提出删除个人信息，在办续保均已送剔除审批或已结束，不需要再登记。"
    en = "This customer asked for deletion on {day}; no open renewal is left to send to approval: nothing is needed."


@dataclass(frozen=True, slots=True)
class Erasure:
    """What a request set off; ``kept_until`` is the last day on which the law has the evidence kept."""

    kept_until: date
    excluded: int


def request_erasure(engine: Engine, renewal_id: int, *, reason: str, actor: Actor) -> Erasure:
    """Register that the customer of a renewal asked for deletion; one transaction for all of the customer's renewals.

    Asked again with new evidence, the renewals whose exclusion was refused go to approval once more: an approver may
    refuse what is not proven (domain.md §2.4), while contact stays stopped.

    Raises:
        NotFound: no such renewal in the actor's scope, or it has no customer. Forbidden: no working role.
        BadInput: the reason is too short. ErasureAsked: it was registered before, and no exclusion
            was refused since.
    """
    if not actor.working_roles:
        raise Forbidden(act=Label("登记删除个人信息的请求", "register a request for deletion"))
    told = " ".join(reason.split())[:LONGEST]
    now = engine.clock.now()
    today = business_date(now, engine.clock.zone)
    with engine.store.transaction() as tx:
        customer = _customer(tx, renewal_id, actor)  # first: a foreign id is “not found”, whatever was typed
        if len(told) < SHORTEST:
            raise BadInput(what=Thing.REASON, value=told, reason=_TOO_SHORT)
        rows = same_customers(tx, customer)
        asked = withheld(rows).erasure_asked_on
        if all(row.erasure_asked_on for row in rows):
            return _again(tx, engine, rows, renewal_id, told, actor=actor)
        until = kept_until(last_covered_date(tx, [row.id for row in rows]) or today)
        for row in rows:
            row.erasure_asked_on, row.kept_until = asked or today, until
        tx.record(
            REQUESTED,
            at=now,
            actor=actor.name,
            instance_id=renewal_id,
            reason=told,
            kept_until=until.isoformat(),
        )
        withdraw_all(tx, customer, renewal_id=renewal_id, actor=actor, now=now, on=today)
        follow_word(tx, engine, customer, actor=actor, now=now)
        excluded = _exclude_all(tx, engine, rows, told, actor=actor)
        return Erasure(until, excluded)


def _again(
    tx: Tx, engine: Engine, rows: Sequence[Customer], renewal_id: int, told: str, *, actor: Actor
) -> Erasure:
    """Send what was refused to approval again; the day of the first request stands."""
    stopped = withheld(rows)
    excluded = _exclude_all(tx, engine, rows, told, actor=actor)
    if not excluded or stopped.kept_until is None:
        raise ErasureAsked(day=stopped.erasure_asked_on)
    tx.record(
        REPEATED,
        at=engine.clock.now(),
        actor=actor.name,
        instance_id=renewal_id,
        reason=told,
        excluded=excluded,
    )
    return Erasure(stopped.kept_until, excluded)


def _exclude_all(tx: Tx, engine: Engine, rows: Sequence[Customer], told: str, *, actor: Actor) -> int:
    evidence = mask_text(f"客户要求删除个人信息：{told}")
    renewals = open_renewals_of_all(tx, [row.id for row in rows])
    return sum(_exclude(tx, engine, one, evidence, actor=actor) for one in renewals)


def kept_until(last_covered: date) -> date:
    """Return the last day of keeping: five years after *last_covered*."""
    return years_after(last_covered, KEPT_YEARS)


def years_after(day: date, years: int) -> date:
    """Return *day* so many years later (or earlier); 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _customer(tx: Tx, renewal_id: int, actor: Actor) -> Customer:
    renewal = tx.get(Renewal, renewal_id)
    if renewal is None or not sees(actor, renewal):
        raise NotFound(what=Thing.RENEWAL, key=renewal_id)
    if renewal.customer_id is None:
        raise NotFound(what=Label("客户", "customer"), key=renewal_id)
    return tx.get_one(Customer, renewal.customer_id)


def _exclude(tx: Tx, engine: Engine, renewal_id: int, evidence: str, *, actor: Actor) -> int:
    """Send one renewal to the approval of its exclusion; one that is being approved or lost already is left."""
    scope = load_scope(tx, engine, renewal_id, actor=actor, now=engine.clock.now())
    data = {"code": X14, "evidence": evidence}
    try:
        with tx.attempt():
            deliver_in(tx, scope, MessageName.POLICY_EXCLUDED, data, source=CONSOLE)
    except MessageNotAwaited:
        return 0
    return 1
