"""Names of colleagues and units for the numbers and codes that rows carry; one statement each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from engine.domain.actor import OPERATOR_LABEL, OPERATOR_NAME, SYSTEM, SYSTEM_NAME
from engine.store.people import Person, UserAccount
from engine.store.people import has_namesake as has_namesake
from engine.store.people import people_names as people_names
from engine.store.people import people_told_apart as people_told_apart
from engine.store.people import told_apart as told_apart
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
                Person.employee_no.label("key"), Person.name.label("shown"), has_namesake(Person.name)
            ).where(Person.employee_no.in_(sorted(wanted))),
            select(UserAccount.name, UserAccount.display_name, has_namesake(UserAccount.display_name)).where(
                UserAccount.name.in_(sorted(wanted))
            ),
        )
    )
    return known | {row.key: told_apart(row.shown, row.key, is_shared=row.is_shared) for row in rows}
