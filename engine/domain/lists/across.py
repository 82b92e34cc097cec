"""What shows only when the rows of a file are looked at together: repeats, double cover, shared phones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from engine.domain.codes import Line
from engine.domain.lists import texts
from engine.domain.lists.judge import Judged
from engine.domain.lists.model import Fault, Level, PolicyRow, Problem

SHARED_BY = 3
"""A number of more customers than this is doubtful. Source: domain.md §7 case 25."""


def reject_repeats(rows: Iterable[Judged]) -> list[Judged]:
    """Return the rows with every later copy of a policy rejected, and double cover marked.

    A copy has the same policy number, or vehicle, line and expiry alike. Another expiry of the same vehicle
    and line is no copy but double cover: kept, with a warning. Source: domain.md §7 cases 6 and 20.
    """
    kept: dict[object, PolicyRow] = {}
    return [_without_repeats(row, kept) for row in rows]


def _without_repeats(row: Judged, kept: dict[object, PolicyRow]) -> Judged:
    """Return the row without policies that `kept` holds already, and remember the others there."""
    repeats = {policy.line: found for policy in row.policies if (found := _first_copy(policy, kept))}
    fresh = tuple(policy for policy in row.policies if policy.line not in repeats)
    # A row of both lines may repeat one and bring the other: then it is taken, with a warning.
    told = [
        _repeat(policy, *repeats[policy.line], level="warning" if fresh else None)
        for policy in row.policies
        if policy.line in repeats
    ]
    told += _doubles(fresh, kept)
    for policy in fresh:
        kept.setdefault(_key(policy), policy)
        kept.setdefault((policy.vin, policy.line), policy)
        if policy.policy_no:
            kept.setdefault(policy.policy_no, policy)
    return replace(row, policies=fresh, problems=(*row.problems, *told)) if told else row


def _key(policy: PolicyRow) -> tuple[str, Line, date]:
    return policy.vin, policy.line, policy.expiry_date


def _first_copy(policy: PolicyRow, kept: dict[object, PolicyRow]) -> tuple[PolicyRow, bool] | None:
    """Return the policy this one repeats, and whether they share the number (else vehicle, line and expiry)."""
    if policy.policy_no and policy.policy_no in kept:
        return kept[policy.policy_no], True
    first = kept.get(_key(policy))
    return None if first is None else (first, False)


def _repeat(policy: PolicyRow, first: PolicyRow, same_number: bool, *, level: Level | None) -> Problem:
    same = ("保单号", "policy number") if same_number else ("车架号、险类、到期日", "VIN, line and expiry")
    column, value = ("保单号", policy.policy_no or "") if same_number else ("车架号", policy.vin)
    fault = Fault("duplicate_row", {**_where(first), "what": same[0], "what_en": same[1]}, level)
    return texts.problem(fault, row_no=policy.row_no, column=column, value=value, sheet=policy.sheet)


def _doubles(policies: Iterable[PolicyRow], kept: dict[object, PolicyRow]) -> list[Problem]:
    return [
        texts.problem(
            Fault("double_cover", _where(kept[policy.vin, policy.line])),
            row_no=policy.row_no,
            column="车架号",
            value=policy.vin,
            sheet=policy.sheet,
        )
        for policy in policies
        if (policy.vin, policy.line) in kept
    ]


def _where(policy: PolicyRow) -> dict[str, str]:
    if policy.sheet is None:
        return {"where": f"第 {policy.row_no} 行", "where_en": f"row {policy.row_no}"}
    return {
        "where": f"工作表“{policy.sheet}”第 {policy.row_no} 行",
        "where_en": f"row {policy.row_no} of sheet “{policy.sheet}”",
    }


def mark_shared_phones(rows: Sequence[Judged]) -> list[Judged]:
    """Return the rows with a warning on each whose phone number belongs to more than three customers.

    A customer is told by identity number, else by name, else by vehicle.
    """
    customers: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for policy in row.policies:
            if policy.phone:
                customers[policy.phone].add(policy.id_no or policy.owner_name or policy.vin)
    doubtful = {phone: len(people) for phone, people in customers.items() if len(people) > SHARED_BY}
    return [_with_shared(row, doubtful) for row in rows] if doubtful else list(rows)


def _with_shared(row: Judged, doubtful: dict[str, int]) -> Judged:
    phone = row.policies[0].phone if row.policies else None
    if phone is None or phone not in doubtful:
        return row
    fault = Fault("phone_shared", {"count": doubtful[phone]})
    told = texts.problem(fault, row_no=row.row_no, column="手机", value=phone, sheet=row.sheet)
    return replace(row, problems=(*row.problems, told))
