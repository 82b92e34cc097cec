"""Refuse a listed policy whose number the book holds for another vehicle (domain.md §7 cases 21, 33)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.domain.lists import PolicyRow, RowKey
from engine.domain.masking import mask_vin
from engine.store.renewals import lines_by_number, vins_of
from engine.store.session import Tx


def foreign_number_problems(tx: Tx, rows: Sequence[PolicyRow]) -> dict[RowKey, list[dict[str, Any]]]:
    """Return an error for each row whose policy number belongs to another VIN in the book.

    A policy covers one vehicle: either the VIN or the number was corrected or mistyped, and taking the row
    would take the policy away from the renewal that holds it.
    """
    lines = lines_by_number(tx, {row.policy_no for row in rows if row.policy_no})
    vins = vins_of(tx, {line.vehicle_id for line in lines.values()})
    found: dict[RowKey, list[dict[str, Any]]] = {}
    for row in rows:
        line = lines.get(row.policy_no or "")
        if line is not None and vins[line.vehicle_id] != row.vin:
            shown = mask_vin(vins[line.vehicle_id])
            found.setdefault(row.key, []).append(number_of_other_vehicle(row, shown))
    return found


def number_of_other_vehicle(row: PolicyRow, shown: str) -> dict[str, Any]:
    """Refuse a row whose policy number is held for the VIN *shown* (masked)."""
    return {
        "sheet": row.sheet,
        "row": row.row_no,
        "column": "车架号",
        "value": row.vin,
        "code": "number_of_other_vehicle",
        "level": "error",
        "reason": {
            "zh": f"该保单号已登记在另一车架号（{shown}）名下。",
            "en": f"This policy number is held for another VIN ({shown}).",
        },
        "remedy": {
            "zh": "请核对车架号与保单号；如系原车架号登记有误，请由渠道合作部撤销原续保后重新导入。",
            "en": "Check VIN and policy number; if the VIN on record is wrong, withdraw that renewal first.",
        },
    }
