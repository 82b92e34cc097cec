"""What becomes of each row of a list before anything is carried out: its verdict, its problems, its unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.domain.actor import Actor
from engine.domain.codes import Role, RowVerdict
from engine.domain.directory import Directory
from engine.domain.lists import PolicyRow, Problem, ReadList, RowKey
from engine.domain.placement import SUB_BRANCH, Listed, Misplaced, Place, Placer
from engine.store.imports import ImportRow

Problems = list[dict[str, Any]]


class RowsOf:
    """Judges the rows of one list against the organisation of the day, for one sender."""

    def __init__(self, read: ReadList, directory: Directory, actor: Actor, *, kind: str) -> None:
        self.read, self.directory, self.actor, self.kind = read, directory, actor, kind
        self._placer = Placer(directory)

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
                unit_code=self._placed(
                    Listed(sub_branch=rejected.sub_branch, agent_no=rejected.agent_no)
                ).sub_branch_code,
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
        place = self._placed(listed(row))
        found = [*told, *self._org_problems(row, place)]
        refused = any(p["level"] == "error" for p in found)
        return ImportRow(
            sheet=row.sheet,
            row_no=row.row_no,
            unit_code=place.sub_branch_code,
            verdict=str(verdict_of(found)),
            effect="rejected" if refused else None,
            vin=row.vin,
            policy_no=row.policy_no,
            raw=dict(row.raw),
            problems=found,
        )

    def _placed(self, row: Listed) -> Place:
        """Where the row belongs; what is only matched to a renewal need not fall to its sender."""
        home = self.actor.unit_code if self.kind == "pending" else None
        return self._placer.place(row, home=home)

    def _org_problems(self, row: PolicyRow, place: Place) -> Problems:
        """Units that are unknown, foreign or none of their kind; of what is followed up, an unknown agent too."""
        return [_org_problem(row, one) for one in self._misplaced(row, place)]

    def _misplaced(self, row: PolicyRow, place: Place) -> Iterator[Misplaced]:
        is_followed_up = self.kind == "pending"
        yield from (one for one in place.problems if is_followed_up or one.code == "unknown_unit")
        unit = place.sub_branch_code
        if unit is not None and not self.actor.sees_all and unit not in self.actor.unit_codes:
            yield Misplaced("foreign_unit", SUB_BRANCH, row.sub_branch or unit)
        if is_followed_up and row.agent_no and self.directory.post_of(row.agent_no, Role.AGENT) is None:
            yield Misplaced("unknown_agent", "营销员工号", row.agent_no)
        if is_followed_up:
            yield from self._passed_over(row, place)

    def _passed_over(self, row: PolicyRow, place: Place) -> Iterator[Misplaced]:
        """What the row says of people and is not followed (domain.md §1.5): a stranger, another's workplace."""
        directory = self.directory
        if row.specialist_no and directory.post_of(row.specialist_no, Role.SPECIALIST) is None:
            yield Misplaced("unknown_specialist", "专员工号", row.specialist_no)
        post = directory.post_of(row.agent_no, Role.AGENT)
        home = directory.nearest(post.unit_code, "workplace") if post else None
        if row.workplace and home and place.workplace_code not in (None, home):
            yield Misplaced("not_the_agents_workplace", "职场", row.workplace)


def listed(row: PolicyRow) -> Listed:
    """Return what *row* says of its place."""
    return Listed(
        sub_branch=row.sub_branch,
        workplace=row.workplace,
        agent_no=row.agent_no,
        specialist_no=row.specialist_no,
    )


