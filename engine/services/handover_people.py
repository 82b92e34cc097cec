"""Who answers for a renewal once it was handed over, and what that changes; pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.domain.codes import Role
from engine.domain.directory import Directory, Responsible
from engine.domain.succession import successors
from engine.services.assignment import FIELDS
from engine.services.handover_plan import Leaver
from engine.store.handover import HELD_ROLES


def people_after(people: Responsible, directory: Directory, leaver: Leaver, to_no: str | None) -> Responsible:
    """Return who answers for a renewal once *to_no* has it from *leaver*; to_no None: whoever is next in line."""
    if leaver.role is Role.AGENT and to_no is not None and directory.post_of(to_no, Role.AGENT):
        return directory.responsible_for(
            agent_no=to_no,
            sub_branch_code=people.sub_branch_code,
            workplace_code=people.workplace_code,
            specialist_no=people.specialist_no,
        )
    left = _without(people, leaver)
    if to_no is None:
        return successors(directory, left)
    role = next((held for held in (leaver.role, *HELD_ROLES) if directory.post_of(to_no, held)), leaver.role)
    changes: dict[str, Any] = {f"{role}_no": to_no} if role is not Role.AGENT else {}
    if left.owner_no is None:
        changes |= {"owner_no": to_no, "owner_role": role}
    return successors(directory, replace(left, **changes))


def _without(people: Responsible, leaver: Leaver) -> Responsible:
    """The people of a renewal without the leaver; one that loses its agent is an orphan."""
    changes: dict[str, Any] = {}
    if leaver.role is Role.AGENT:
        changes |= {"agent_no": None, "is_orphan": True}
    elif getattr(people, f"{leaver.role}_no") == leaver.number:
        changes[f"{leaver.role}_no"] = None
    if people.owner_no == leaver.number or leaver.role is Role.AGENT:
        changes |= {"owner_no": None, "owner_role": None}
    return replace(people, **changes)


def changes_between(before: Responsible, after: Responsible) -> list[dict[str, Any]]:
    """Return what changes from *before* to *after*, field by field, as a row of a hand-over keeps it."""
    return [
        {"field": name, "from": _plain(old), "to": _plain(new)}
        for name in FIELDS
        if (old := getattr(before, name)) != (new := getattr(after, name))
    ]


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)
