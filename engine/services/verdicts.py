"""What becomes of each row of a list before anything is carried out: its verdict, its problems, its unit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from engine.domain.actor import Actor
from engine.domain.codes import Role, RowVerdict
from engine.domain.directory import Directory
from engine.domain.lists import PolicyRow, Problem, ReadList, RowKey
from engine.store.imports import ImportRow

Problems = list[dict[str, Any]]


class RowsOf:
    """Judges the rows of one list against the organisation of the day, for one sender."""

    def __init__(self, read: ReadList, directory: Directory, actor: Actor, *, kind: str) -> None:
        self.read, self.directory, self.actor, self.kind = read, directory, actor, kind
        self._unit_of = cache(self._find_unit)

    def judged(self, doubled: Mapping[RowKey, Problems]) -> list[ImportRow]:
        """Make one row to store per source row, in file order (*doubled*: warnings of stored cover)."""
        problems = {key: list(found) for key, found in doubled.items()}
        for warning in self.read.warnings:
            problems.setdefault(warning.key, []).append(problem_json(warning))
        made: dict[RowKey, ImportRow] = {}
        for row in self.read.rows:
            if row.key not in made:  # a row with both lines gives two policy rows and one stored row
                made[row.key] = self._taken(row, problems.get(row.key, []))
        for rejected in self.read.rejected:
            made[rejected.key] = ImportRow(
                sheet=rejected.sheet,
                row_no=rejected.row_no,
                unit_code=self._unit_of(rejected.sub_branch, None, rejected.agent_no, None),
                verdict=str(RowVerdict.REJECTED),
                effect="rejected",
                vin=None,
                policy_no=None,
                raw=dict(rejected.raw),
                problems=[problem_json(p) for p in rejected.problems],
            )
        sheets = {layout.name: place for place, layout in enumerate(self.read.layouts)}
        return sorted(made.values(), key=lambda row: (sheets.get(row.sheet, 0), row.row_no))

    def _taken(self, row: PolicyRow, told: Problems) -> ImportRow:
        found = [*told, *self._org_problems(row)]
        refused = any(p["level"] == "error" for p in found)
        return ImportRow(
            sheet=row.sheet,
            row_no=row.row_no,
            unit_code=self._unit_of(row.sub_branch, row.workplace, row.agent_no, row.specialist_no),
            verdict=str(verdict_of(found)),
            effect="rejected" if refused else None,
            vin=row.vin,
            policy_no=row.policy_no,
            raw=dict(row.raw),
            problems=found,
        )

    def _org_problems(self, row: PolicyRow) -> Problems:
        """Unknown or foreign unit (error); for a policy that will be followed up, unknown agent (warning)."""
        found = []
        unit = unit_code(self.directory, row.sub_branch)
        if row.sub_branch and unit is None:
            found.append(_org_problem(row, "支公司", row.sub_branch, "unknown_unit", "error"))
        elif unit is not None and not self.actor.sees_all and unit not in self.actor.unit_codes:
            found.append(_org_problem(row, "支公司", row.sub_branch or "", "foreign_unit", "error"))
        is_followed_up = self.kind == "pending"
        if is_followed_up and row.agent_no and self.directory.post_of(row.agent_no, Role.AGENT) is None:
            found.append(_org_problem(row, "营销员工号", row.agent_no, "unknown_agent", "warning"))
        return found

    def _find_unit(
        self, sub_branch: str | None, workplace: str | None, agent_no: str | None, specialist_no: str | None
    ) -> str | None:
        """The sub-branch named, else the unit of the specialist who serves the agent or workplace."""
        named = unit_code(self.directory, sub_branch)
        if named is not None or sub_branch:
            return named
        people = self.directory.responsible_for(
            agent_no=agent_no,
            sub_branch_code=None,
            workplace_code=unit_code(self.directory, workplace),
            specialist_no=specialist_no,
        )
        post = self.directory.post_of(people.specialist_no, Role.SPECIALIST)
        return post.unit_code if post else None


def verdict_of(problems: Problems) -> RowVerdict:
    """Return what the problems of a row amount to."""
    if any(problem["level"] == "error" for problem in problems):
        return RowVerdict.REJECTED
    return RowVerdict.WARNED if problems else RowVerdict.ACCEPTED


def unit_code(directory: Directory, text: str | None) -> str | None:
    """Return the code of the unit given by code or by its full, unique name."""
    if not text:
        return None
    if text in directory.units:
        return text
    named = [u.code for u in directory.units.values() if u.name == text]
    return named[0] if len(named) == 1 else None


def problem_json(problem: Problem) -> dict[str, Any]:
    """Return a problem as the batch stores it, in both languages."""
    return {
        "sheet": problem.sheet,
        "row": problem.row_no,
        "column": problem.column,
        "value": problem.value,
        "code": problem.code,
        "level": problem.level,
        "reason": {"zh": problem.reason.zh, "en": problem.reason.en},
        "remedy": {"zh": problem.remedy.zh, "en": problem.remedy.en},
    }


_ORG_TEXTS = {
    "unknown_unit": (
        "组织机构中没有该支公司。",
        "请核对代码或全称，或先导入组织机构。",
        "The organisation has no such sub-branch.",
        "Check the code or full name, or import the organisation first.",
    ),
    "foreign_unit": (
        "该支公司不在您的管理范围内。",
        "请由该机构的渠道合作部导入。",
        "This sub-branch is outside your scope.",
        "Let its own channel department import the row.",
    ),
    "unknown_agent": (
        "营销员不在职或不存在，将按孤儿单处理。",
        "请核对工号；如已离职，由业务主任接手。",
        "The agent is not serving; the policy is treated as an orphan.",
        "Check the number; a supervisor takes over a leaver's policies.",
    ),
}


def _org_problem(row: PolicyRow, column: str, value: str, code: str, level: str) -> dict[str, Any]:
    reason_zh, remedy_zh, reason_en, remedy_en = _ORG_TEXTS[code]
    return {
        "sheet": row.sheet,
        "row": row.row_no,
        "column": column,
        "value": value,
        "code": code,
        "level": level,
        "reason": {"zh": reason_zh, "en": reason_en},
        "remedy": {"zh": remedy_zh, "en": remedy_en},
    }
