"""What each row of newly issued policies means beside what is stored: one decision for preview and commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from engine.domain.codes import Line
from engine.domain.double_cover import first_covered_date
from engine.domain.lists import PolicyRow
from engine.domain.masking import mask_vin
from engine.domain.outcome import (
    ExpiringLine,
    NewPolicy,
    RenewalVerdict,
    is_full_refund,
    is_renewal_of,
    judge_renewal,
)
from engine.services.foreign_numbers import number_of_other_vehicle
from engine.services.issued_texts import nothing_to_cancel, partial_refund
from engine.store.people import known_numbers
from engine.store.renewals import (
    PolicyLine,
    Renewal,
    lines_by_number,
    lines_of,
    lines_of_vehicles,
    new_lines_of,
    renewals_of_vehicles,
    vehicles_by_vin,
    vins_of,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_Cover = tuple[str, Line, date, date]


@dataclass(slots=True)
class Held:
    """A policy as it is known after the rows so far; ``line`` is None while it is not stored.

    ``is_taken_back`` tells that a row of this list cancels it.
    """

    policy: NewPolicy
    vin: str
    renewal_id: int | None
    line: PolicyLine | None = None
    is_taken_back: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one row: ``effect`` new | changed | unchanged | rejected, and the policy it is about."""

    row: PolicyRow
    effect: str
    held: Held | None = None
    problem: dict[str, Any] | None = None

    @property
    def renewal_id(self) -> int | None:
        """The renewal that the policy fulfils."""
        return self.held.renewal_id if self.held is not None else None


