"""Let a customer's other renewals follow a word on sharing, at once where they are free, else with the next tick.

The ticker also finds what went astray otherwise: a list that was stored at the same moment, a car that changed hands.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.services.context import StepScope
from engine.services.instances import load_scopes
from engine.services.sharing import Moved, follow, tell
from engine.store.renewals import Customer
from engine.store.same_customer import same_customers
from engine.store.session import Tx
from engine.store.sharing import astray, lock_free, open_renewals_of_all

BATCH = 200


def follow_word(
    tx: Tx,
    engine: Engine,
    customer: Customer,
    *,
    actor: Actor,
    now: datetime,
    own: StepScope | None = None,
) -> int:
    """Move every open renewal of *customer* to where the word on sharing puts it; returns how many moved.

    *own* is one that the caller is in the middle of a step of. Those that somebody else works on this moment are left
    to :func:`keep_sharing`.
    """
    tx.flush()
    fellows = same_customers(tx, customer)
    wanted = set(open_renewals_of_all(tx, [row.id for row in fellows]))
    moved: list[Moved] = []
    if own is not None:
        wanted.discard(own.renewal.id)
        moved += filter(None, [follow(own)])
    moved += _move(tx, engine, wanted, actor=actor, now=now)
    tell(tx, engine, moved, now=now)
    return len(moved)


def keep_sharing(engine: Engine, *, now: datetime, actor: Actor) -> int:
    """Move renewals that do not follow their customer's word yet; returns how many."""
    with engine.store.reading() as session:
        found = astray(session, limit=BATCH)
    if not found:
        return 0
    with engine.store.transaction() as tx:
        moved = _move(tx, engine, found, actor=actor, now=now)
        tell(tx, engine, moved, now=now)
    # What is left is in somebody else's hands: it is looked for again.
    return len(moved) + (keep_sharing(engine, now=now, actor=actor) if len(moved) == BATCH else 0)


def sharing_is_due(engine: Engine) -> bool:
    """Whether :func:`keep_sharing` has anything to do."""
    with engine.store.reading() as session:
        return bool(astray(session, limit=1))


def _move(
    tx: Tx, engine: Engine, renewal_ids: Collection[int], *, actor: Actor, now: datetime
) -> list[Moved]:
    if not renewal_ids:
        return []
    instances = lock_free(tx, renewal_ids)
    scopes = load_scopes(tx, engine, instances, actor=actor, now=now)
    return [moved for scope in scopes if (moved := follow(scope)) is not None]
