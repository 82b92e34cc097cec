"""Names of colleagues and units for the numbers and codes that rows carry; one statement each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, func, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from engine.domain.actor import OPERATOR_LABEL, OPERATOR_NAME, SYSTEM, SYSTEM_NAME
from engine.store.people import Person, UserAccount
from engine.store.people import people_names as people_names
from engine.store.people import unit_names as unit_names


def actor_names(session: Session, names: Iterable[str | None]) -> Mapping[str, str]:
    """Return sign-in name → shown name, the engine itself included; staff are known without a sign-in too.

    People of one name are told apart by their numbers: «王芳 AG001» (domain.md §7 case 41).
    """
    known = {SYSTEM_NAME: SYSTEM.display_name, OPERATOR_NAME: OPERATOR_LABEL}
    wanted = {name for name in names if name and name not in known}
    if not wanted:
        return known
    rows = session.execute(
        union_all(
            select(
                Person.employee_no.label("key"), Person.name.label("shown"), _has_namesake(Person.name)
            ).where(Person.employee_no.in_(sorted(wanted))),
            select(UserAccount.name, UserAccount.display_name, _has_namesake(UserAccount.display_name)).where(
                UserAccount.name.in_(sorted(wanted))
            ),
        )
    )
    return known | {row.key: told_apart(row.shown, row.key, is_shared=row.is_shared) for row in rows}


def people_told_apart(session: Session, numbers: Iterable[str | None]) -> Mapping[str, str]:
    """Return employee number → name, with the number where colleagues share the name; one statement."""
    wanted = {number for number in numbers if number}
    if not wanted:
        return {}
    query = select(Person.employee_no, Person.name, _has_namesake(Person.name))
    rows = session.execute(query.where(Person.employee_no.in_(sorted(wanted))))
    return {row.employee_no: told_apart(row.name, row.employee_no, is_shared=row.is_shared) for row in rows}


def told_apart(name: str, number: str, *, is_shared: bool = True) -> str:
    """Return *name* with its *number*, unless nobody shares it or the number stands there already."""
    return f"{name} {number}" if is_shared and number not in name.split() else name


def _has_namesake(name: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether more than one person is called *name*."""
    fellow = aliased(Person)
    count = select(func.count()).select_from(fellow).where(fellow.name == name).scalar_subquery()
    return (count > 1).label("is_shared")
