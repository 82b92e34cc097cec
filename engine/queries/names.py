"""Names of colleagues and units for the numbers and codes that rows carry; one statement each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from engine.domain.actor import OPERATOR_LABEL, OPERATOR_NAME, SYSTEM, SYSTEM_NAME
from engine.store.people import OrgUnit, Person, UserAccount


def people_names(session: Session, numbers: Iterable[str | None]) -> Mapping[str, str]:
    """Return employee number → name; unknown numbers are left out."""
    wanted = {number for number in numbers if number}
    if not wanted:
        return {}
    rows = session.execute(
        select(Person.employee_no, Person.name).where(Person.employee_no.in_(sorted(wanted)))
    )
    return {row.employee_no: row.name for row in rows}


def actor_names(session: Session, names: Iterable[str | None]) -> Mapping[str, str]:
    """Return sign-in name → shown name, the engine itself included; staff are known without a sign-in too."""
    known = {SYSTEM_NAME: SYSTEM.display_name, OPERATOR_NAME: OPERATOR_LABEL}
    wanted = {name for name in names if name and name not in known}
    if not wanted:
        return known
    rows = session.execute(
        union_all(
            select(Person.employee_no.label("key"), Person.name.label("shown")).where(
                Person.employee_no.in_(sorted(wanted))
            ),
            select(UserAccount.name, UserAccount.display_name).where(UserAccount.name.in_(sorted(wanted))),
        )
    )
    return known | {row.key: row.shown for row in rows}


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
