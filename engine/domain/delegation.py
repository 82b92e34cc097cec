"""Who may be handed a task: somebody who serves today in its role, where the renewal is looked after."""

from __future__ import annotations

from collections.abc import Iterable

from engine.domain.codes import Role
from engine.domain.directory import Directory


def units_of(directory: Directory, *codes: str | None) -> frozenset[str]:
    """Return the units at and below *codes*: workplace, sub-branch and branch of a renewal."""
    return frozenset(unit for code in codes if code for unit in directory.below(code))


def fitting(directory: Directory, role: Role, units: Iterable[str]) -> frozenset[str]:
    """Return the numbers of those who hold *role* in one of *units* today."""
    posts = (post for code in units for post in directory.posts_in.get(code, ()))
    return frozenset(post.employee_no for post in posts if post.role == role)
