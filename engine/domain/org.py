"""The organisation as values: units of two trees, posts of people, liaisons between both companies.

Every entry holds for a period: ``valid_from`` is its first valid day and ``valid_to`` its last one
(inclusive, as 失效日期 is read by people); None means open. Source: domain.md §6.1, architecture.md §6.7.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from engine.domain.codes import Label, Role

OPEN_START = date(2000, 1, 1)
"""First valid day of entries whose 生效日期 is empty."""


class Side(StrEnum):
    """Which company a unit belongs to; stored by code, written in files by its Chinese label."""

    PC = "pc"
    LIFE = "life"

    @property
    def label(self) -> Label:
        """The company's name in both languages."""
        return _SIDE_LABELS[self]


class UnitKind(StrEnum):
    """Level of a unit; the code is what files hold too."""

    HEAD = "head"
    BRANCH = "branch"
    SUB_BRANCH = "sub_branch"
    LIFE_BRANCH = "life_branch"
    DEPARTMENT = "department"
    WORKPLACE = "workplace"
    TEAM = "team"

    @property
    def label(self) -> Label:
        """The level's name in both languages."""
        return _KIND_LABELS[self]


_SIDE_LABELS = {Side.PC: Label("财险", "Property"), Side.LIFE: Label("寿险", "Life")}
_KIND_LABELS = {
    UnitKind.HEAD: Label("总公司", "Head office"),
    UnitKind.BRANCH: Label("分公司", "Branch"),
    UnitKind.SUB_BRANCH: Label("支公司", "Sub-branch"),
    UnitKind.LIFE_BRANCH: Label("寿险分公司", "Life branch"),
    UnitKind.DEPARTMENT: Label("营业部/部门", "Department"),
    UnitKind.WORKPLACE: Label("职场", "Workplace"),
    UnitKind.TEAM: Label("营业组", "Agency unit"),
}

SIDE_OF_KIND = {
    UnitKind.BRANCH: Side.PC,
    UnitKind.SUB_BRANCH: Side.PC,
    UnitKind.LIFE_BRANCH: Side.LIFE,
    UnitKind.WORKPLACE: Side.LIFE,
    UnitKind.TEAM: Side.LIFE,
}
"""Kinds that exist in one company only; head offices and departments exist in both."""

SIDE_OF_ROLE = {
    Role.CHANNEL: Side.PC,
    Role.SPECIALIST: Side.PC,
    Role.TRAINER: Side.LIFE,
    Role.SUPERVISOR: Side.LIFE,
    Role.AGENT: Side.LIFE,
}
"""Working roles and their company; governing roles may sit anywhere."""

USUAL_PARENTS = {
    UnitKind.HEAD: frozenset[UnitKind](),
    UnitKind.BRANCH: frozenset({UnitKind.HEAD, UnitKind.BRANCH}),
    UnitKind.SUB_BRANCH: frozenset({UnitKind.BRANCH, UnitKind.SUB_BRANCH}),
    UnitKind.LIFE_BRANCH: frozenset({UnitKind.HEAD, UnitKind.LIFE_BRANCH}),
    UnitKind.DEPARTMENT: frozenset(UnitKind) - {UnitKind.WORKPLACE, UnitKind.TEAM},
    UnitKind.WORKPLACE: frozenset({UnitKind.LIFE_BRANCH, UnitKind.DEPARTMENT}),
    UnitKind.TEAM: frozenset({UnitKind.WORKPLACE}),
}
"""Where a unit usually hangs; anything else earns a warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitEntry:
    """One unit for a period."""

    code: str
    name: str
    parent_code: str | None
    kind: UnitKind
    side: Side
    province: str | None = None
    city: str | None = None
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostEntry:
    """A role that a person (known by number) holds in a unit for a period."""

    employee_no: str
    name: str
    role: Role
    unit_code: str
    manager_no: str | None = None
    phone: str | None = None
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiaisonEntry:
    """Which specialist and which trainer serve a workplace for a period."""

    workplace_code: str
    specialist_no: str | None
    trainer_no: str | None
    valid_from: date
    valid_to: date | None = None


Entry = UnitEntry | PostEntry | LiaisonEntry


@dataclass(frozen=True, slots=True)
class OrgFile:
    """A whole organisation, checked; ``warnings`` are what a person should look at."""

    units: tuple[UnitEntry, ...]
    posts: tuple[PostEntry, ...]
    liaisons: tuple[LiaisonEntry, ...]
    warnings: tuple[OrgProblem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgProblem:
    """What is wrong with one value of an organisation file, why, and what to do.

    ``row`` is the number a spreadsheet shows; ``row`` and ``column`` are None for whole sheets or files.
    """

    sheet: str | None
    row: int | None
    column: str | None
    value: str
    code: str
    reason: Label
    remedy: Label

    def say(self, lang: str = "zh") -> str:
        """Return place, reason and remedy as one text."""
        words = (
            ("工作表“{}”", "第 {} 行", "“{}”列") if lang == "zh" else ("sheet “{}”", "row {}", "column “{}”")
        )
        parts = (self.sheet, self.row, self.column)
        place = [word.format(part) for word, part in zip(words, parts, strict=True) if part is not None]
        text = self.reason.say(lang) + (" " if lang == "en" else "") + self.remedy.say(lang)
        if not place:
            return text
        return f"{''.join(place)}：{text}" if lang == "zh" else f"{', '.join(place)}: {text}"


def in_period(entry: Entry, day: date) -> bool:
    """Return whether *entry* holds on *day*; its last valid day is included."""
    return entry.valid_from <= day and (entry.valid_to is None or day <= entry.valid_to)


def periods_overlap(one: Entry, other: Entry) -> bool:
    """Return whether two entries hold on a common day."""
    return one.valid_from <= (other.valid_to or date.max) and other.valid_from <= (one.valid_to or date.max)
