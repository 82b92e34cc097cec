"""The organisation as of today: both trees with headcounts, and which units answer for which workplace.

A person sees the own unit with everything under it, and across the two companies what the liaisons
join to it (domain.md §6.1, §7 case 45); units above are named so that the place is understood.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.delegation import substitutes_for
from engine.domain.directory import Directory
from engine.domain.reach import units_seen_by
from engine.queries.names import people_names
from engine.store.absence import absences_about
from engine.store.organisation import directory_on
from engine.store.people import OrgUnit, Person, Post, UserAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitNode:
    """One unit; ``own`` are the posts in it by role, ``total`` the posts in it and below.

    ``is_context`` marks a unit above the reader's scope: named only.
    """

    code: str
    name: str
    kind: str
    side: str
    depth: int
    is_context: bool
    own: Mapping[str, int]
    total: int
    children: tuple[UnitNode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiaisonLine:
    """Who serves a workplace today; names beside numbers."""

    workplace_code: str
    workplace: str
    specialist_no: str | None
    specialist: str | None
    trainer_no: str | None
    trainer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceLine:
    """An absence that concerns the reader, people by name beside their numbers."""

    id: int
    who: str
    substitute: str
    first_day: date
    last_day: date
    may_end: bool


MOST_SUBSTITUTES = 300
"""Of more colleagues nobody is offered: the number is typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgPage:
    """Both trees and the liaisons on ``day``; ``by_role`` counts the people of the scope."""

    day: date
    trees: tuple[UnitNode, ...]
    liaisons: tuple[LiaisonLine, ...]
    by_role: Mapping[str, int]

    @property
    def is_empty(self) -> bool:
        """Whether no organisation was imported, or none lies within the scope."""
        return not self.trees


def org_page(session: Session, actor: Actor, day: date) -> OrgPage:
    """Return the organisation on *day* as far as *actor* may see it."""
    directory = directory_on(session, day)
    seen = frozenset(directory.units) if actor.sees_all else units_seen_by(actor, directory)
    shown = {unit.code for code in seen for unit in directory.ancestors(code)}
    posts = [post for code in sorted(seen) for post in directory.posts_in.get(code, ())]
    return OrgPage(
        day=day,
        trees=_trees(directory, seen, shown),
        liaisons=_liaisons(session, directory, seen),
        by_role=Counter(post.role for post in posts),
    )


def seen_codes(session: Session, actor: Actor, day: date) -> frozenset[str] | None:
    """Return the codes of the units *actor* sees on *day*, None for all."""
    if actor.sees_all:
        return None
    return units_seen_by(actor, directory_on(session, day))


def units_within(codes: frozenset[str] | None) -> ColumnElement[bool]:
    """Return the WHERE clause over OrgUnit for what `seen_codes` gave."""
    return true() if codes is None else OrgUnit.code.in_(sorted(codes))


def people_within(codes: frozenset[str] | None) -> ColumnElement[bool]:
    """Return the WHERE clause over Person: those with any post, past ones too, in the units."""
    if codes is None:
        return true()
    return Person.employee_no.in_(select(Post.employee_no).where(Post.unit_code.in_(sorted(codes))))


def accounts_within(codes: frozenset[str] | None) -> ColumnElement[bool]:
    """Return the WHERE clause over UserAccount: those of the units, by account or by post."""
    if codes is None:
        return true()
    named = select(Post.employee_no).where(Post.unit_code.in_(sorted(codes)))
    return or_(UserAccount.unit_code.in_(sorted(codes)), UserAccount.name.in_(named))


def _trees(directory: Directory, seen: frozenset[str], shown: set[str]) -> tuple[UnitNode, ...]:
    children: dict[str | None, list[str]] = defaultdict(list)
    for code in sorted(shown):
        parent = directory.units[code].parent_code
        children[parent if parent in shown else None].append(code)

    def node(code: str, depth: int) -> UnitNode:
        unit = directory.units[code]
        below = tuple(node(child, depth + 1) for child in children[code])
        own = Counter(post.role for post in directory.posts_in.get(code, ())) if code in seen else Counter()
        return UnitNode(
            code=code,
            name=unit.name,
            kind=unit.kind,
            side=unit.side,
            depth=depth,
            is_context=code not in seen,
            own=dict(own),
            total=sum(own.values()) + sum(child.total for child in below),
            children=below,
        )

    roots = [node(code, 0) for code in children[None]]
    return tuple(sorted(roots, key=lambda root: (root.side != "pc", root.code)))


