"""Finders over accounts, their roles, posts and sessions (the classes live in :mod:`engine.store.people`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from engine.store.people import OrgUnit, Person, Post, SignInSession, UserAccount, UserRole

DEPARTMENT = "department"
HEAD = "head"


def lock_account(session: Session, name: str) -> UserAccount | None:
    """Return the account with this sign-in name, its row locked until the transaction ends."""
    return session.scalar(select(UserAccount).where(UserAccount.name == name).with_for_update())


def all_accounts(session: Session) -> Sequence[UserAccount]:
    """Return every account, by sign-in name."""
    return session.scalars(select(UserAccount).order_by(UserAccount.name)).all()


def count_without_account(session: Session, numbers: Collection[str]) -> int:
    """Return how many of these employee numbers have no account to sign in with."""
    have = set(session.scalars(select(UserAccount.name)))
    return len(set(numbers) - have)


def person_by_no(session: Session, employee_no: str) -> Person | None:
    """Return the person with this employee number."""
    return session.scalar(select(Person).where(Person.employee_no == employee_no))


def posts_of(session: Session, employee_no: str) -> Sequence[Post]:
    """Return all posts a person ever held or will hold."""
    return session.scalars(select(Post).where(Post.employee_no == employee_no)).all()


def replace_roles(session: Session, user_id: int, roles: Iterable[str]) -> None:
    """Give a user exactly *roles*."""
    session.execute(delete(UserRole).where(UserRole.user_id == user_id))
    session.add_all(UserRole(user_id=user_id, role=role) for role in sorted(set(roles)))


def base_unit(session: Session, code: str, day: date) -> tuple[str, str] | None:
    """Return (code, kind) of the unit whose subtree *code* opens: a department opens its parent's."""
    unit = session.scalar(select(OrgUnit).where(OrgUnit.code == code, _valid(day)))
    if unit is not None and unit.kind == DEPARTMENT and unit.parent_code:
        parent = session.scalar(select(OrgUnit).where(OrgUnit.code == unit.parent_code, _valid(day)))
        unit = parent or unit
    return None if unit is None else (unit.code, unit.kind)


def codes_below(session: Session, codes: Iterable[str], day: date) -> frozenset[str]:
    """Return *codes* and the codes of all units under them on *day*."""
    wanted = sorted(set(codes))
    if not wanted:
        return frozenset()
    tree = (
        select(OrgUnit.code.label("code"))
        .where(OrgUnit.code.in_(wanted), _valid(day))
        .cte("subtree", recursive=True)
    )
    tree = tree.union(select(OrgUnit.code).where(OrgUnit.parent_code == tree.c.code, _valid(day)))
    return frozenset(session.scalars(select(tree.c.code))) | frozenset(wanted)


def units_of_name(session: Session, name: str) -> frozenset[str]:
    """Return the units somebody belongs to by account or by any post."""
    own = session.scalars(select(UserAccount.unit_code).where(UserAccount.name == name))
    posted = session.scalars(select(Post.unit_code).where(Post.employee_no == name))
    return frozenset(code for code in (*own, *posted) if code)


def unit_exists(session: Session, code: str) -> bool:
    """Whether a unit with this code exists in any period."""
    return bool(session.scalar(select(func.count()).select_from(OrgUnit).where(OrgUnit.code == code)))


def session_with_account(session: Session, session_id: str) -> tuple[SignInSession, UserAccount] | None:
    """Return a sign-in session together with its account."""
    row = session.execute(
        select(SignInSession, UserAccount)
        .join(UserAccount, UserAccount.id == SignInSession.user_id)
        .where(SignInSession.id == session_id)
    ).first()
    return None if row is None else (row[0], row[1])


def live_sessions_of(session: Session, user_id: int) -> Sequence[SignInSession]:
    """Return the sessions of a user that were not ended."""
    return session.scalars(
        select(SignInSession).where(SignInSession.user_id == user_id, SignInSession.ended_at.is_(None))
    ).all()


def _valid(day: date) -> ColumnElement[bool]:
    return (OrgUnit.valid_from <= day) & or_(OrgUnit.valid_to.is_(None), OrgUnit.valid_to >= day)
