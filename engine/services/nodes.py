"""Tell agents of policies that reach a node of their expiry: one message an agent and day (P-C6, domain.md §4.9).

Asked at every tick. Each renewal carries the day on which it reaches its next node, so that a look costs one
search in an index; the node is noted in the transaction that puts it into the agent's message, so that it is told
once, whatever stops or repeats.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from engine.bootstrap import Engine
from engine.clock import business_date, midnight
from engine.domain.actor import SYSTEM, Actor
from engine.domain.nodes import next_node_day, node_on
from engine.services.batches import in_batches
from engine.services.outbox import tell_agent
from engine.store.nodes import lock_reaching, next_node_date, nodes_are_due, note_nodes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from engine.store.session import Tx

BATCH = 500
TOLD, REACHED = "node_told", "nodes_reached"


def tell_nodes(engine: Engine, *, now: datetime, actor: Actor = SYSTEM) -> int:
    """Look at every renewal whose day has come; return how many were put into a message.

    What another process holds just now is left to the next tick.
    """
    if not nodes_due(engine, now):
        return 0
    return in_batches(engine, lambda tx: _tell_some(engine, tx, now, actor), size=BATCH)


def nodes_due(engine: Engine, now: datetime) -> bool:
    """Whether :func:`tell_nodes` would find anything."""
    with engine.store.reading() as session:
        return nodes_are_due(session, business_date(now, engine.clock.zone))


def next_node(engine: Engine, session: Session) -> datetime | None:
    """Return the moment at which the next renewal reaches a node; None when none will."""
    day = next_node_date(session)
    return midnight(day, engine.clock.zone) if day is not None else None


def _tell_some(engine: Engine, tx: Tx, now: datetime, actor: Actor) -> tuple[int, int]:
    """Return how many renewals were looked at, and how many of them are told."""
    today = business_date(now, engine.clock.zone)
    found = lock_reaching(tx, today, limit=BATCH)
    reached, told = [], 0
    for one in found:
        node = node_on(today, one.expiry_date)
        reached.append((one.renewal_id, node, next_node_day(node, one.expiry_date)))
        if one.agent_no is None or node >= one.told_node:
            continue
        told += 1
        tell_agent(
            tx, agent_no=one.agent_no, instance_id=one.renewal_id, node=node, now=now, clock=engine.clock
        )
        tx.record(
            TOLD, at=now, actor=actor.name, instance_id=one.renewal_id, recipient=one.agent_no, node=node
        )
    if reached:
        note_nodes(tx, reached)
        tx.record(REACHED, at=now, actor=actor.name, looked=len(reached), told=told)
    return len(found), told
