"""How far a person sees into the organisation, across both companies (domain.md §6.1, §7 case 45)."""

from __future__ import annotations

from engine.domain.actor import Actor
from engine.domain.codes import Role
from engine.domain.directory import Directory


def units_seen_by(actor: Actor, directory: Directory) -> frozenset[str]:
    """Return the codes of the units *actor* sees on the directory's day: own ones and liaised ones."""
    own = {code for code in actor.unit_codes if code in directory.units}
    numbers = {post.employee_no for code in own for post in directory.posts_in.get(code, ())}
    if actor.employee_no:
        numbers.add(actor.employee_no)
    places = {directory.nearest(code, "workplace") for code in own}
    joined: set[str] = set()
    for liaison in (row for held in directory.liaisons.values() for row in held):
        if liaison.specialist_no in numbers:
            joined.add(liaison.workplace_code)
        if liaison.workplace_code in places:
            post = directory.post_of(liaison.specialist_no, Role.SPECIALIST)
            own |= {post.unit_code} if post else set()
    below = {unit for code in joined for unit in directory.below(code)}
    return frozenset(own | (below & directory.units.keys()))


def serves_workplace(actor: Actor, directory: Directory, workplace: str) -> bool:
    """Whether *actor*, or whom he stands in for, is a trainer or specialist of *workplace* on the directory's day."""
    joined = {
        number
        for liaison in directory.liaisons_of(workplace)
        for number in (liaison.trainer_no, liaison.specialist_no)
    }
    own = {post.employee_no for post in directory.posts_in.get(workplace, ()) if post.role == Role.TRAINER}
    is_theirs = bool(actor.roles & {Role.TRAINER, Role.SPECIALIST})
    return is_theirs and bool(actor.numbers & (joined | own))


def oversees_workplace(actor: Actor, workplace: str) -> bool:
    """Whether *actor* oversees *workplace*: all its rows are open, whoever answers for them (domain.md §7 case 45)."""
    opens_units = Role.CHANNEL in actor.roles or actor.may_read_everything_in_units()
    return actor.sees_all or (opens_units and workplace in actor.unit_codes)


def served_workplaces(actor: Actor, directory: Directory) -> frozenset[str]:
    """Return the workplaces that *actor* serves as a specialist or trainer by liaison on the directory's day."""
    number = actor.employee_no
    if number is None or not actor.roles & {Role.TRAINER, Role.SPECIALIST}:
        return frozenset()
    return frozenset(
        code
        for code, held in directory.liaisons.items()
        if any(number in (row.specialist_no, row.trainer_no) for row in held)
    )


def own_workplace(actor: Actor, directory: Directory) -> str | None:
    """Return the workplace in which *actor*'s unit lies, or that it is; None for whoever sits above workplaces."""
    return directory.nearest(actor.unit_code, "workplace")