def _liaisons(session: Session, directory: Directory, seen: Iterable[str]) -> tuple[LiaisonLine, ...]:
    within = set(seen)
    rows: Sequence[tuple[str, str | None, str | None]] = [
        (row.workplace_code, row.specialist_no, row.trainer_no)
        for held in directory.liaisons.values()
        for row in held
        if row.workplace_code in within
    ]
    names = people_names(session, {number for _, *numbers in rows for number in numbers})
    return tuple(
        LiaisonLine(
            workplace_code=code,
            workplace=directory.units[code].name if code in directory.units else code,
            specialist_no=specialist,
            specialist=names.get(specialist or ""),
            trainer_no=trainer,
            trainer=names.get(trainer or ""),
        )
        for code, specialist, trainer in sorted(rows, key=lambda row: row[0])
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLine:
    """Somebody who may be chosen: number, name, and the first of today's posts."""

    number: str
    name: str
    role: str
    unit: str


def staff_within(session: Session, actor: Actor, day: date, *, most: int) -> tuple[StaffLine, ...]:
    """Return who serves on *day* in the units *actor* sees, by name; nobody when they are more than *most*."""
    directory = directory_on(session, day)
    seen = frozenset(directory.units) if actor.sees_all else units_seen_by(actor, directory)
    posts = {
        post.employee_no: post
        for code in sorted(seen, reverse=True)
        for post in directory.posts_in.get(code, ())
    }
    if len(posts) > most:
        return ()
    names = people_names(session, posts)
    found = (
        StaffLine(
            number=number,
            name=names.get(number, number),
            role=post.role,
            unit=directory.units[post.unit_code].name
            if post.unit_code in directory.units
            else post.unit_code,
        )
        for number, post in posts.items()
    )
    return tuple(sorted(found, key=lambda one: (one.unit, one.role, one.number)))


def account_names(session: Session, actor: Actor, day: date, *, most: int) -> tuple[tuple[str, str], ...]:
    """Return (sign-in name, shown name) of the accounts of the units *actor* sees; none when over *most*."""
    rows = session.execute(
        select(UserAccount.name, UserAccount.display_name)
        .where(accounts_within(seen_codes(session, actor, day)))
        .order_by(UserAccount.name)
        .limit(most + 1)
    ).all()
    return () if len(rows) > most else tuple((row.name, row.display_name) for row in rows)


def unit_choices(session: Session, actor: Actor, day: date) -> tuple[tuple[str, str], ...]:
    """Return (code, name) of the units *actor* sees on *day*, by code."""
    directory = directory_on(session, day)
    seen = frozenset(directory.units) if actor.sees_all else units_seen_by(actor, directory)
    return tuple((code, directory.units[code].name) for code in sorted(seen))


def absences_of(session: Session, actor: Actor, today: date) -> tuple[AbsenceLine, ...]:
    """Return the absences of today and later that *actor* has, stands in for, or arranged for others."""
    rows = absences_about(session, actor.name, actor.employee_no or actor.name, today)
    names = people_names(session, {number for row in rows for number in (row.employee_no, row.substitute_no)})
    return tuple(
        AbsenceLine(
            id=row.id,
            who=f"{names.get(row.employee_no, '')} {row.employee_no}".strip(),
            substitute=f"{names.get(row.substitute_no, '')} {row.substitute_no}".strip(),
            first_day=row.first_day,
            last_day=row.last_day,
            may_end=row.substitute_no != actor.employee_no,
        )
        for row in rows
    )


def substitutes_of(session: Session, actor: Actor, today: date) -> tuple[tuple[str, str], ...]:
    """Return who may stand in for *actor*: (employee number, name with number), by name; nobody of more than 300."""
    if actor.employee_no is None:
        return ()
    numbers = substitutes_for(directory_on(session, today), actor.employee_no)
    if len(numbers) > MOST_SUBSTITUTES:
        return ()
    names = people_names(session, numbers)
    shown = sorted((names.get(number, ""), number) for number in numbers)
    return tuple((number, f"{name} {number}".strip()) for name, number in shown)


def own_units(session: Session, actor: Actor, day: date) -> tuple[tuple[str, str, str | None], ...]:
    """Return (unit code, unit name, role) of each post *actor* holds on *day*; role None: by account only."""
    directory = directory_on(session, day)
    held: list[tuple[str, str | None]] = [
        (post.unit_code, post.role) for post in directory.posts.get(actor.name, ())
    ]
    if actor.unit_code and actor.unit_code not in {code for code, _ in held}:
        held.append((actor.unit_code, None))
    return tuple(
        (code, directory.units[code].name if code in directory.units else code, role) for code, role in held
    )
