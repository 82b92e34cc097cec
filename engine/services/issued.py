"""Newly issued policies: match each to the renewal it fulfils and end that as renewed (domain.md §2.2, §7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from engine.bootstrap import Engine
from engine.clock import business_date
from engine.domain.actor import Actor
from engine.domain.codes import Line, MessageName, RenewalState
from engine.domain.double_cover import first_covered_date
from engine.domain.lists import PolicyRow
from engine.domain.outcome import ExpiringLine, NewPolicy, RenewalVerdict, is_renewal_of, judge_renewal
from engine.errors import MessageNotAwaited
from engine.services.context import StepScope
from engine.services.instances import load_scope
from engine.services.intake import RowResult, one_a_row
from engine.services.messages import deliver_in
from engine.store.imports import ImportBatch
from engine.store.renewals import (
    PolicyLine,
    Renewal,
    Vehicle,
    lines_by_number,
    lines_of,
    new_lines_of,
    renewals_of_vehicles,
    vehicles_by_vin,
)
from engine.store.session import Tx

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

UNMATCHED = "no_renewal"
"""Code of the warning on a new policy that fulfils no renewal."""


def match_issued(
    tx: Tx, engine: Engine, batch: ImportBatch, rows: Sequence[PolicyRow], *, actor: Actor, now: datetime
) -> list[RowResult]:
    """Store new policies and tell the renewals they fulfil; a policy known already is unchanged."""
    vins = {row.vin for row in rows}
    vehicles = vehicles_by_vin(tx, vins)
    renewals = renewals_of_vehicles(tx, vins)
    known = lines_by_number(tx, {row.policy_no for row in rows if row.policy_no})
    today = business_date(now, engine.clock.zone)
    results: list[RowResult] = []
    touched: dict[int, Renewal] = {}
    for row in rows:
        if row.policy_no and row.policy_no in known:
            results.append(RowResult(row.key, "unchanged", known[row.policy_no].renews_id))
            continue
        vehicle = vehicles.get(row.vin) or _new_vehicle(tx, row, vehicles)
        renewal = _renewal_for(tx, row, renewals.get(row.vin, []))
        line = _store(tx, batch, row, vehicle, renewal)
        if row.policy_no:
            known[row.policy_no] = line
        if renewal is not None:
            touched[renewal.id] = renewal
        results.append(_new_result(row, renewal))
    tx.flush()
    outcomes = {
        renewal_id: outcome
        for renewal_id in touched
        if (outcome := _tell(tx, engine, renewal_id, batch, actor, now, today)) is not None
    }
    return one_a_row(_with_outcomes(results, outcomes))


def predict_issued(
    session: Session, engine: Engine, rows: Sequence[PolicyRow], *, now: datetime
) -> list[RowResult]:
    """Say what :func:`match_issued` would do, changing nothing."""
    renewals = renewals_of_vehicles(session, {row.vin for row in rows})
    stored = lines_by_number(session, {row.policy_no for row in rows if row.policy_no})
    known = {number: line.renews_id for number, line in stored.items()}
    today = business_date(now, engine.clock.zone)
    results: list[RowResult] = []
    planned: dict[int, list[NewPolicy]] = {}
    for row in rows:
        if row.policy_no and row.policy_no in known:
            results.append(RowResult(row.key, "unchanged", known[row.policy_no]))
            continue
        renewal = _renewal_for(session, row, renewals.get(row.vin, []))
        if row.policy_no:
            known[row.policy_no] = renewal.id if renewal is not None else None
        if renewal is not None and renewal.ended_at is None:
            planned.setdefault(renewal.id, []).append(_new_policy(row))
        results.append(_new_result(row, renewal))
    outcomes: dict[int, RenewalState] = {}
    for renewal_id, policies in planned.items():
        issued = [*map(_policy_of, new_lines_of(session, renewal_id)), *policies]
        outcome = judge_renewal(_expiring_of(lines_of(session, renewal_id)), issued, today=today).outcome
        if outcome is not None:
            outcomes[renewal_id] = outcome
    return one_a_row(_with_outcomes(results, outcomes))


def _new_result(row: PolicyRow, renewal: Renewal | None) -> RowResult:
    if renewal is None:
        return RowResult(row.key, "new", problem=_unmatched(row))
    return RowResult(row.key, "new", renewal.id)


def _with_outcomes(results: Iterable[RowResult], outcomes: dict[int, RenewalState]) -> Iterator[RowResult]:
    """Count each renewal that ends or is renewed in part once, on its first row."""
    for result in results:
        outcome = outcomes.pop(result.renewal_id or 0, None) if result.effect == "new" else None
        if outcome is None:
            yield result
        else:
            is_partial = outcome is RenewalState.PARTIAL
            yield replace(result, renewed=int(not is_partial), partial=int(is_partial))


def _new_vehicle(tx: Tx, row: PolicyRow, vehicles: dict[str, Vehicle]) -> Vehicle:
    vehicle = Vehicle(vin=row.vin, plate=row.plate, make_model=row.make_model, use=row.use, energy=row.energy)
    tx.add(vehicle)
    tx.flush()
    vehicles[row.vin] = vehicle
    return vehicle


def _renewal_for(session: Session, row: PolicyRow, renewals: Sequence[Renewal]) -> Renewal | None:
    policy = _new_policy(row)
    for renewal in renewals:
        if any(is_renewal_of(_expiring(line), policy) for line in lines_of(session, renewal.id)):
            return renewal
    return None


def _new_policy(row: PolicyRow) -> NewPolicy:
    return NewPolicy(
        policy_no=row.policy_no or "",
        line=row.line,
        start_date=first_covered_date(row.start_date, row.expiry_date),
        signed_date=row.signed_date,
        expiry_date=row.expiry_date,
    )


def _policy_of(line: PolicyLine) -> NewPolicy:
    return NewPolicy(
        policy_no=line.policy_no or "",
        line=Line(line.line),
        start_date=line.start_date or line.expiry_date,
        signed_date=line.signed_date,
        expiry_date=line.expiry_date,
        is_cancelled=line.cancelled,
    )


def _expiring_of(lines: Iterable[PolicyLine]) -> list[ExpiringLine]:
    return [_expiring(line) for line in lines]


def _expiring(line: PolicyLine) -> ExpiringLine:
    return ExpiringLine(line=Line(line.line), expiry_date=line.expiry_date, policy_no=line.policy_no or "")


def _store(
    tx: Tx, batch: ImportBatch, row: PolicyRow, vehicle: Vehicle, renewal: Renewal | None
) -> PolicyLine:
    line = PolicyLine(
        policy_no=row.policy_no,
        line=str(row.line),
        vehicle_id=vehicle.id,
        renews_id=renewal.id if renewal is not None else None,
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
        batch_id=batch.id,
        sheet=row.sheet,
        row_no=row.row_no,
    )
    tx.add(line)
    return line


def _tell(
    tx: Tx, engine: Engine, renewal_id: int, batch: ImportBatch, actor: Actor, now: datetime, today: date
) -> RenewalState | None:
    """Judge one renewal by all its new policies and tell its process; returns what became of it now."""
    scope = load_scope(tx, engine, renewal_id, actor=actor, now=now)
    verdict = judge_renewal(
        _expiring_of(scope.lines),
        [_policy_of(line) for line in new_lines_of(tx, renewal_id)],
        today=today,
    )
    scope.record(
        "policies_matched", subject=f"batch {batch.id}", outcome=verdict.outcome, policies=_numbers(verdict)
    )
    if verdict.outcome is None or scope.renewal.ended_at is not None:
        return None
    if verdict.outcome is RenewalState.PARTIAL:
        scope.move_to(RenewalState.PARTIAL)
        return verdict.outcome
    return verdict.outcome if _end(tx, scope, verdict) else None


def _end(tx: Tx, scope: StepScope, verdict: RenewalVerdict) -> bool:
    data: dict[str, Any] = {"outcome": str(verdict.outcome), "policy_no": _numbers(verdict)[0]}
    try:
        with tx.attempt():
            deliver_in(tx, scope, MessageName.POLICY_RENEWED, data)
    except MessageNotAwaited:
        scope.record("renewal_unclaimed", reason="not awaited", **data)
        return False
    return True


def _numbers(verdict: RenewalVerdict) -> list[str]:
    return [match.new.policy_no for match in verdict.matched]


def _unmatched(row: PolicyRow) -> dict[str, Any]:
    return {
        "sheet": row.sheet,
        "row": row.row_no,
        "column": "车架号",
        "value": row.vin,
        "code": UNMATCHED,
        "level": "warning",
        "reason": {"zh": "没有与之对应的待续保记录。", "en": "No pending renewal matches this policy."},
        "remedy": {
            "zh": "如为新保或转入可忽略；否则请核对车架号与起保日期。",
            "en": "Ignore it for new business; else check VIN and inception date.",
        },
    }
