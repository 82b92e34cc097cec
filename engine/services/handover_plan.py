"""Who may hand whose renewals over, to whom, and what the split rule proposes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

from engine.domain.actor import Actor
from engine.domain.codes import Role
from engine.domain.directory import Directory, PostRow
from engine.domain.handover import Case, Taker
from engine.domain.reach import units_seen_by
from engine.services.assignment import FIELDS
from engine.store.absence import away
from engine.store.handover import loads_of, servers_of
from engine.store.renewals import Renewal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

HANDED_ROLES = (Role.AGENT, Role.SUPERVISOR, Role.SPECIALIST)
"""Whose renewals are handed over by hand; a trainer's follow the liaisons of the organisation file alone."""
MOVING_ROLES = frozenset({Role.AGENT, Role.SPECIALIST})
"""Who may hand renewals over and stay; a team's renewals follow its supervisor's post."""
BELOW = {
    Role.SUPERVISOR: frozenset({Role.AGENT}),
    Role.TRAINER: frozenset({Role.AGENT, Role.SUPERVISOR}),
    Role.CHANNEL: frozenset(HANDED_ROLES),
    Role.ADMIN: frozenset(HANDED_ROLES),
}
"""Whose renewals each role hands over; supervisors and trainers in their own units only."""
STANDS_IN = {Role.AGENT: Role.SUPERVISOR, Role.SUPERVISOR: Role.TRAINER}
"""Who takes over where no colleague of the role serves (domain.md §7 case 16)."""


@dataclass(frozen=True, slots=True)
class Leaver:
    """Whose renewals go to others: the number, the role they are held in, and the unit of that post."""

    number: str
    role: Role
    unit_code: str


def roles_over(actor: Actor) -> frozenset[Role]:
    """Return the roles whose renewals this person may hand over."""
    return frozenset(role for held in actor.roles for role in BELOW.get(held, ()))


def may_hand_over(actor: Actor, directory: Directory, leaver: Leaver) -> bool:
    """Whether *actor* hands the renewals of *leaver* over: a superior of the unit, never of the own ones."""
    if actor.is_operator:
        return True
    if leaver.number == actor.name or leaver.number in actor.numbers:
        return False
    for role in actor.roles:
        if leaver.role not in BELOW.get(role, ()):
            continue
        if actor.sees_all or leaver.unit_code in actor.unit_codes:
            return True
        if role in (Role.CHANNEL, Role.ADMIN) and leaver.unit_code in units_seen_by(actor, directory):
            return True
    return False


def takers_of(session: Session, directory: Directory, leaver: Leaver, *, until: date) -> list[Taker]:
    """Return who may take the renewals over: those who serve on the directory's day, with what they have to do.

    Somebody who is away between that day and *until*, when the first contact is due, is not available.
    """
    posts = list(_posts(directory, leaver))
    peers = {post.employee_no for post in posts if post.role == leaver.role} - {leaver.number}
    helpers = {post.employee_no for post in posts if post.role != leaver.role} - peers - {leaver.number}
    absent = away(session, peers | helpers, directory.day, until)
    load = loads_of(session, peers, leaver.role)
    if helpers:
        load |= loads_of(session, helpers, STANDS_IN[leaver.role])
    by_number = {post.employee_no: post for post in posts}
    return [
        Taker(
            number=number,
            team_code=_team(directory, by_number[number]),
            workplace_code=directory.nearest(by_number[number].unit_code, "workplace"),
            load=load.get(number, 0),
            is_available=number not in absent,
            is_peer=number in peers,
        )
        for number in sorted(peers | helpers)
    ]


def _posts(directory: Directory, leaver: Leaver) -> Iterator[PostRow]:
    """Posts of the leaver's role around the leaver's unit, and of whoever stands in for it."""
    home = _home(directory, leaver)
    codes = sorted(directory.below(home)) if home else [leaver.unit_code]
    stand_in = STANDS_IN.get(leaver.role)
    for code in codes:
        for post in directory.posts_in.get(code, ()):
            if post.role in (leaver.role, stand_in):
                yield post
    if leaver.role is Role.SUPERVISOR:
        for row in directory.liaisons_of(directory.nearest(leaver.unit_code, "workplace")):
            held = directory.post_of(row.trainer_no, Role.TRAINER)
            if held is not None:
                yield held


def _home(directory: Directory, leaver: Leaver) -> str | None:
    """The unit in which colleagues are looked for: the workplace, for a specialist the city."""
    kind = "branch" if leaver.role is Role.SPECIALIST else "workplace"
    return directory.nearest(leaver.unit_code, kind)


def _team(directory: Directory, post: PostRow) -> str | None:
    return directory.nearest(post.unit_code, "team") or post.unit_code


def team_of(directory: Directory, leaver: Leaver) -> str | None:
    """Return the leaver's team; for who has none, the unit of the post."""
    return directory.nearest(leaver.unit_code, "team") or leaver.unit_code


def workplace_of(directory: Directory, leaver: Leaver) -> str | None:
    """Return the workplace in which the renewals are to stay; None where a whole city serves them."""
    return None if leaver.role is Role.SPECIALIST else _home(directory, leaver)


def cases_of(session: Session, renewals: Sequence[Renewal], leaver: Leaver) -> list[Case]:
    """Return the renewals as the split rule needs them, with who else serves or served their customers."""
    of_customer, of_vehicle = servers_of(session, renewals, leaver.role)
    return [
        Case(
            renewal_id=row.id,
            customer_id=row.customer_id,
            served_by=frozenset(
                of_customer.get(row.customer_id or 0, set()) | of_vehicle.get(row.vehicle_id, set())
            ),
        )
        for row in renewals
    ]


def mark_of(renewal: Renewal) -> str:
    """Return a mark of who answers for a renewal: another one tells that it changed since."""
    held = "|".join(f"{name}={getattr(renewal, name)}" for name in (*FIELDS, "is_orphan"))
    return sha256(held.encode()).hexdigest()[:32]