def verdict_of(problems: Problems) -> RowVerdict:
    """Return what the problems of a row amount to."""
    if any(problem["level"] == "error" for problem in problems):
        return RowVerdict.REJECTED
    return RowVerdict.WARNED if problems else RowVerdict.ACCEPTED


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
        "error",
        "组织机构中没有该支公司。",
        "请核对代码或全称，或先导入组织机构。",
        "The organisation has no such sub-branch.",
        "Check the code or full name, or import the organisation first.",
    ),
    "foreign_unit": (
        "error",
        "该支公司不在您的管理范围内。",
        "请由该机构的渠道合作部导入。",
        "This sub-branch is outside your scope.",
        "Let its own channel department import the row.",
    ),
    "not_a_property_unit": (
        "error",
        "该机构不是财险的支公司或分公司。",
        "请填写财险支公司的代码或全称；寿险职场请填在“职场”列。",
        "This unit is no sub-branch or branch of the property insurer.",
        "Give the code or full name of a sub-branch; a life workplace belongs in the workplace column.",
    ),
    "no_unit": (
        "error",
        "没有支公司，也无法由职场、营销员或专员推定，无人能看到这笔续保。",
        "请填写支公司，或由该机构的渠道合作部登录后导入。",
        "No sub-branch is given and none follows from workplace, agent or specialist: nobody would see it.",
        "Fill in the sub-branch, or let its channel department sign in and import the list.",
    ),
    "not_a_sub_branch": (
        "warning",
        "该机构不是支公司；能由职场或专员推定支公司的按推定，否则归其所属机构的渠道合作部。",
        "请改填支公司的代码或全称，以便落实到责任专员。",
        "This unit is no sub-branch; the row goes to the serving specialist's, else to the unit's channel department.",
        "Give the code or full name of the sub-branch, so that a specialist answers for it.",
    ),
    "unknown_workplace": (
        "warning",
        "组织机构中没有该职场，未采用；营销员不在职时由支公司专员或渠道合作部接手。",
        "请核对职场的代码或全称，或先导入组织机构。",
        "The organisation has no such workplace; it is left out, and without a serving agent "
        "the sub-branch's specialist or the channel department takes over.",
        "Check the workplace's code or full name, or import the organisation first.",
    ),
    "foreign_workplace": (
        "warning",
        "该职场属于其他寿险分公司，不由本分公司服务，未采用；营销员不在职时由支公司专员或渠道合作部接手。",
        "请核对职场与支公司；如确由本机构服务，请先在组织机构的“对接”表中登记。",
        "This workplace belongs to a life branch that the property branch does not serve; it is left out, and without "
        "a serving agent the sub-branch's specialist or the channel department takes over.",
        "Check workplace and sub-branch; if it is served from here, enter it in the organisation's liaison sheet.",
    ),
    "unknown_agent": (
        "warning",
        "营销员不在职或不存在，将按孤儿单处理。",
        "请核对工号；如已离职，由业务主任接手。",
        "The agent is not serving; the policy is treated as an orphan.",
        "Check the number; a supervisor takes over a leaver's policies.",
    ),
    "unknown_specialist": (
        "warning",
        "没有这名在职的交叉销售专员，改由该职场或支公司的专员负责。",
        "请核对专员工号；如人员有变动，请先导入组织机构。",
        "No such specialist is serving; the workplace's or the sub-branch's own answers for it.",
        "Check the specialist's number, or import the organisation first.",
    ),
    "not_the_agents_workplace": (
        "warning",
        "营销员不在该职场，按营销员现在的职场处理。",
        "请核对职场与营销员工号；如人员有调动，请先导入组织机构。",
        "The agent is not of this workplace; the agent's own is used.",
        "Check workplace and agent, or import the organisation first if the agent has moved.",
    ),
}


def _org_problem(row: PolicyRow, found: Misplaced) -> dict[str, Any]:
    level, reason_zh, remedy_zh, reason_en, remedy_en = _ORG_TEXTS[found.code]
    return {
        "sheet": row.sheet,
        "row": row.row_no,
        "column": found.column,
        "value": found.value,
        "code": found.code,
        "level": level,
        "reason": {"zh": reason_zh, "en": reason_en},
        "remedy": {"zh": remedy_zh, "en": remedy_en},
    }
