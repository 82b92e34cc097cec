"""Where a listed policy belongs: its sub-branch and its workplace, and what is wrong with those it names.

Nobody's renewal may be invisible (domain.md §1.5): a row without a sub-branch goes to that of the specialist
who serves it, else to its sender's unit; a workplace that is none is left out, so that the policy falls to the
people of the sub-branch (§7 case 16) and not to strangers (§7 case 45).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from engine.domain.codes import Role
from engine.domain.directory import Directory, Responsible

SUB_BRANCH, WORKPLACE = "支公司", "职场"
"""The columns of the standard layout, as problems name them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a row says of its place, as written."""

    sub_branch: str | None
    workplace: str | None = None
    agent_no: str | None = None
    specialist_no: str | None = None


@dataclass(frozen=True, slots=True)
class Misplaced:
    """What is wrong with one of the units a row names; ``code`` is one of the texts' of the verdicts."""

    code: str
    column: str
    value: str


@dataclass(frozen=True, slots=True)
class Place:
    """The units of one row; ``sub_branch_code`` is a branch where no sub-branch is known."""

    sub_branch_code: str | None
    workplace_code: str | None
    problems: tuple[Misplaced, ...] = ()


class Placer:
    """Places the rows of one list in the organisation of the day; a unit is named by code or full name."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._known: dict[tuple[Listed, str | None], Place] = {}

    def place(self, listed: Listed, *, home: str | None) -> Place:
        """Return where the row belongs; *home* is its sender's unit."""
        found = self._known.get((listed, home))
        if found is None:
            found = self._known[listed, home] = self._place(listed, home)
        return found

    def responsible_for(self, listed: Listed, place: Place) -> Responsible:
        """Return who answers for a row at its *place*."""
        return self._directory.responsible_for(
            agent_no=listed.agent_no,
            sub_branch_code=place.sub_branch_code,
            workplace_code=place.workplace_code,
            specialist_no=listed.specialist_no,
        )

    def _place(self, listed: Listed, home: str | None) -> Place:
        named = self._code_of(listed.sub_branch)
        if listed.sub_branch and named is None:
            return Place(None, None, (Misplaced("unknown_unit", SUB_BRANCH, listed.sub_branch),))
        unit, problems = self._property_unit(listed, named)
        if named is not None and unit is None:
            return Place(None, None, tuple(problems))
        workplace, about = self._workplace(listed.workplace, unit)
        unit = self._narrowed(listed, unit, workplace) or self._level(home)
        if unit is None:
            about.append(Misplaced("no_unit", SUB_BRANCH, ""))
        return Place(unit, workplace, (*problems, *about))

    def _property_unit(self, listed: Listed, named: str | None) -> tuple[str | None, list[Misplaced]]:
        """The sub-branch at or above the unit named, else its branch; none for a unit of the life insurer."""
        if named is None or self._directory.units[named].kind == "sub_branch":
            return named, []
        unit = self._level(named)
        code = "not_a_sub_branch" if unit is not None else "not_a_property_unit"
        return unit, [Misplaced(code, SUB_BRANCH, listed.sub_branch or "")]

    def _level(self, code: str | None) -> str | None:
        return self._directory.nearest(code, "sub_branch") or self._directory.nearest(code, "branch")

    def _workplace(self, text: str | None, unit: str | None) -> tuple[str | None, list[Misplaced]]:
        if not text:
            return None, []
        code = self._directory.nearest(self._code_of(text), "workplace")
        if code is None:
            return None, [Misplaced("unknown_workplace", WORKPLACE, text)]
        if self._is_foreign(code, unit):
            return None, [Misplaced("foreign_workplace", WORKPLACE, text)]
        return code, []

    def _is_foreign(self, workplace: str, unit: str | None) -> bool:
        """Whether the branch of *unit* serves other life branches, but not that of *workplace*."""
        life = self._directory.nearest(workplace, "life_branch")
        served = self._served.get(self._directory.nearest(unit, "branch") or "")
        return bool(served) and life is not None and life not in (served or ())

    def _narrowed(self, listed: Listed, unit: str | None, workplace: str | None) -> str | None:
        """The sub-branch of the specialist who serves the row, where it names none (of the branch named)."""
        if unit is not None and self._directory.units[unit].kind == "sub_branch":
            return unit
        people = self.responsible_for(replace(listed, sub_branch=None), Place(unit, workplace))
        post = self._directory.post_of(people.specialist_no, Role.SPECIALIST)
        serving = self._level(post.unit_code if post else None)
        if unit is None or any(above.code == unit for above in self._directory.ancestors(serving)):
            return serving or unit
        return unit

    def _code_of(self, text: str | None) -> str | None:
        if not text:
            return None
        return text if text in self._directory.units else self._by_name.get(text)

    @cached_property
    def _by_name(self) -> dict[str, str | None]:
        """Codes by full name; a name that several units bear names none."""
        found: dict[str, str | None] = {}
        for unit in self._directory.units.values():
            found[unit.name] = None if unit.name in found else unit.code
        return found

    @cached_property
    def _served(self) -> dict[str, set[str]]:
        """The life branches whose workplaces the specialists of each branch serve."""
        found: dict[str, set[str]] = {}
        for branch, life in self._liaised():
            found.setdefault(branch, set()).add(life)
        return found

    def _liaised(self) -> Iterable[tuple[str, str]]:
        for liaison in chain.from_iterable(self._directory.liaisons.values()):
            post = self._directory.post_of(liaison.specialist_no, Role.SPECIALIST)
            branch = self._directory.nearest(post.unit_code if post else None, "branch")
            life = self._directory.nearest(liaison.workplace_code, "life_branch")
            if branch is not None and life is not None:
                yield branch, life
