"""The split of a leaver's renewals among colleagues: one stated rule, the same result every time; pure.

Rule (domain.md §7 case 13, §1 K-C2, K-L2; K-L2 keeps the service near the customer):

1. The cars of one customer stay together, and one that is judged alone is a customer of its own.
2. Whoever serves that customer already, or did before, gets them.
3. Else they stay in the leaver's own team, then in the workplace, with whoever has the least to do.
4. Where nobody of the same role serves, whoever stands in gets them (the supervisor of an agent).
5. Else they go to the claim pool.

Only people who serve on the day of the hand-over and are not away are considered. The largest customers are
placed first; ties fall to the smaller number, so that the same input gives the same split.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.domain.codes import SplitRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One renewal to hand over; ``served_by`` are the numbers of those who serve or served its customer."""

    renewal_id: int
    customer_id: int | None
    served_by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Somebody who may take renewals over; ``load`` counts the open renewals that are already theirs.

    ``is_peer`` tells a colleague of the leaver's role from one who only stands in.
    """

    number: str
    team_code: str | None
    workplace_code: str | None
    load: int = 0
    is_available: bool = True
    is_peer: bool = True


@dataclass(frozen=True, slots=True)
class Proposal:
    """Who gets a renewal and by which part of the rule; ``to_no`` None stands for the claim pool."""

    to_no: str | None
    rule: SplitRule


def split(
    cases: Sequence[Case],
    takers: Iterable[Taker],
    *,
    leaver_no: str,
    team_code: str | None,
    workplace_code: str | None,
) -> Mapping[int, Proposal]:
    """Return a proposal for every case, by renewal.

    Within a tier nobody ends more than the largest customer's cars above a colleague who could have had them.
    """
    fit = [one for one in takers if one.is_available and one.number != leaver_no]
    load = {one.number: one.load for one in fit}
    tiers: Sequence[tuple[SplitRule, Callable[[Taker], bool]]] = (
        (SplitRule.TEAM, lambda one: one.is_peer and team_code is not None and one.team_code == team_code),
        (
            SplitRule.WORKPLACE,
            lambda one: one.is_peer and (workplace_code is None or one.workplace_code == workplace_code),
        ),
        (SplitRule.STAND_IN, lambda one: not one.is_peer),
    )
    found: dict[int, Proposal] = {}
    for group in _groups(cases):
        proposal = _place(group, fit, load, tiers)
        if proposal.to_no is not None:
            load[proposal.to_no] += len(group)
        found |= {case.renewal_id: proposal for case in group}
    return found


def _groups(cases: Sequence[Case]) -> list[list[Case]]:
    """The cases by customer, the most cars first."""
    groups: dict[tuple[str, int], list[Case]] = {}
    for case in sorted(cases, key=lambda one: one.renewal_id):
        alone = case.customer_id is None
        key = ("car", case.renewal_id) if alone else ("customer", case.customer_id or 0)
        groups.setdefault(key, []).append(case)
    return sorted(groups.values(), key=lambda group: (-len(group), group[0].renewal_id))


def _place(
    group: Sequence[Case],
    fit: Sequence[Taker],
    load: Mapping[str, int],
    tiers: Sequence[tuple[SplitRule, Callable[[Taker], bool]]],
) -> Proposal:
    known = frozenset(number for case in group for number in case.served_by)
    related = [one.number for one in fit if one.is_peer and one.number in known]
    if related:
        return Proposal(_least(related, load), SplitRule.RELATIONSHIP)
    for rule, belongs in tiers:
        candidates = [one.number for one in fit if belongs(one)]
        if candidates:
            return Proposal(_least(candidates, load), rule)
    return Proposal(None, SplitRule.POOL)


def _least(numbers: Collection[str], load: Mapping[str, int]) -> str:
    return min(numbers, key=lambda number: (load[number], number))
