"""How an orphan policy is served once somebody settled it: kept with the renewal until its people change.

Source: domain.md §1.3 K-C2 (routes: supervisor, new agent, specialist directly, telesales; route history), K-L2 ("goes
on serving"), §1.5 (one responsible person at any time; a channel lock with reason, from and to, and its end; quoting
goes on during the lock).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.domain.codes import DeadlineEnd, DeadlineKind, OrphanRoute, Role
from engine.services.assignment import assign, responsible_of
from engine.services.context import StepScope
from engine.store.deadlines import open_deadlines

SETTLED = "orphan_settled"


def settle(scope: StepScope, route: OrphanRoute, *, why: str | None = None) -> None:
    """Keep that the orphan is served by *route* from now on: nobody is asked for one again, the pool offers it no more.

    Nothing when an agent answers for it, who makes it no orphan. *why* is the reason chosen for the route.
    """
    row = scope.renewal
    if not row.is_orphan:
        return
    for offer in open_deadlines(scope.tx, row.id, DeadlineKind.POOL):
        offer.settled_at, offer.ending = scope.now, str(DeadlineEnd.ASSIGNED)
    before, row.orphan_route = row.orphan_route, str(route)
    served: dict[str, Any] = {"from": before, "to": str(route), "owner": row.owner_no}
    scope.record(SETTLED, why=why, **served)


def to_telesales(scope: StepScope, *, why: str | None = None) -> None:
    """Lock the channel to telesales (K-C2): the specialist answers for the renewal, as telesales are not people here.

    The people of the life insurer keep their sight of it and may quote and assist; it is neither offered to them nor
    are its contacts theirs. The lock lasts until the renewal ends, or an agent or another route takes its place.
    """
    people = responsible_of(scope.renewal)
    role = Role.SPECIALIST if people.specialist_no else Role.CHANNEL
    assign(scope, replace(people, owner_no=people.specialist_no, owner_role=role), reason="K-C2")
    settle(scope, OrphanRoute.TELESALES, why=why)
