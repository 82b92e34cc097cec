"""Organisation, posts, liaisons, users and their sign-in sessions (architecture.md §6.7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, aliased, mapped_column

from engine.domain.vehicle import normalise_phone
from engine.store.base import Base, Code, PrimaryKey, Short
from engine.store.personal import TEXT, BlindIndex, Personal, SealedBytes

Row = TypeVar("Row", bound=Base)


class OrgUnit(Base):
    """One unit of the property insurer's or the life insurer's tree, for a period.

    ``valid_to`` is the last valid date, None = open. ``side`` is ``pc`` (财险) or ``life`` (寿险).
    """

    __tablename__ = "org_unit"
    __table_args__ = (UniqueConstraint("code", "valid_from"),)

    id: Mapped[PrimaryKey]
    code: Mapped[Code] = mapped_column(index=True)
    name: Mapped[Short]
    parent_code: Mapped[Code | None]
    kind: Mapped[Code]
    side: Mapped[Code]
    province: Mapped[Code | None]
    city: Mapped[Code | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Person(Base):
    """A human being, known by the employee number (工号), never by name.

    The name is what colleagues work under and stays clear; the phone is the person's own.
    """

    __tablename__ = "person"

    id: Mapped[PrimaryKey]
    employee_no: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Short] = mapped_column(index=True)
    phone_sealed: Mapped[SealedBytes | None]
    phone_index: Mapped[BlindIndex | None]

    phone = Personal[str | None](TEXT, key=("employee_no",), search=normalise_phone)


class Post(Base):
    """A role that a person holds in a unit, for a period; ``manager_no`` is the superior's number."""

    __tablename__ = "post"
    __table_args__ = (UniqueConstraint("employee_no", "role", "unit_code", "valid_from"),)

    id: Mapped[PrimaryKey]
    employee_no: Mapped[Code] = mapped_column(index=True)
    role: Mapped[Code]
    unit_code: Mapped[Code] = mapped_column(index=True)
    manager_no: Mapped[Code | None] = mapped_column(index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Liaison(Base):
    """Which specialist and which trainer serve a workplace, for a period (对接)."""

    __tablename__ = "liaison"
    __table_args__ = (UniqueConstraint("workplace_code", "specialist_no", "trainer_no", "valid_from"),)

    id: Mapped[PrimaryKey]
    workplace_code: Mapped[Code] = mapped_column(index=True)
    specialist_no: Mapped[Code | None] = mapped_column(index=True)
    trainer_no: Mapped[Code | None] = mapped_column(index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class UserAccount(Base):
    """A sign-in; ``name`` is the employee number for staff. Deactivation keeps the row."""

    __tablename__ = "user_account"

    id: Mapped[PrimaryKey]
    name: Mapped[Code] = mapped_column(unique=True)
    display_name: Mapped[Short]
    unit_code: Mapped[Code | None]
    password_hash: Mapped[Short]
    active: Mapped[bool] = mapped_column(default=True)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    session_mark: Mapped[Code] = mapped_column(unique=True)
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class UserRole(Base):
    """A role of a user; working roles come from posts as well as from here."""

    __tablename__ = "user_role"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    role: Mapped[Code] = mapped_column(primary_key=True)


class SignInSession(Base):
    """One signed-in browser: 12 h absolute, 30 min idle (threats.md §3)."""

    __tablename__ = "sign_in_session"
    __table_args__ = (Index(None, "user_id", "ended_at"),)

    id: Mapped[Code] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def rows_in_force(session: Session, day: date) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
    """Return units and posts valid on *day* as plain rows, which outlive the session; liaisons with ended ones."""

    def valid(table: type[OrgUnit] | type[Post]) -> Sequence[Any]:
        in_force = table.valid_from <= day, or_(table.valid_to.is_(None), table.valid_to >= day)
        return session.execute(select(*table.__table__.columns).where(*in_force)).all()

    liaisons = select(*Liaison.__table__.columns).where(Liaison.valid_from <= day)
    return valid(OrgUnit), valid(Post), session.execute(liaisons).all()


def next_change(session: Session, day: date) -> date | None:
    """Return the first day after *day* on which a post or a liaison begins or has ended."""
    found = []
    for table in (Post, Liaison):
        begins = session.scalar(select(func.min(table.valid_from)).where(table.valid_from > day))
        last = session.scalar(select(func.min(table.valid_to)).where(table.valid_to >= day))
        found += [begins, last + timedelta(days=1) if last is not None else None]
    return min((one for one in found if one is not None), default=None)


def user_by_name(session: Session, name: str) -> UserAccount | None:
    """Return the account with this sign-in name."""
    return session.scalar(select(UserAccount).where(UserAccount.name == name))


def roles_of_user(session: Session, user_id: int) -> list[str]:
    """Return the roles given to a user directly."""
    return list(session.scalars(select(UserRole.role).where(UserRole.user_id == user_id)))


def all_rows(session: Session, table: type[Row]) -> Sequence[Row]:
    """Return every row of one of the organisation's tables."""
    return session.scalars(select(table)).all()


def former_staff(session: Session, numbers: Collection[str], day: date) -> set[str]:
    """Return those among employee *numbers* who held posts and hold none on *day*."""
    serving = and_(Post.valid_from <= day, or_(Post.valid_to.is_(None), Post.valid_to >= day))
    rows = session.scalars(
        select(Post.employee_no)
        .where(Post.employee_no.in_(numbers))
        .group_by(Post.employee_no)
        .having(func.max(case((serving, 1), else_=0)) == 0)
    )
    return set(rows)


def roles_of_staff(session: Session, numbers: Collection[str], day: date) -> dict[str, str]:
    """Return employee number → role of the newest post on *day*, or of the last one for whom has left; one statement."""
    rows = session.execute(
        select(Post.employee_no, Post.role, Post.valid_to)
        .where(Post.employee_no.in_(numbers), Post.valid_from <= day)
        .order_by(Post.valid_from, Post.id)
    ).all()
    serving = [row for row in rows if row.valid_to is None or row.valid_to >= day]
    return {row.employee_no: row.role for row in [*rows, *serving]}


def phones_of_staff(session: Session, phones: Collection[str]) -> frozenset[str]:
    """Return those of *phones* that are a colleague's own: no customer is reached there (domain.md §7 case 25)."""
    held = session.scalars(select(Person).where(Person.phone.is_among(session, phones)))
    return frozenset(person.phone for person in held if person.phone)


def known_numbers(session: Session, numbers: Collection[str]) -> frozenset[str]:
    """Return those of *numbers* that are a colleague's of the channel, serving or departed."""
    found = session.scalars(select(Person.employee_no).where(Person.employee_no.in_(numbers)))
    return frozenset(found) if numbers else frozenset()


def people_names(session: Session, numbers: Iterable[str | None]) -> Mapping[str, str]:
    """Return employee number → name; unknown numbers are left out."""
    wanted = {number for number in numbers if number}
    if not wanted:
        return {}
    rows = session.execute(
        select(Person.employee_no, Person.name).where(Person.employee_no.in_(sorted(wanted)))
    )
    return {row.employee_no: row.name for row in rows}


def people_told_apart(session: Session, numbers: Iterable[str | None]) -> Mapping[str, str]:
    """Return employee number → name, with the number where colleagues share the name; one statement."""
    wanted = {number for number in numbers if number}
    if not wanted:
        return {}
    theirs = Person.employee_no.in_(sorted(wanted))
    shared = (  # worked out once, not for each person
        select(Person.name)
        .where(Person.name.in_(select(Person.name).where(theirs)))
        .group_by(Person.name)
        .having(func.count() > 1)
    )
    rows = session.execute(
        select(Person.employee_no, Person.name, Person.name.in_(shared).label("is_shared")).where(theirs)
    )
    return {row.employee_no: told_apart(row.name, row.employee_no, is_shared=row.is_shared) for row in rows}


def told_apart(name: str, number: str, *, is_shared: bool = True) -> str:
    """Return *name* with its *number*, unless nobody shares it or the number stands there already."""
    return f"{name} {number}" if is_shared and number not in name.split() else name


def has_namesake(name: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether more than one person is called *name*."""
    fellow = aliased(Person)
    count = select(func.count()).select_from(fellow).where(fellow.name == name).scalar_subquery()
    return (count > 1).label("is_shared")


def unit_names(session: Session, codes: Iterable[str | None]) -> Mapping[str, str]:
    """Return unit code → its latest name."""
    wanted = {code for code in codes if code}
    if not wanted:
        return {}
    rows = session.execute(
        select(OrgUnit.code, OrgUnit.name)
        .where(OrgUnit.code.in_(sorted(wanted)))
        .order_by(OrgUnit.valid_from)
    )
    return {row.code: row.name for row in rows}


def person_by_number(session: Session, number: str | None) -> Person | None:
    """Return the person with this employee number; None when nobody has it."""
    return session.scalar(select(Person).where(Person.employee_no == number)) if number else None
