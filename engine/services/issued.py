"""Newly issued policies: match each to the renewal it fulfils and end that as renewed (domain.md §2.2, §7).

A policy that is taken back takes its renewal's outcome with it (§7 case 12).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from engine.bootstrap import Engine
from engine.clock import business_date
from engine.domain.actor import Actor
from engine.domain.codes import MessageName, RenewalState
from engine.domain.double_cover import first_covered_date
from engine.domain.lists import PolicyRow
from engine.domain.outcome import RenewalVerdict, is_renewal_of, is_taken_back
from engine.errors import MessageNotAwaited
from engine.services import reversal
from engine.services.context import StepScope
from engine.services.instances import load_scope
from engine.services.issued_book import Decision, IssuedBook, expiring_of, new_policy_of
from engine.services.issued_texts import taken_back, unmatched
from engine.services.messages import deliver_in
from engine.services.row_results import RowResult, one_a_row
from engine.store.imports import ImportBatch
from engine.store.renewals import PolicyLine, Renewal, Vehicle, lines_of, unclaimed_lines
from engine.store.session import Tx

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class _Change:
    """What the list makes of one renewal: an outcome reached, or one taken back."""

    reached: RenewalState | None = None
    is_reversed: bool = False


NOTHING = _Change()


def match_issued(
    tx: Tx, engine: Engine, batch: ImportBatch, rows: Sequence[PolicyRow], *, actor: Actor, now: datetime
) -> list[RowResult]:
    """Store new policies and tell the renewals they fulfil; a policy known already is unchanged."""
    book = IssuedBook(tx, rows)
    decisions = book.decide_all(rows)
    for decision in decisions:
        _write(tx, batch, book, decision)
    tx.flush()
    today = business_date(now, engine.clock.zone)
    changes = {}
    for renewal_id in _touched(decisions):
        scope = load_scope(tx, engine, renewal_id, actor=actor, now=now)
        changes[renewal_id] = _tell(tx, scope, book, batch, today)
    return one_a_row(_with_changes(decisions, changes))


def claim_known(
    tx: Tx, engine: Engine, batch: ImportBatch, renewal_ids: Sequence[int], *, actor: Actor, now: datetime
) -> None:
    """Let policies that were imported before the list end the renewals it has just started (domain.md §7 case 11)."""
    today = business_date(now, engine.clock.zone)
    for renewal_id, lines in unclaimed_lines(tx, renewal_ids).items():
        expiring = [expiring_of(line) for line in lines_of(tx, renewal_id)]
        fulfilling = [
            line for line in lines if any(is_renewal_of(old, new_policy_of(line)) for old in expiring)
        ]
        for line in fulfilling:
            line.renews_id = renewal_id
        if fulfilling:
            tx.flush()
            scope = load_scope(tx, engine, renewal_id, actor=actor, now=now)
            _tell(tx, scope, IssuedBook(tx, ()), batch, today)


def predict_issued(
    session: Session, engine: Engine, rows: Sequence[PolicyRow], *, now: datetime
) -> list[RowResult]:
    """Say what :func:`match_issued` would do, changing nothing."""
    book = IssuedBook(session, rows)
    decisions = book.decide_all(rows)
    today = business_date(now, engine.clock.zone)
    renewals = {renewal.id: renewal for found in book.renewals.values() for renewal in found}
    changes = {
        renewal_id: _change(renewals[renewal_id], *book.verdicts(renewal_id, today=today))
        for renewal_id in _touched(decisions)
        if renewal_id in renewals
    }
    return one_a_row(_with_changes(decisions, changes))


def _touched(decisions: Iterable[Decision]) -> list[int]:
    """The renewals whose new policies change, each once, in order."""
    found = (d.renewal_id for d in decisions if d.effect in ("new", "changed"))
    return list(dict.fromkeys(number for number in found if number is not None))


def _change(renewal: Renewal, before: RenewalVerdict, after: RenewalVerdict) -> _Change:
    if is_taken_back(RenewalState(renewal.state), before, after):
        return _Change(is_reversed=True)
    return NOTHING if renewal.ended_at is not None else _Change(reached=after.outcome)


def _with_changes(decisions: Iterable[Decision], changes: dict[int, _Change]) -> Iterator[RowResult]:
    """Count each renewal that changes once, on its first row."""
    for one in decisions:
        is_told = one.effect in ("new", "changed")
        change = changes.pop(one.renewal_id or 0, NOTHING) if is_told else NOTHING
        is_partial = change.reached is RenewalState.PARTIAL
        yield RowResult(
            one.row.key,
            one.effect,
            one.renewal_id,
            problem=_problem(one, change),
            renewed=int(change.reached is not None and not is_partial),
            partial=int(is_partial),
            reversed=int(change.is_reversed),
        )


def _problem(decision: Decision, change: _Change) -> dict[str, Any] | None:
    if change.is_reversed:
        return taken_back(decision.row)
    if decision.effect == "new" and decision.renewal_id is None:
        return unmatched(decision.row)
    return decision.problem


def _write(tx: Tx, batch: ImportBatch, book: IssuedBook, decision: Decision) -> None:
    held, row = decision.held, decision.row
    if held is None or decision.effect not in ("new", "changed"):
        return
    if held.line is None:
        vehicle = book.vehicles.get(row.vin) or _new_vehicle(tx, row, book.vehicles)
        is_elsewhere = not held.policy.is_our_channel
        held.line = _store(tx, batch, row, vehicle, held.renewal_id, other_channel=is_elsewhere)
    held.line.renews_id = held.renewal_id
    held.line.policy_no = held.policy.policy_no or None
    held.line.cancelled = held.policy.is_cancelled


def _new_vehicle(tx: Tx, row: PolicyRow, vehicles: dict[str, Vehicle]) -> Vehicle:
    vehicle = Vehicle(vin=row.vin, plate=row.plate, make_model=row.make_model, use=row.use, energy=row.energy)
    tx.add(vehicle)
    tx.flush()
    vehicles[row.vin] = vehicle
    return vehicle


def _store(
    tx: Tx,
    batch: ImportBatch,
    row: PolicyRow,
    vehicle: Vehicle,
    renewal_id: int | None,
    *,
    other_channel: bool,
) -> PolicyLine:
    line = PolicyLine(
        policy_no=row.policy_no,
        line=str(row.line),
        vehicle_id=vehicle.id,
        renews_id=renewal_id,
        start_date=first_covered_date(row.start_date, row.expiry_date),
        expiry_date=row.expiry_date,
        signed_date=row.signed_date,
        premium=row.premium,
        third_party_limit=row.third_party_limit,
        ncd=row.ncd,
        self_pricing=row.self_pricing,
        claims=row.claims,
        years_insured=row.years_insured,
        cancelled=False,
        other_channel=other_channel,
        batch_id=batch.id,
        sheet=row.sheet,
        row_no=row.row_no,
    )
    tx.add(line)
    return line


def _tell(tx: Tx, scope: StepScope, book: IssuedBook, batch: ImportBatch, today: date) -> _Change:
    """Judge one renewal by all its new policies and tell its process; returns what became of it now."""
    before, after = book.verdicts(scope.renewal.id, today=today)
    subject = f"batch {batch.id}"
    scope.record("policies_matched", subject=subject, outcome=after.outcome, policies=_numbers(after))
    if after.is_channel_leak != scope.renewal.is_channel_leak:
        scope.renewal.is_channel_leak = after.is_channel_leak
        scope.record("channel_leak" if after.is_channel_leak else "channel_leak_settled", subject=subject)
    change = _change(scope.renewal, before, after)
    if change.is_reversed:
        gone = [number for number in _numbers(before) if number not in _numbers(after)]
        reversal.take_back(scope, left=after.outcome, policies=gone, source=subject)
    elif change.reached is RenewalState.PARTIAL:
        if scope.renewal.state != RenewalState.PARTIAL:
            scope.record("opportunity_noted", lines=[str(line.line) for line in after.unmatched])
        scope.move_to(RenewalState.PARTIAL)
    elif change.reached is not None:
        return change if _end(tx, scope, after) else NOTHING
    elif _is_other_success(scope.renewal, before, after):
        reversal.correct(scope, RenewalState(str(after.outcome)))
    return change


def _is_other_success(renewal: Renewal, before: RenewalVerdict, after: RenewalVerdict) -> bool:
    """Whether another policy than the cancelled one carries an ended renewal now, signed before or after expiry."""
    success = (RenewalState.RENEWED, RenewalState.WON_BACK)
    return renewal.outcome == before.outcome != after.outcome and after.outcome in success


def _end(tx: Tx, scope: StepScope, verdict: RenewalVerdict) -> bool:
    data: dict[str, Any] = {"outcome": str(verdict.outcome), "policy_no": _numbers(verdict)[0] or None}
    try:
        with tx.attempt():
            deliver_in(tx, scope, MessageName.POLICY_RENEWED, data)
    except MessageNotAwaited:
        scope.record("renewal_unclaimed", reason="not awaited", **data)
        return False
    return True


def _numbers(verdict: RenewalVerdict) -> list[str]:
    return [match.new.policy_no for match in verdict.matched]
