"""Whom a form's fields for people offer: exactly those its check accepts (engine/domain/naming.py)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

import forms
from engine.domain.actor import Actor
from engine.domain.naming import NAMING, OF_PROPERTY, ROUTE, Place, nameable, roles_offered
from engine.queries.names import people_names
from engine.queries.people import StaffLine
from engine.store.organisation import directory_on
from engine.store.renewals import Renewal


def people_for(
    session: Session, actor: Actor, form: forms.Form, day: date, *, renewal_id: int | None, most: int
) -> Mapping[str, tuple[StaffLine, ...]]:
    """Return by field of *form* who may be named there by *actor* on *day*: by unit, role and number.

    *renewal_id* None: for many renewals at once, of whose places only those within the actor's scope count. A field
    for which there are more than *most* has nobody: the number is typed. Of a form with routes each route takes one
    of the roles. Call it for a task that *actor* may do: it says nothing about the renewal.
    """
    wanted = [field.key for field in form.fields if field.key in NAMING]
    if not wanted:
        return {}
    directory = directory_on(session, day)
    renewal = session.get_one(Renewal, renewal_id) if renewal_id is not None else None
    place = Place(renewal.workplace_code, renewal.sub_branch_code) if renewal is not None else None
    is_routing = form.field(ROUTE) is not None
    posts = {
        key: nameable(
            directory,
            actor,
            OF_PROPERTY
            if renewal is not None and renewal.is_recalled
            else roles_offered(key, is_routing=is_routing, directory=directory, place=place),
            place,
        )
        for key in wanted
    }
    offered = {key: found for key, found in posts.items() if len(found) <= most}
    names = people_names(session, {number for found in offered.values() for number in found})
    return {
        key: tuple(
            sorted(
                (
                    StaffLine(
                        number=number,
                        name=names.get(number, number),
                        role=post.role,
                        unit=directory.units[post.unit_code].name
                        if post.unit_code in directory.units
                        else post.unit_code,
                    )
                    for number, post in found.items()
                ),
                key=lambda one: (one.unit, one.role, one.number),
            )
        )
        for key, found in offered.items()
    }
