"""Who answers for a renewal when people leave, move or come: one responsible person at any time.

Rules: domain.md §1.5 (nobody is unowned), §7 case 14 (open rows follow an agent who moves), case 16 (vacancies
fall back: acting supervisor → trainer → specialist → the channel department's queue), case 17 (a workplace's
specialist changes by effective date), §5 (what is shared with the life insurer is recalled when the customer
withdraws the consent to it: the specialist of the property insurer serves the renewal alone).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.domain.codes import Role
from engine.domain.directory import Directory, PostRow, Responsible


def has_left(directory: Directory, people: Responsible) -> bool:
    """Whether the responsible agent serves no more, so that the renewal becomes an orphan (case 13)."""
    return (
        not (people.is_orphan or people.is_recalled)
        and directory.post_of(people.agent_no, Role.AGENT) is None
    )


def successors(directory: Directory, people: Responsible) -> Responsible:
    """Return who answers for a renewal on the directory's day, given who did so far.

    Whoever still serves where he did is kept. A renewal whose agent has left is for :func:`has_left`; only the
    others around it are replaced here.
    """
    post = None if people.is_orphan else directory.post_of(people.agent_no, Role.AGENT)
    team = directory.nearest(post.unit_code, "team") if post else people.team_code
    workplace = directory.nearest(post.unit_code, "workplace") if post else people.workplace_code
    workplace = workplace or people.workplace_code
    found = directory.responsible_for(
        agent_no=people.agent_no if post else None,
        sub_branch_code=people.sub_branch_code,
        workplace_code=workplace,
    )
    around = replace(
        people,
        team_code=team,
        workplace_code=workplace,
        branch_code=found.branch_code or people.branch_code,
        supervisor_no=people.supervisor_no
        if _leads(directory, people, post, team, workplace)
        else found.supervisor_no,
        trainer_no=people.trainer_no if _trains(directory, people, workplace) else found.trainer_no,
        specialist_no=people.specialist_no
        if _is_liaison(directory, people, workplace)
        else found.specialist_no,
    )
    if people.is_recalled:
        return kept_from_life(around)
    owner_no, owner_role = _owner(directory, around, post)
    return replace(around, owner_no=owner_no, owner_role=owner_role)


def kept_from_life(people: Responsible) -> Responsible:
    """Return who answers for a renewal whose customer withdrew sharing: the specialist, else the channel's queue."""
    return replace(
        people,
        agent_no=None,
        supervisor_no=None,
        trainer_no=None,
        owner_no=people.specialist_no,
        owner_role=Role.SPECIALIST if people.specialist_no else Role.CHANNEL,
        is_recalled=True,
    )


def given_back(
    directory: Directory, people: Responsible, *, agent_no: str | None, owner_no: str | None
) -> Responsible:
    """Return who answers once the customer consents again, given the agent and the owner of before.

    Who serves no more is not replaced by that: the specialist keeps the renewal, as an orphan that the channel
    department may route (domain.md §1.3 K-C2).
    """
    found = directory.responsible_for(
        agent_no=agent_no,
        sub_branch_code=people.sub_branch_code,
        workplace_code=people.workplace_code,
        specialist_no=people.specialist_no,
    )
    around = replace(
        found,
        agent_no=None if found.is_orphan else agent_no,
        team_code=found.team_code or people.team_code,
        branch_code=found.branch_code or people.branch_code,
    )
    if around.agent_no is not None and owner_no in (None, agent_no):
        return replace(around, owner_no=around.agent_no, owner_role=Role.AGENT)
    for role in (Role.SUPERVISOR, Role.TRAINER):
        if owner_no is not None and directory.post_of(owner_no, role) is not None:
            named: dict[str, Any] = {f"{role}_no": owner_no, "owner_no": owner_no, "owner_role": role}
            return replace(around, **named)
    if around.agent_no is not None:
        return replace(around, owner_no=around.agent_no, owner_role=Role.AGENT)
    return replace(
        around,
        owner_no=around.specialist_no,
        owner_role=Role.SPECIALIST if around.specialist_no else Role.CHANNEL,
    )


def _owns(people: Responsible, role: Role, number: str | None) -> bool:
    """Whether a person was put in charge as *role*; such a choice stands while the person serves."""
    return people.owner_role == role and people.owner_no == number


def _leads(
    directory: Directory, people: Responsible, post: PostRow | None, team: str | None, workplace: str | None
) -> bool:
    number = people.supervisor_no
    held = directory.post_of(number, Role.SUPERVISOR)
    if held is None:
        return False
    if _owns(people, Role.SUPERVISOR, number) or (post is not None and post.manager_no == number):
        return True
    if directory.leads_of(team):
        return held.unit_code == team
    return workplace is not None and held.unit_code in directory.below(workplace)


def _trains(directory: Directory, people: Responsible, workplace: str | None) -> bool:
    number = people.trainer_no
    held = directory.post_of(number, Role.TRAINER)
    if held is None:
        return False
    if _owns(people, Role.TRAINER, number) or held.unit_code == workplace:
        return True
    return any(row.trainer_no == number for row in directory.liaisons_of(workplace))


def _is_liaison(directory: Directory, people: Responsible, workplace: str | None) -> bool:
    """A specialist whom the list named needs no liaison; one whose liaison has ended hands over (case 17)."""
    number = people.specialist_no
    if directory.post_of(number, Role.SPECIALIST) is None:
        return False
    if _owns(people, Role.SPECIALIST, number):
        return True
    if any(row.specialist_no == number for row in directory.liaisons_of(workplace)):
        return True
    moved = workplace != people.workplace_code and bool(directory.liaisons_of(workplace))
    return not moved and (workplace or "", number or "") not in directory.ended_liaisons


def _owner(directory: Directory, people: Responsible, post: PostRow | None) -> tuple[str | None, Role | None]:
    role = people.owner_role
    if people.owner_no and role is not None and directory.post_of(people.owner_no, role) is not None:
        return people.owner_no, role
    chain = (
        (people.agent_no if post else None, Role.AGENT),
        (people.supervisor_no, Role.SUPERVISOR),
        (people.trainer_no, Role.TRAINER),
        (people.specialist_no, Role.SPECIALIST),
    )
    return next(((number, role) for number, role in chain if number), (None, Role.CHANNEL))
