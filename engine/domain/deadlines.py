"""What people owe when others leave, in workdays, and who may claim or is told; pure.

Who gives the figures: domain.md §1 K-C2 (an orphan has an owner within 3 workdays), §7 case 16 (a vacant
supervisor's post is an alarm after 2 workdays), §1.5 with source V-21 (a unit claims its renewals within 5 days,
what is left is offered to the whole city). The first contact of a new owner within 3 workdays is a proposal
[inferred 推断]: the span of K-C2, counted once more from the take-over.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.domain.codes import DeadlineKind, Role
from engine.domain.directory import Directory, Responsible

WORKDAYS: Mapping[DeadlineKind, int] = MappingProxyType(
    {
        DeadlineKind.FIRST_CONTACT: 3,
        DeadlineKind.POOL: 5,
        DeadlineKind.UNOWNED: 3,
        DeadlineKind.VACANCY: 2,
    }
)
"""How many workdays after its first day each of them ends; the day of a recheck or a follow-up is agreed on."""
CLAIMERS = (Role.AGENT, Role.SUPERVISOR)


def branches_of(directory: Directory, workplace: str | None) -> frozenset[str]:
    """Return the property insurer's branches whose specialists serve a workplace: its city."""
    posts = (
        directory.post_of(row.specialist_no, Role.SPECIALIST) for row in directory.liaisons_of(workplace)
    )
    found = {directory.nearest(post.unit_code, "branch") for post in posts if post is not None}
    return frozenset(code for code in found if code)


def claims_in(directory: Directory, number: str | None) -> str | None:
    """Return the workplace in which somebody serves who may claim renewals; None for all others."""
    posts = (directory.post_of(number, role) for role in CLAIMERS)
    return next((directory.nearest(post.unit_code, "workplace") for post in posts if post is not None), None)


def may_claim(
    directory: Directory, number: str | None, *, unit: str | None, branch: str | None, is_wide: bool
) -> bool:
    """Whether somebody may claim what is offered to the workplace *unit*, and once *is_wide* to the city *branch*."""
    place = claims_in(directory, number)
    if place is None:
        return False
    return place == unit or (is_wide and branch in branches_of(directory, place))


def vacant_teams(directory: Directory) -> frozenset[str]:
    """Return the teams with agents and without a supervisor of their own (domain.md §7 case 16)."""
    return frozenset(
        code
        for code, unit in directory.units.items()
        if unit.kind == "team"
        and any(post.role == Role.AGENT for post in directory.posts_in.get(code, ()))
        and not directory.leads_of(code)
    )


def told_of_renewal(directory: Directory, kind: DeadlineKind, people: Responsible) -> frozenset[str]:
    """Return who hears that a renewal's time is over: those above who answers for it, else the channel department.

    The day of a recheck is the supervisor's own, that of a follow-up whose it is to do and to see to.
    """
    if kind is DeadlineKind.RECHECK and people.supervisor_no:
        return frozenset({people.supervisor_no})
    if kind is DeadlineKind.FOLLOW_UP and people.owner_no:
        return frozenset(number for number in (people.owner_no, people.specialist_no) if number)
    above = {people.supervisor_no, people.specialist_no} - {people.owner_no, None}
    if kind is DeadlineKind.UNOWNED or not above:
        above |= channel_of(directory, people.branch_code)
    return frozenset(number for number in above if number)


def told_of_vacancy(directory: Directory, team: str) -> frozenset[str]:
    """Return who hears that a team has no supervisor: trainer and specialist of its workplace, and the channel."""
    place = directory.nearest(team, "workplace")
    held = directory.liaisons_of(place)
    found = {number for row in held for number in (row.trainer_no, row.specialist_no) if number}
    for branch in branches_of(directory, place):
        found |= channel_of(directory, branch)
    return frozenset(found)


def told_of_agent(directory: Directory, agent_no: str | None) -> frozenset[str]:
    """Return who hears that an agent contacts nobody: the supervisor, in whose place next in line (§7 case 16)."""
    people = directory.responsible_for(agent_no=agent_no, sub_branch_code=None)
    line = (people.supervisor_no, people.trainer_no, people.specialist_no)
    return frozenset(next(([number] for number in line if number), []))


def channel_of(directory: Directory, branch: str | None) -> set[str]:
    """Return the numbers of the channel department's people in a branch."""
    if branch is None:
        return set()
    return {
        post.employee_no
        for code in directory.below(branch)
        for post in directory.posts_in.get(code, ())
        if post.role == Role.CHANNEL
    }
