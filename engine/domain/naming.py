"""Who may be named to answer for a renewal: the roles that a field of a form takes, and how far one may reach; pure.

Source: domain.md §1 P-S1 (list to an agent), K-L2 (new servicing agent, or the supervisor himself), K-C2 (routes of an orphan policy), S-S4 (who
wins the customer back), §1.5 (agent, supervisor, trainer, specialist answer for a policy), §7 case 16 (where a
workplace has no supervisor its trainer stands in). The channel department answers for what nobody is named for: it is
never named itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from engine.domain.actor import Actor
from engine.domain.codes import Role
from engine.domain.directory import Directory, PostRow
from engine.domain.reach import units_seen_by

ASSIGNEE, AGENT, SERVICING, TRAINER = "assignee_no", "agent_no", "servicing_agent_no", "trainer_no"
OWNERS = (Role.AGENT, Role.SUPERVISOR, Role.TRAINER, Role.SPECIALIST)
"""Who may answer for a renewal, in the order in which they do."""
OF_PROPERTY = (Role.SPECIALIST,)
"""Who may be named while the customer keeps the data from the life insurer (domain.md §5, PIPL Art. 23)."""
_FIELDS: Mapping[str, tuple[Role, ...]] = MappingProxyType(
    {
        AGENT: (Role.AGENT,),
        SERVICING: (Role.AGENT, Role.SUPERVISOR),
        TRAINER: (Role.TRAINER,),
        ASSIGNEE: OWNERS,
    }
)
_ROUTES: Mapping[str, tuple[Role, ...]] = MappingProxyType(
    {"supervisor": (Role.SUPERVISOR,), "new_agent": (Role.AGENT,), "specialist": (Role.SPECIALIST,)}
)
"""Whom each route of an orphan policy asks for (K-C2)."""
ROUTE = "route"
NAMING = frozenset(_FIELDS)
"""Fields of forms that name a person by employee number."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a renewal is looked after: its workplace, and the sub-branch that serves it."""

    workplace: str | None
    sub_branch: str | None


class Unfit(StrEnum):
    """Why somebody cannot be named."""

    NOT_SERVING = "not_serving"
    WRONG_ROLE = "wrong_role"
    ELSEWHERE = "elsewhere"


def roles_named(
    field: str, answers: Mapping[str, Any], directory: Directory, place: Place
) -> tuple[Role, ...]:
    """Return the roles of which *field* takes somebody, given the other *answers*; none where it names nobody."""
    route = answers.get(ROUTE) if field == ASSIGNEE else None
    if route is None:
        roles = _FIELDS.get(field, ())
        return _with_stand_in(roles, directory, place) if field == SERVICING else roles
    return _with_stand_in(_ROUTES.get(str(route), ()), directory, place)


def roles_offered(
    field: str, *, is_routing: bool, directory: Directory, place: Place | None
) -> tuple[Role, ...]:
    """Return the roles of which a list for *field* offers people before anything is answered.

    *is_routing*: the form has routes, each of which takes its own role; *place* None: for many renewals at once.
    """
    if field == SERVICING and place is not None:
        return _with_stand_in(_FIELDS[field], directory, place)
    if field != ASSIGNEE or not is_routing:
        return _FIELDS.get(field, ())
    roles = tuple(dict.fromkeys(role for asked in _ROUTES.values() for role in asked))
    return roles if place is None else _with_stand_in(roles, directory, place)


def _with_stand_in(roles: tuple[Role, ...], directory: Directory, place: Place) -> tuple[Role, ...]:
    """Let the trainer stand in for a supervisor where the workplace has none."""
    if Role.SUPERVISOR not in roles or directory.supervisors_below(place.workplace):
        return roles
    return (*roles, Role.TRAINER)


def serves(directory: Directory, number: str | None, role: Role, place: Place) -> bool:
    """Whether somebody serves the renewals of *place* in this role."""
    return any(_is_of(directory, post, place) for post in _posts(directory, number, (role,)))


def obstacle(
    directory: Directory,
    actor: Actor,
    number: str,
    roles: Iterable[Role],
    place: Place,
    *,
    only_there: bool = False,
) -> Unfit | None:
    """Return why *actor* cannot name *number* for a renewal of *place*; None where it can be done.

    The person serves today in one of *roles*, and does so for that place or within the actor's own scope; with
    *only_there* for that place.
    """
    if number not in directory.posts:
        return Unfit.NOT_SERVING
    posts = list(_posts(directory, number, roles))
    if not posts:
        return Unfit.WRONG_ROLE
    seen = frozenset() if only_there else _seen(directory, actor)
    if any(post.unit_code in seen or _is_of(directory, post, place) for post in posts):
        return None
    return Unfit.ELSEWHERE


def nameable(
    directory: Directory, actor: Actor, roles: Iterable[Role], place: Place | None
) -> dict[str, PostRow]:
    """Return the posts of all whom *actor* may name in one of *roles*, by number: those of :func:`obstacle` None."""
    wanted, seen = frozenset(roles), _seen(directory, actor)
    return {
        post.employee_no: post
        for held in directory.posts.values()
        for post in held
        if post.role in wanted
        and (post.unit_code in seen or (place is not None and _is_of(directory, post, place)))
    }


def _seen(directory: Directory, actor: Actor) -> frozenset[str]:
    return frozenset(directory.units) if actor.sees_all else units_seen_by(actor, directory)


def _posts(directory: Directory, number: str | None, roles: Iterable[Role]) -> Iterator[PostRow]:
    wanted = frozenset(roles)
    return (post for post in directory.posts.get(number or "", ()) if post.role in wanted)


def _is_of(directory: Directory, post: PostRow, place: Place) -> bool:
    """Whether the holder of *post* serves *place* by it: works there, or is its liaison."""
    held = directory.liaisons_of(place.workplace)
    if post.role == Role.TRAINER:
        return post.unit_code == place.workplace or any(row.trainer_no == post.employee_no for row in held)
    if post.role == Role.SPECIALIST:
        liaisons = {row.specialist_no for row in held} - {None}
        return post.employee_no in liaisons if liaisons else post.unit_code == place.sub_branch
    return place.workplace is not None and post.unit_code in directory.below(place.workplace)
