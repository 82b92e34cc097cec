"""People named by number on a form: as typed → as stored, and whether they may be named (domain.md §1.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import forms
from engine.domain.codes import Role
from engine.domain.directory import Directory
from engine.domain.naming import AGENT, NAMING, TRAINER, Place, Unfit, obstacle
from engine.services.assignment import place_of, roles_of
from engine.services.context import StepScope
from engine.store.renewals import Renewal


def numbers_as_stored(values: Mapping[str, Any], directory: Directory) -> dict[str, Any]:
    """Return *values* with the numbers of serving people as they are stored, however they were typed."""
    typed = {key: value for key in NAMING if isinstance(value := values.get(key), str)}
    return {**values, **{key: directory.number_of(value) or value for key, value in typed.items()}}


def people_problems(
    scope: StepScope, form: forms.Form, clean: Mapping[str, Any], directory: Directory
) -> dict[str, forms.Problem]:
    """Return a problem for each person who cannot be named for this renewal; the rule is domain/naming.py's.

    Who answers for it in that place already may stay, wherever he serves. Of a renewal that is recalled from the
    life insurer none of its people may be named.
    """
    found = {}
    for field in form.fields:
        number = clean.get(field.key)
        if field.key not in NAMING or not number:
            continue
        place = _place_for(field.key, scope.renewal, clean, directory)
        roles = roles_of(scope.renewal, field.key, clean, directory, place)
        is_trainer = field.key == TRAINER
        why = obstacle(directory, scope.actor, number, roles, place, only_there=is_trainer)
        if why is Unfit.ELSEWHERE and number in _held(field.key, scope.renewal):
            why = None
        if why in (Unfit.WRONG_ROLE, Unfit.NOT_SERVING) and scope.renewal.is_recalled:
            found[field.key] = forms.kept_from_life(field)
        elif why is not None:
            found[field.key] = _problem(field, number, why, roles, directory)
    return found


def _place_for(key: str, renewal: Renewal, clean: Mapping[str, Any], directory: Directory) -> Place:
    """Where the person is to serve: a trainer goes with the agent whom the same form names."""
    place = place_of(renewal)
    post = directory.post_of(clean.get(AGENT), Role.AGENT) if key == TRAINER else None
    there = directory.nearest(post.unit_code, "workplace") if post is not None else None
    return Place(there, place.sub_branch) if there is not None else place


def _held(key: str, renewal: Renewal) -> frozenset[str | None]:
    """Who is named in such a field without anything being changed."""
    if key == TRAINER:
        return frozenset({renewal.trainer_no})
    agent = frozenset({renewal.agent_no})
    return agent if key == AGENT else agent | {renewal.owner_no}


def _problem(
    field: forms.Field, number: str, why: Unfit, roles: tuple[Role, ...], directory: Directory
) -> forms.Problem:
    wanted = _text(roles)
    if why is Unfit.NOT_SERVING:
        return forms.not_serving(field, number, wanted)
    posts = directory.posts[number]
    if why is Unfit.WRONG_ROLE:
        return forms.wrong_role(field, number, _text(post.role for post in posts), wanted)
    post = next(post for post in posts if post.role in roles)
    unit = directory.units.get(post.unit_code)
    return forms.serves_elsewhere(field, number, _text([post.role]), unit.name if unit else post.unit_code)


def _text(roles: Iterable[Role | str]) -> forms.Text:
    labels = [Role(role).label for role in dict.fromkeys(roles)]
    return forms.Text("或".join(one.zh for one in labels), " or ".join(one.en.lower() for one in labels))
