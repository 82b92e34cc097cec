"""What an organisation must satisfy as a whole: trees without cycles, periods without overlap, known people.

Source: architecture.md §6.7, domain.md §1.5 (nobody unowned), §6.1 (who belongs where), §7 cases 14, 16, 17, 41.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from engine.domain.codes import Role
from engine.domain.org import (
    SIDE_OF_KIND,
    SIDE_OF_ROLE,
    USUAL_PARENTS,
    Entry,
    LiaisonEntry,
    PostEntry,
    Side,
    UnitEntry,
    UnitKind,
    in_period,
    periods_overlap,
)
from engine.domain.org_texts import Findings, Place

UNITS, POSTS, LIAISONS = "机构", "人员", "对接"
"""Names of the three sheets."""

E = TypeVar("E", UnitEntry, PostEntry, LiaisonEntry)


@dataclass(frozen=True, slots=True)
class Placed(Generic[E]):
    """An entry and the row it stands in."""

    row: int
    entry: E


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that could be read, and the codes of rows that could not: they count as known."""

    units: list[Placed[UnitEntry]]
    posts: list[Placed[PostEntry]]
    liaisons: list[Placed[LiaisonEntry]]
    broken_units: frozenset[str] = frozenset()
    broken_people: frozenset[str] = frozenset()


def check(draft: Draft, findings: Findings) -> None:
    """Add every problem and warning of *draft* to *findings*."""
    _Checker(draft, findings).run()


