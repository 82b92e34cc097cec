"""What became of the rows of an import, and what is said of those that fare otherwise than wished."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from engine.domain.lists import PolicyRow, RowKey
from engine.errors import EngineError

LISTED_TOO_LATE = "listed_too_late"
"""Code of the warning on a row whose win-back is over already."""


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row: ``effect`` new | changed | unchanged | rejected.

    ``started``, ``too_late``, ``renewed``, ``partial`` and ``reversed`` count renewals, each on the
    first of its rows.
    """

    key: RowKey
    effect: str
    renewal_id: int | None = None
    started: int = 0
    too_late: int = 0
    renewed: int = 0
    partial: int = 0
    reversed: int = 0
    problem: dict[str, Any] | None = None


_EFFECTS = ("new", "changed", "unchanged", "rejected")


def one_a_row(results: Iterable[RowResult]) -> list[RowResult]:
    """Join the results of rows that speak of several renewals or policies; the strongest effect counts."""
    joined: dict[RowKey, RowResult] = {}
    for result in results:
        other = joined.get(result.key)
        joined[result.key] = result if other is None else _joined(other, result)
    return list(joined.values())


def _joined(first: RowResult, second: RowResult) -> RowResult:
    main, rest = sorted((first, second), key=lambda result: _EFFECTS.index(result.effect))
    problem = main.problem or rest.problem
    if problem is not None and main.effect != "rejected":
        problem = {**problem, "level": "warning"}  # the row is taken, if only in part
    return replace(
        main,
        renewal_id=main.renewal_id if main.renewal_id is not None else rest.renewal_id,
        started=main.started + rest.started,
        too_late=main.too_late + rest.too_late,
        renewed=main.renewed + rest.renewed,
        partial=main.partial + rest.partial,
        reversed=main.reversed + rest.reversed,
        problem=problem,
    )


def too_late(row: PolicyRow) -> dict[str, Any]:
    """The warning on a row whose win-back is over already (domain.md §7)."""
    return {
        "sheet": row.sheet,
        "row": row.row_no,
        "column": "到期日期",
        "value": row.expiry_date.isoformat(),
        "code": LISTED_TOO_LATE,
        "level": "warning",
        "reason": {
            "zh": "脱保已超过 30 天，挽回期已过：只登记，直接脱保关闭，原因记 L703 清单遗漏/下发晚。",
            "en": "Lapsed more than 30 days ago, past win-back: recorded and closed at once, reason L703 (listed late).",
        },
        "remedy": {
            "zh": "请核对到期日期；如确属迟报，请查明清单为何晚到。",
            "en": "Check the expiry date; if it is right, find out why the list came so late.",
        },
    }


def failed(key: RowKey, error: EngineError) -> dict[str, Any]:
    """The problem of a row that was refused while the others went on."""
    return {
        "sheet": key[0],
        "row": key[1],
        "column": "",
        "value": "",
        "code": error.code,
        "level": "error",
        "reason": {"zh": error.say("zh"), "en": error.say("en")},
        "remedy": {"zh": "处理原因后重新导入该行。", "en": "Mend the cause and import the row again."},
    }