class IssuedBook:
    """The policies of the vehicles of some rows; every decision counts for those after it."""

    def __init__(self, session: Session, rows: Sequence[PolicyRow]) -> None:
        self._session = session
        vins = {row.vin for row in rows}
        self.vehicles = vehicles_by_vin(session, vins)
        self.renewals = renewals_of_vehicles(session, vins)
        self._colleagues = known_numbers(session, {row.agent_no for row in rows if row.agent_no})
        self._by_number: dict[str, Held] = {}
        self._by_cover: dict[_Cover, Held] = {}
        self._of_renewal: dict[int, list[Held]] = {}
        of_vehicles = lines_of_vehicles(session, [vehicle.id for vehicle in self.vehicles.values()])
        numbered = lines_by_number(session, {row.policy_no for row in rows if row.policy_no})
        stored = {line.id: line for lines in of_vehicles.values() for line in lines}
        stored |= {line.id: line for line in numbered.values()}
        names = vins_of(session, {line.vehicle_id for line in stored.values()})
        for line in stored.values():
            self._keep(Held(new_policy_of(line), names[line.vehicle_id], line.renews_id, line))

    def decide_all(self, rows: Iterable[PolicyRow]) -> list[Decision]:
        """Decide about *rows*; what takes policies back comes after what brings them, wherever it stands."""
        return [self._decide(row) for row in sorted(rows, key=lambda row: row.is_cancelled)]

    def is_our_channel(self, row: PolicyRow) -> bool:
        """Whether a policy came through the cross-selling channel: by a colleague, or nobody is named (case 10)."""
        return not row.agent_no or row.agent_no in self._colleagues

    def verdicts(self, renewal_id: int, *, today: date) -> tuple[RenewalVerdict, RenewalVerdict]:
        """Judge a renewal by its new policies without and with what this list takes back."""
        expiring = [expiring_of(line) for line in lines_of(self._session, renewal_id)]
        held = self._held_of(renewal_id)
        before = [replace(h.policy, is_cancelled=False) if h.is_taken_back else h.policy for h in held]
        after = [h.policy for h in held]
        return (
            judge_renewal(expiring, before, today=today),
            judge_renewal(expiring, after, today=today),
        )

    def _held_of(self, renewal_id: int) -> list[Held]:
        known = self._of_renewal.get(renewal_id, [])
        here = {held.line.id for held in known if held.line is not None}
        others = [line for line in new_lines_of(self._session, renewal_id) if line.id not in here]
        return [*known, *(Held(new_policy_of(line), "", renewal_id, line) for line in others)]

    def _decide(self, row: PolicyRow) -> Decision:
        held = self._find(row)
        if held is not None and held.vin != row.vin:
            return Decision(row, "rejected", None, number_of_other_vehicle(row, mask_vin(held.vin)))
        if row.is_cancelled:
            return self._take_back(row, held)
        if held is None:
            return Decision(row, "new", self._bring(row))
        if row.policy_no and not held.policy.policy_no:  # listed without its number before
            held.policy = replace(held.policy, policy_no=row.policy_no)
            self._by_number[row.policy_no] = held
            return Decision(row, "changed", held)
        if held.renewal_id is None and (renewal := self._renewal_for(held.policy, row.vin)) is not None:
            held.renewal_id = renewal.id  # it was imported before the list that started the renewal
            self._of_renewal.setdefault(renewal.id, []).append(held)
            return Decision(row, "changed", held)
        return Decision(row, "unchanged", held)

    def _take_back(self, row: PolicyRow, held: Held | None) -> Decision:
        if held is None:
            return Decision(row, "rejected", None, nothing_to_cancel(row))
        if held.policy.is_cancelled:
            return Decision(row, "unchanged", held)
        premium = held.line.premium if held.line is not None else None
        if not is_full_refund(row.premium, premium):
            return Decision(row, "rejected", held, partial_refund(row))
        held.policy, held.is_taken_back = replace(held.policy, is_cancelled=True), True
        return Decision(row, "changed", held)

    def _bring(self, row: PolicyRow) -> Held:
        policy = replace(_new_policy(row), is_our_channel=self.is_our_channel(row))
        renewal = self._renewal_for(policy, row.vin)
        held = Held(policy, row.vin, renewal.id if renewal is not None else None)
        self._keep(held)
        return held

    def _renewal_for(self, policy: NewPolicy, vin: str) -> Renewal | None:
        for renewal in self.renewals.get(vin, ()):
            lines = lines_of(self._session, renewal.id)
            if any(is_renewal_of(expiring_of(line), policy) for line in lines):
                return renewal
        return None

    def _find(self, row: PolicyRow) -> Held | None:
        """The policy of the row: by number, else by vehicle, line and dates where one side has no number."""
        if row.policy_no and row.policy_no in self._by_number:
            return self._by_number[row.policy_no]
        if row.is_cancelled:
            return None
        held = self._by_cover.get(_cover(row.vin, _new_policy(row), row.expiry_date))
        is_other = held is not None and held.policy.policy_no and row.policy_no
        return None if is_other else held

    def _keep(self, held: Held) -> None:
        policy = held.policy
        if policy.policy_no:
            self._by_number[policy.policy_no] = held
        if policy.expiry_date is not None and not policy.is_cancelled:
            self._by_cover[_cover(held.vin, policy, policy.expiry_date)] = held
        if held.renewal_id is not None:
            self._of_renewal.setdefault(held.renewal_id, []).append(held)


def _cover(vin: str, policy: NewPolicy, expiry_date: date) -> _Cover:
    return vin, policy.line, policy.start_date, expiry_date


def _new_policy(row: PolicyRow) -> NewPolicy:
    return NewPolicy(
        policy_no=row.policy_no or "",
        line=row.line,
        start_date=first_covered_date(row.start_date, row.expiry_date),
        signed_date=row.signed_date,
        expiry_date=row.expiry_date,
    )


def new_policy_of(line: PolicyLine) -> NewPolicy:
    """Return a stored line as a new policy."""
    return NewPolicy(
        policy_no=line.policy_no or "",
        line=Line(line.line),
        start_date=first_covered_date(line.start_date, line.expiry_date),
        signed_date=line.signed_date,
        expiry_date=line.expiry_date,
        is_our_channel=not line.other_channel,
        is_cancelled=line.cancelled,
    )


def expiring_of(line: PolicyLine) -> ExpiringLine:
    """Return a stored line as an expiring policy."""
    return ExpiringLine(line=Line(line.line), expiry_date=line.expiry_date, policy_no=line.policy_no or "")
