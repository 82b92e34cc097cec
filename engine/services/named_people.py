"""People named by number on a form: as typed → as stored, and whether they serve (domain.md §1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import forms
from engine.domain.codes import WORKING_ROLES, Label, Role
from engine.domain.directory import Directory

_STAFF = Label("人员", "colleague")
_ROLES: Mapping[str, tuple[Role, ...]] = {
    "agent_no": (Role.AGENT,),
    "servicing_agent_no": (Role.AGENT, Role.SUPERVISOR),
    "trainer_no": (Role.TRAINER,),
    "assignee_no": WORKING_ROLES,
}
"""Fields that name a person, with the roles that person may hold."""
_OF_PROPERTY = (Role.SPECIALIST,)
"""Who may be named while the customer keeps the data from the life insurer (domain.md §5, PIPL Art. 23)."""


def numbers_as_stored(values: Mapping[str, Any], directory: Directory) -> dict[str, Any]:
    """Return *values* with the numbers of serving people as they are stored, however they were typed."""
    typed = {key: value for key in _ROLES if isinstance(value := values.get(key), str)}
    return {**values, **{key: directory.number_of(value) or value for key, value in typed.items()}}


def people_problems(
    form: forms.Form, clean: Mapping[str, Any], directory: Directory, *, is_recalled: bool = False
) -> dict[str, forms.Problem]:
    """Return a problem for each named person who does not serve today in the role the field is for.

    Of a renewal that is *recalled* from the life insurer none of its people may be named.
    """
    found = {}
    for field in form.fields:
        number, roles = clean.get(field.key), _ROLES.get(field.key)
        if is_recalled and number and roles:
            if not any(directory.post_of(number, role) for role in _OF_PROPERTY):
                found[field.key] = forms.kept_from_life(field)
        elif number and roles and not any(directory.post_of(number, role) for role in roles):
            role = roles[0].label if len(roles) == 1 else _STAFF
            found[field.key] = forms.not_serving(field, number, forms.Text(role.zh, role.en.lower()))
    return found
