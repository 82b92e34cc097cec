"""Who may be handed a task: somebody who serves today in its role, where the renewal is looked after."""

from __future__ import annotations

from collections.abc import Iterable

from engine.domain.codes import LIFE_ROLES, WORKING_ROLES, Role
from engine.domain.directory import Directory


def units_of(directory: Directory, *codes: str | None) -> frozenset[str]:
    """Return the units at and below *codes*: workplace, sub-branch and branch of a renewal."""
    return frozenset(unit for code in codes if code for unit in directory.below(code))


def substitutes_for(
    directory: Directory, number: str, *, within: frozenset[str] | None = None
) -> frozenset[str]:
    """Return who may do the tasks of *number* meanwhile: colleagues of the same role where he works.

    For agents and supervisors and trainers that is their workplace, for specialists and the channel department
    their branch: what a task of theirs may be handed on to as well. *within* are the units of a superior who
    arranges it: colleagues of the same role there fit, too.
    """
    found: set[str] = set()
    for role in WORKING_ROLES:
        post = directory.post_of(number, role)
        if post is not None:
            place = directory.nearest(post.unit_code, "workplace", "branch") or post.unit_code
            found |= fitting(directory, role, directory.below(place) | (within or frozenset()))
    return frozenset(found - {number})


def role_asked(role: Role, *, is_recalled: bool) -> Role:
    """Return who does a task of *role*: a specialist while the customer keeps the data from the life insurer."""
    return Role.SPECIALIST if is_recalled and role in LIFE_ROLES else role


def fitting(directory: Directory, role: Role, units: Iterable[str]) -> frozenset[str]:
    """Return the numbers of those who hold *role* in one of *units* today."""
    posts = (post for code in units for post in directory.posts_in.get(code, ()))
    return frozenset(post.employee_no for post in posts if post.role == role)
