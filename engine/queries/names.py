"""Names of colleagues and units for the numbers and codes that rows carry; one statement each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from engine.domain.actor import OPERATOR_LABEL, OPERATOR_NAME, SYSTEM, SYSTEM_NAME
from engine.store.people import Person, UserAccount
from engine.store.people import people_names as people_names
from engine.store.people import unit_names as unit_names


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
