"""The two organisation trees on one day, and who is responsible for a policy.

Rules: domain.md §1.5 (every policy has one responsible person, a specialist, a trainer, a workplace
and a branch at any time) and §7 case 16 (vacancies fall back: acting supervisor → trainer →
specialist → the channel department's queue).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from engine.domain.codes import Role
from engine.domain.numbers import plain_number


class UnitRow(Protocol):
    """What the directory reads of an organisation unit."""

    code: str
    name: str
    parent_code: str | None
    kind: str
    side: str
    province: str | None
    city: str | None
    valid_from: date
    valid_to: date | None


class PostRow(Protocol):
    """What the directory reads of a post."""

    employee_no: str
    role: str
    unit_code: str
    manager_no: str | None
    valid_from: date
    valid_to: date | None


class LiaisonRow(Protocol):
    """What the directory reads of a liaison."""

    workplace_code: str
    specialist_no: str | None
    trainer_no: str | None
    valid_from: date
    valid_to: date | None


def in_force(row: UnitRow | PostRow | LiaisonRow, day: date) -> bool:
    """Whether *row* is valid on *day*; ``valid_to`` is the last valid date."""
    return row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsible:
    """The people and units that answer for one renewal; numbers are employee numbers.

    ``is_recalled``: the customer withdrew that the life insurer is given the data, so that none of its people is
    named (domain.md §5, PIPL Art. 23).
    """

    owner_no: str | None
    owner_role: Role | None
    agent_no: str | None
    supervisor_no: str | None
    trainer_no: str | None
    specialist_no: str | None
    team_code: str | None
    workplace_code: str | None
    sub_branch_code: str | None
    branch_code: str | None
    is_orphan: bool
    is_recalled: bool = False

    def assignee_for(self, role: Role) -> str | None:
        """Return who does a task of *role*, falling back over vacancies; None = the role's queue.

        What an agent does is done by whoever answers for the renewal; the take-over of an orphan policy by the
        supervisor who was put in charge of it.
        """
        if self.owner_no and (role is Role.AGENT or role is Role.SUPERVISOR is self.owner_role):
            return self.owner_no
        chain = _FALLBACK[role]
        people = {
            Role.AGENT: self.agent_no if not self.is_orphan else None,
            Role.SUPERVISOR: self.supervisor_no,
            Role.TRAINER: self.trainer_no,
            Role.SPECIALIST: self.specialist_no,
        }
        return next((people[r] for r in chain if people.get(r)), None)


_FALLBACK: dict[Role, tuple[Role, ...]] = {
    Role.AGENT: (Role.AGENT, Role.SUPERVISOR, Role.TRAINER, Role.SPECIALIST),
    Role.SUPERVISOR: (Role.SUPERVISOR, Role.TRAINER, Role.SPECIALIST),
    Role.TRAINER: (Role.TRAINER, Role.SPECIALIST),
    Role.SPECIALIST: (Role.SPECIALIST,),
    Role.CHANNEL: (),
}


@dataclass(slots=True)
class Directory:
    """Units, posts and liaisons in force on ``day``; of liaisons also which pairs have ended."""

    day: date
    units: dict[str, UnitRow] = field(default_factory=dict)
    posts: dict[str, list[PostRow]] = field(default_factory=dict)
    posts_in: dict[str, list[PostRow]] = field(default_factory=dict)
    liaisons: dict[str, list[LiaisonRow]] = field(default_factory=dict)
    ended_liaisons: set[tuple[str, str]] = field(default_factory=set)
    _as_typed: dict[str, str] = field(default_factory=dict)
    _children: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def build(
        cls, day: date, units: Iterable[UnitRow], posts: Iterable[PostRow], liaisons: Iterable[LiaisonRow]
    ) -> Directory:
        """Keep what is in force on *day*."""
        made = cls(day)
        for unit in units:
            if in_force(unit, day):
                made.units[unit.code] = unit
        for unit in made.units.values():
            if unit.parent_code:
                made._children.setdefault(unit.parent_code, []).append(unit.code)
        for post in posts:
            if in_force(post, day):
                made.posts.setdefault(post.employee_no, []).append(post)
                made.posts_in.setdefault(post.unit_code, []).append(post)
                made._as_typed.setdefault(plain_number(post.employee_no), post.employee_no)
        for liaison in liaisons:
            if in_force(liaison, day):
                made.liaisons.setdefault(liaison.workplace_code, []).append(liaison)
            elif liaison.valid_to is not None and liaison.valid_to < day and liaison.specialist_no:
                made.ended_liaisons.add((liaison.workplace_code, liaison.specialist_no))
        for held in made.liaisons.values():
            held.sort(key=lambda row: (row.valid_from, row.specialist_no or "", row.trainer_no or ""))
        return made

    def liaisons_of(self, workplace: str | None) -> list[LiaisonRow]:
        """Return who serves a workplace, the longest first."""
        return self.liaisons.get(workplace or "", [])

    def leads_of(self, team: str | None) -> list[str]:
        """Return the numbers of a team's own supervisors."""
        return sorted(p.employee_no for p in self.posts_in.get(team or "", ()) if p.role == Role.SUPERVISOR)

    def post_of(self, employee_no: str | None, role: Role) -> PostRow | None:
        """Return the post of *role* that *employee_no* holds today."""
        return next((p for p in self.posts.get(employee_no or "", ()) if p.role == role), None)

    def number_of(self, typed: str) -> str | None:
        """Return the number of a serving person as it is stored, however a person typed it."""
        return typed if typed in self.posts else self._as_typed.get(plain_number(typed))

    def ancestors(self, code: str | None) -> Iterable[UnitRow]:
        """Yield the unit *code* and those above it, nearest first."""
        seen: set[str] = set()
        while code and code in self.units and code not in seen:
            seen.add(code)
            yield self.units[code]
            code = self.units[code].parent_code

    def nearest(self, code: str | None, *kinds: str) -> str | None:
        """Return the code of the nearest unit of one of *kinds* at or above *code*."""
        return next((u.code for u in self.ancestors(code) if u.kind in kinds), None)

    def below(self, code: str) -> frozenset[str]:
        """Return *code* and the codes of all units under it."""
        found, stack = set(), [code]
        while stack:
            unit_code = stack.pop()
            if unit_code not in found:
                found.add(unit_code)
                stack.extend(self._children.get(unit_code, ()))
        return frozenset(found)

    def responsible_for(
        self,
        *,
        agent_no: str | None,
        sub_branch_code: str | None,
        workplace_code: str | None = None,
        specialist_no: str | None = None,
    ) -> Responsible:
        """Resolve everybody who answers for a policy of *agent_no* today (domain.md §1.5)."""
        post = self.post_of(agent_no, Role.AGENT)
        unit_code = post.unit_code if post else workplace_code
        team = self.nearest(unit_code, "team")
        workplace = self.nearest(unit_code, "workplace") or workplace_code
        supervisor = self._supervisor_of(post, team, workplace)
        liaison = next(iter(self.liaisons_of(workplace)), None)
        trainer = self._serving(liaison.trainer_no if liaison else None, Role.TRAINER) or self._in_unit(
            workplace, Role.TRAINER
        )
        specialist = (
            self._serving(specialist_no, Role.SPECIALIST)
            or self._serving(liaison.specialist_no if liaison else None, Role.SPECIALIST)
            or self._in_unit(sub_branch_code, Role.SPECIALIST)
        )
        owners = (
            (agent_no if post else None, Role.AGENT),
            (supervisor, Role.SUPERVISOR),
            (trainer, Role.TRAINER),
            (specialist, Role.SPECIALIST),
        )
        owner_no, owner_role = next(((no, role) for no, role in owners if no), (None, Role.CHANNEL))
        return Responsible(
            owner_no=owner_no,
            owner_role=owner_role,
            agent_no=agent_no,
            supervisor_no=supervisor,
            trainer_no=trainer,
            specialist_no=specialist,
            team_code=team,
            workplace_code=workplace,
            sub_branch_code=sub_branch_code,
            branch_code=self.nearest(sub_branch_code, "branch"),
            is_orphan=post is None,
        )

    def _supervisor_of(self, post: PostRow | None, team: str | None, workplace: str | None) -> str | None:
        direct = self._serving(post.manager_no if post else None, Role.SUPERVISOR)
        return direct or self._in_unit(team, Role.SUPERVISOR) or self._in_teams_of(workplace)

    def supervisors_below(self, workplace: str | None) -> list[str]:
        """Return the supervisors of all teams of a workplace, by number."""
        if workplace is None:
            return []
        return sorted(
            p.employee_no
            for code in self.below(workplace)
            for p in self.posts_in.get(code, ())
            if p.role == Role.SUPERVISOR
        )

    def _in_teams_of(self, workplace: str | None) -> str | None:
        """An acting supervisor: the first other supervisor of the workplace, by number."""
        return next(iter(self.supervisors_below(workplace)), None)

    def _serving(self, employee_no: str | None, role: Role) -> str | None:
        return employee_no if employee_no and self.post_of(employee_no, role) else None

    def _in_unit(self, unit_code: str | None, role: Role) -> str | None:
        found = sorted(p.employee_no for p in self.posts_in.get(unit_code or "", ()) if p.role == role)
        return found[0] if found else None
