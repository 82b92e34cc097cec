"""Time: run what is due, and walk the virtual clock through every due moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from engine.bootstrap import Engine
from engine.domain.actor import SYSTEM, Actor
from engine.domain.duration import parse_duration
from engine.errors import ClockError
from engine.services.ledger import freeze_ledgers, next_freeze
from engine.services.nodes import next_node, tell_nodes
from engine.services.outbox import send_queued
from engine.services.people_change import keep_people, next_people_change
from engine.services.quote_ends import end_quotes, next_quote_end
from engine.services.requoting import requote
from engine.services.retention import erase_kept
from engine.services.timers import TickReport, sweep
from engine.store.calendar import has_clock
from engine.store.calendar import set_clock as store_clock
from engine.store.instances import next_due_at
from engine.store.outbox import next_to_send
from engine.store.renewals import any_renewal

Progress = Callable[[datetime], None]


def tick(engine: Engine, *, actor: Actor = SYSTEM) -> TickReport:
    """Run every job that is due now, once: timers oldest first, people, nodes, quotes, ledgers, then the outbox."""
    now = engine.clock.now()
    report = TickReport()
    while (done := sweep(engine, now=now, actor=actor)) is not None:
        report += done
    report += TickReport(handed_over=keep_people(engine, now=now, actor=actor))
    report += TickReport(nodes_told=tell_nodes(engine, now=now, actor=actor))
    end_quotes(engine, now=now, actor=actor)
    requote(engine, now=now, actor=actor)
    erase_kept(engine, now=now, actor=actor)
    report += TickReport(ledgers_frozen=freeze_ledgers(engine, now=now, actor=actor))
    return report + TickReport(messages_sent=send_queued(engine, now=now))


def set_clock(engine: Engine, moment: datetime, *, actor: Actor) -> None:
    """Set the virtual present without firing anything.

    Back it goes only while no renewal lives by it: what a renewal met cannot be taken back.

    Raises:
        ClockError: the clock is the system's, or renewals have lived past *moment*.
    """
    _require_virtual(engine)
    with engine.store.transaction() as tx:
        if has_clock(tx) and moment < engine.clock.now() and any_renewal(tx):
            raise ClockError(
                reason_zh="已有续保按现在的时间运行，时钟不能往回拨；请给出更晚的时刻，或另建空库",
                reason_en="renewals have lived up to the present, so it cannot be set back; "
                "name a later moment, or use an empty database",
            )
        store_clock(tx, moment)
        tx.record("clock_moved", at=moment, actor=actor.name, to=moment)


def advance_clock(
    engine: Engine,
    *,
    to: datetime | None = None,
    by: str | None = None,
    actor: Actor,
    on_progress: Progress | None = None,
) -> TickReport:
    """Walk the virtual clock to *to* (or by an ISO-8601 duration), stopping at each due moment in order.

    Raises:
        ClockError: the clock is the system's, the duration is not ISO-8601, or the goal lies in the past.
    """
    _require_virtual(engine)
    now = engine.clock.now()
    goal = to if to is not None else now + parse_duration(by or "")
    if goal < now:
        raise ClockError(
            reason_zh="时钟不能往回走，请给出更晚的时刻", reason_en="it cannot go back; name a later moment"
        )
    report = tick(engine, actor=actor)
    while (moment := _next_moment(engine)) is not None and moment <= goal:
        is_new = moment > engine.clock.now()
        _move(engine, max(moment, engine.clock.now()))
        done = tick(engine, actor=actor)
        report += done
        if on_progress is not None:
            on_progress(moment)
        if not is_new and done == TickReport() and _next_moment(engine) == moment:
            break  # another process holds what is due
    _move(engine, goal)
    report += tick(engine, actor=actor)
    with engine.store.transaction() as tx:
        tx.record("clock_moved", at=goal, actor=actor.name, to=goal)
    return report


def _next_moment(engine: Engine) -> datetime | None:
    """Return when there is something to do next: a timer, a message, a change of the organisation, a node, a quote."""
    with engine.store.reading() as session:
        found = (
            next_due_at(session),
            next_to_send(session),
            next_people_change(engine, session),
            next_node(engine, session),
            next_quote_end(engine, session),
            next_freeze(engine, session),
        )
    return min((moment for moment in found if moment is not None), default=None)


def _move(engine: Engine, moment: datetime) -> None:
    with engine.store.transaction() as tx:
        store_clock(tx, moment)


def _require_virtual(engine: Engine) -> None:
    if not engine.clock.is_virtual:
        raise ClockError(
            reason_zh="当前使用系统时钟（RENEWALS_CLOCK=system），只有虚拟时钟可以拨动",
            reason_en="this is the system clock (RENEWALS_CLOCK=system); only a virtual clock can be moved",
        )
