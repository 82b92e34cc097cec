"""Tell, before a list is committed, which of its policies cover a vehicle that a stored one covers too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from engine.domain.double_cover import Cover, doubled_covers
from engine.domain.lists import PolicyRow, RowKey
from engine.domain.masking import mask_policy_no
from engine.store.renewals import PolicyLine, covers_beside, lines_of_vehicles, vehicles_by_vin
from engine.store.session import Tx


def cover_problems(tx: Tx, rows: Sequence[PolicyRow]) -> dict[RowKey, list[dict[str, Any]]]:
    """Return a warning for each row whose policy overlaps a stored one of the same kind (domain.md §7 case 6).

    Two rows of one file are told by the reader already.
    """
    vehicles = vehicles_by_vin(tx, {row.vin for row in rows})
    stored = lines_of_vehicles(tx, [vehicle.id for vehicle in vehicles.values()])
    listed = {row.policy_no for row in rows}
    found: dict[RowKey, list[dict[str, Any]]] = {}
    for row in rows:
        vehicle = vehicles.get(row.vin)
        known = (
            [line for line in stored.get(vehicle.id, ()) if line.policy_no not in listed] if vehicle else []
        )
        for line in _doubled_by(row, known):
            found.setdefault(row.key, []).append(_problem(row, line))
    return found


def _doubled_by(row: PolicyRow, known: Iterable[PolicyLine]) -> list[PolicyLine]:
    cover = Cover(
        policy_no=row.policy_no, line=row.line, start_date=row.start_date, expiry_date=row.expiry_date
    )
    return [line for line in covers_beside(known, row.expiry_date) if doubled_covers([cover, line.cover])]


def _problem(row: PolicyRow, line: PolicyLine) -> dict[str, Any]:
    number, day = mask_policy_no(line.policy_no or ""), line.expiry_date
    return {
        "sheet": row.sheet,
        "row": row.row_no,
        "column": "车架号",
        "value": row.vin,
        "code": "double_cover_stored",
        "level": "warning",
        "reason": {
            "zh": f"重复投保：该车同一险类已有保单 {number}（到期 {day}），保障期重叠。",
            "en": f"Double cover: policy {number} of this line (expiring {day}) covers the vehicle already.",
        },
        "remedy": {
            "zh": "请核实；将以到期较晚的保单为准，并转人工判断。",
            "en": "Please verify; the later-expiring policy will be the base, and a person decides.",
        },
    }