class _Checker:
    def __init__(self, draft: Draft, findings: Findings) -> None:
        self.draft, self.found = draft, findings
        self.units = _by(draft.units, lambda unit: unit.code)
        self.people = _by(draft.posts, lambda post: post.employee_no)

    def run(self) -> None:
        self._unit_periods()
        for unit in self.draft.units:
            self._unit(unit)
        self._cycles()
        self._post_periods()
        for post in self.draft.posts:
            self._post(post)
        self._same_people()
        self._liaison_periods()
        for liaison in self.draft.liaisons:
            self._liaison(liaison)
        self._unserved_workplaces()

    # units

    def _unit_periods(self) -> None:
        for placed, other in _overlapping(self.draft.units, lambda unit: unit.code):
            self.found.error("unit_twice", _at(UNITS, placed, "机构代码"), placed.entry.code, other=other.row)

    def _unit(self, placed: Placed[UnitEntry]) -> None:
        unit = placed.entry
        expected = _side_of(unit)
        if unit.side is not expected:
            self.found.error(
                "side_wrong",
                _at(UNITS, placed, "主体"),
                unit.side.label.zh,
                kind=unit.kind,
                expected=expected.label.zh,
                expected_en=expected.label.en,
            )
        if unit.parent_code is None:
            if unit.kind not in (UnitKind.HEAD, UnitKind.BRANCH, UnitKind.LIFE_BRANCH):
                self.found.warn("unit_without_parent", _at(UNITS, placed, "上级代码"), unit.code)
        elif unit.parent_code in self.units:
            self._parent(placed, unit.parent_code)
        elif unit.parent_code not in self.draft.broken_units:
            self.found.error("parent_unknown", _at(UNITS, placed, "上级代码"), unit.parent_code)

    def _parent(self, placed: Placed[UnitEntry], parent_code: str) -> None:
        unit, place = placed.entry, _at(UNITS, placed, "上级代码")
        parents = [parent.entry for parent in self.units[parent_code]]
        living = [parent for parent in parents if periods_overlap(unit, parent)]
        if not living:
            self.found.warn("parent_not_in_force", place, parent_code)
        if not any(parent.kind in USUAL_PARENTS[unit.kind] for parent in parents):
            self.found.warn("parent_unusual", place, parent_code, kind=unit.kind, parent=parents[-1].kind)
        if not any(parent.side is unit.side for parent in parents):
            self.found.warn("parent_other_side", place, parent_code)

    def _cycles(self) -> None:
        bad_units = _on_cycles(
            (unit.entry.code, unit.entry.parent_code, unit.entry) for unit in self.draft.units
        )
        for unit in self.draft.units:
            if unit.entry.code in bad_units:
                self.found.error("unit_cycle", _at(UNITS, unit, "上级代码"), unit.entry.code)
        bad_people = _on_cycles(
            (post.entry.employee_no, post.entry.manager_no, post.entry) for post in self.draft.posts
        )
        for post in self.draft.posts:
            if post.entry.employee_no in bad_people:
                self.found.error("manager_cycle", _at(POSTS, post, "上级工号"), post.entry.employee_no)

    # people

    def _post_periods(self) -> None:
        repeated = set()
        for placed, other in _overlapping(
            self.draft.posts, lambda post: (post.employee_no, post.role, post.unit_code)
        ):
            repeated.add(placed.row)
            self.found.error(
                "post_twice", _at(POSTS, placed, "工号"), placed.entry.employee_no, other=other.row
            )
        agents = [post for post in self.draft.posts if post.entry.role is Role.AGENT]
        for placed, other in _overlapping(agents, lambda post: post.employee_no):
            if placed.row not in repeated:
                place = _at(POSTS, placed, "机构代码")
                self.found.error("agent_twice", place, placed.entry.employee_no, other=other.row)

    def _post(self, placed: Placed[PostEntry]) -> None:
        post = placed.entry
        if post.unit_code in self.units:
            self._post_unit(placed)
        elif post.unit_code not in self.draft.broken_units:
            self.found.error("unit_unknown", _at(POSTS, placed, "机构代码"), post.unit_code)
        if post.manager_no is None:
            if post.role is Role.AGENT:
                self.found.warn("agent_without_manager", _at(POSTS, placed, "上级工号"))
        elif post.manager_no in self.people:
            if post.role is Role.AGENT and not self._holds(post.manager_no, Role.SUPERVISOR):
                self.found.warn("manager_role", _at(POSTS, placed, "上级工号"), post.manager_no)
        elif post.manager_no not in self.draft.broken_people:
            self.found.error("manager_unknown", _at(POSTS, placed, "上级工号"), post.manager_no)

    def _post_unit(self, placed: Placed[PostEntry]) -> None:
        post, place = placed.entry, _at(POSTS, placed, "机构代码")
        units = [unit.entry for unit in self.units[post.unit_code]]
        expected = SIDE_OF_ROLE.get(post.role)
        if expected and all(_side_of(unit) is not expected for unit in units):
            self.found.error(
                "role_side_wrong",
                place,
                post.unit_code,
                role=post.role.label.zh,
                role_en=post.role.label.en,
                expected=expected.label.zh,
                expected_en=expected.label.en,
                side=_side_of(units[-1]).label.zh,
            )
        elif post.role is Role.AGENT and not self._has_workplace(post.unit_code):
            self.found.error("agent_without_workplace", place, post.unit_code)
        if not any(periods_overlap(post, unit) for unit in units):
            self.found.warn("unit_not_in_force", place, post.unit_code)

    def _has_workplace(self, unit_code: str) -> bool:
        seen: set[str] = set()
        above = [unit_code]
        while above:
            code = above.pop()
            if code in self.draft.broken_units:  # its own row is complained about already
                return True
            if code in seen:
                continue
            seen.add(code)
            entries = [unit.entry for unit in self.units.get(code, ())]
            if any(unit.kind is UnitKind.WORKPLACE for unit in entries):
                return True
            above += [unit.parent_code for unit in entries if unit.parent_code]
        return False

    def _same_people(self) -> None:
        for number, posts in self.people.items():
            first = posts[0]
            for placed in posts[1:]:
                if placed.entry.name != first.entry.name:
                    place = _at(POSTS, placed, "姓名")
                    self.found.error("name_differs", place, placed.entry.name, number=number, other=first.row)
                if placed.entry.phone != first.entry.phone:
                    self.found.warn(
                        "phone_differs", _at(POSTS, placed, "手机"), number=number, other=first.row
                    )

    def _holds(self, number: str, role: Role, during: Entry | None = None) -> bool:
        return any(
            post.entry.role is role and (during is None or periods_overlap(post.entry, during))
            for post in self.people.get(number, ())
        )

    # liaisons

    def _liaison_periods(self) -> None:
        for placed, other in _overlapping(
            self.draft.liaisons, lambda row: (row.workplace_code, row.specialist_no, row.trainer_no)
        ):
            place = _at(LIAISONS, placed, "职场代码")
            self.found.error("liaison_twice", place, placed.entry.workplace_code, other=other.row)

    def _liaison(self, placed: Placed[LiaisonEntry]) -> None:
        liaison, place = placed.entry, _at(LIAISONS, placed, "职场代码")
        known = self.units.get(liaison.workplace_code)
        if known and not any(unit.entry.kind is UnitKind.WORKPLACE for unit in known):
            self.found.error("workplace_kind", place, liaison.workplace_code)
        if not known and liaison.workplace_code not in self.draft.broken_units:
            self.found.error("workplace_unknown", place, liaison.workplace_code)
        if liaison.specialist_no is None and liaison.trainer_no is None:
            self.found.error("liaison_nobody", _at(LIAISONS, placed, "专员工号"))
        self._served_by(placed, "专员工号", liaison.specialist_no, Role.SPECIALIST)
        self._served_by(placed, "组训工号", liaison.trainer_no, Role.TRAINER)

    def _served_by(self, placed: Placed[LiaisonEntry], column: str, number: str | None, role: Role) -> None:
        if number is None or number in self.draft.broken_people:
            return
        place = _at(LIAISONS, placed, column)
        if number not in self.people:
            self.found.error("liaison_person_unknown", place, number)
        elif not self._holds(number, role):
            self.found.error("liaison_role_wrong", place, number, role=role.label.zh, role_en=role.label.en)
        elif not self._holds(number, role, placed.entry):
            self.found.warn("liaison_not_in_force", place, number)

    def _unserved_workplaces(self) -> None:
        served = {liaison.entry.workplace_code for liaison in self.draft.liaisons}
        for unit in self.draft.units:
            if unit.entry.kind is UnitKind.WORKPLACE and unit.entry.code not in served:
                served.add(unit.entry.code)
                place = _at(UNITS, unit, "机构代码")
                self.found.warn("workplace_without_liaison", place, unit.entry.code)


def _side_of(unit: UnitEntry) -> Side:
    """The company a unit belongs to by its kind, else as its row says."""
    return SIDE_OF_KIND.get(unit.kind, unit.side)


def _at(sheet: str, placed: Placed[E], column: str) -> Place:
    return Place(sheet, placed.row, column)


def _by(rows: Iterable[Placed[E]], key: Callable[[E], str]) -> dict[str, list[Placed[E]]]:
    groups: dict[str, list[Placed[E]]] = defaultdict(list)
    for placed in rows:
        groups[key(placed.entry)].append(placed)
    return dict(groups)


def _overlapping(
    rows: Iterable[Placed[E]], key: Callable[[E], object]
) -> Iterator[tuple[Placed[E], Placed[E]]]:
    """Yield every row whose period overlaps one of the same key that starts earlier, with that one."""
    last: dict[object, Placed[E]] = {}
    for placed in sorted(rows, key=lambda p: (p.entry.valid_from, p.row)):
        same = key(placed.entry)
        before = last.get(same)
        if before is not None and periods_overlap(before.entry, placed.entry):
            yield placed, before
        if before is None or (placed.entry.valid_to or date.max) > (before.entry.valid_to or date.max):
            last[same] = placed


_Pair = tuple[str, str]


def _on_cycles(edges: Iterable[tuple[str, str | None, Entry]]) -> set[str]:
    """Return the codes that stand above themselves on some day.

    A code may change its superior in time, so that a cycle of all periods together need not be one.
    """
    known = [(child, parent, entry) for child, parent, entry in edges if parent is not None]
    suspects = _core({(child, parent) for child, parent, _ in known})
    known = [edge for edge in known if edge[:2] in suspects]
    bad: set[str] = set()
    for day in {entry.valid_from for _, _, entry in known}:
        today = _core({(child, parent) for child, parent, entry in known if in_period(entry, day)})
        bad |= {child for child, _ in today}
    return bad


def _core(pairs: set[_Pair]) -> set[_Pair]:
    """Return the pairs that lie on a cycle or between two: what leads to no cycle is stripped off both ends."""
    below = _strip(pairs)
    return {(child, parent) for parent, child in _strip({(parent, child) for child, parent in below})}


def _strip(pairs: set[_Pair]) -> set[_Pair]:
    """Return *pairs* without those whose way up ends at a root."""
    waiting = Counter(child for child, _ in pairs)
    below: dict[str, list[str]] = defaultdict(list)
    for child, parent in pairs:
        below[parent].append(child)
    free = [parent for parent in below if waiting[parent] == 0]
    while free:
        for child in below[free.pop()]:
            waiting[child] -= 1
            if waiting[child] == 0:
                free.append(child)
    return {(child, parent) for child, parent in pairs if waiting[child] and waiting[parent]}
