"""Fire the timers that are due, in batches or for one instance, and retry those that failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.bootstrap import Engine
from engine.domain.actor import SYSTEM, Actor
from engine.domain.codes import IncidentStatus, Role
from engine.domain.own_clocks import OWN_CLOCKS
from engine.errors import Conflict, Forbidden, NotFound, blamed
from engine.label import Label, Thing
from engine.services import incidents, provisional
from engine.services.access import sees
from engine.services.collecting import uncollected
from engine.services.context import StepScope
from engine.services.hosting import RenewalHost
from engine.services.instances import load_scope, load_scopes
from engine.services.steps import Cause, apply_step
from engine.spiff import runner
from engine.store.instances import Incident, claim_due, open_timers
from engine.store.renewals import Renewal

SWEEP = 200
MAX_CATCH_UP = 60


@dataclass(frozen=True, slots=True)
class TickReport:
    """What one sweep (or a walk of the clock) did."""

    timers_fired: int = 0
    tasks_opened: int = 0
    messages_sent: int = 0
    incidents: int = 0
    handed_over: int = 0
    ledgers_frozen: int = 0
    nodes_told: int = 0

    def __add__(self, other: TickReport) -> TickReport:
        return TickReport(
            self.timers_fired + other.timers_fired,
            self.tasks_opened + other.tasks_opened,
            self.messages_sent + other.messages_sent,
            self.incidents + other.incidents,
            self.handed_over + other.handed_over,
            self.ledgers_frozen + other.ledgers_frozen,
            self.nodes_told + other.nodes_told,
        )


def sweep(engine: Engine, *, now: datetime, actor: Actor = SYSTEM, limit: int = SWEEP) -> TickReport | None:
    """Fire one batch of due instances in one transaction; returns None when nothing (free) is due.

    When one of them fails, nothing of the batch is kept: each is then fired by itself, so that the others
    go on and the failure gets its own incident.
    """
    claimed: list[int] = []
    try:
        with uncollected(), engine.store.transaction() as tx:
            instances = claim_due(tx, now, limit=limit)
            claimed = [instance.id for instance in instances]
            if not claimed:
                return None
            report = TickReport()
            for scope in load_scopes(tx, engine, instances, actor=actor, now=now):
                report += _fire(scope)
                if scope.may_have_incident:
                    incidents.resolve(tx, scope.instance.id, trigger="timer", actor=actor, now=now)
            return report
    except Exception:
        if not claimed:
            raise
    report = TickReport()
    for instance_id in claimed:
        report += fire_instance(engine, instance_id, now=now, actor=actor)
    return report


def fire_instance(engine: Engine, instance_id: int, *, now: datetime, actor: Actor = SYSTEM) -> TickReport:
    """Fire the due timers of one instance, oldest first, in one transaction; a failure becomes an incident."""
    with engine.store.reading() as session:
        if not any(t.due_at <= now for t in open_timers(session, instance_id)):
            return TickReport()
    try:
        with engine.store.transaction() as tx:
            scope = load_scope(tx, engine, instance_id, actor=actor, now=now)
            report = _fire(scope)
            incidents.resolve(tx, instance_id, trigger="timer", actor=actor, now=now)
            return report
    except Conflict:
        return TickReport()  # another worker holds it; the next sweep looks again
    except Exception as error:  # noqa: BLE001 - one bad instance must not stop the sweep; it is kept
        incidents.raise_incident(
            engine,
            instance_id,
            trigger="timer",
            error=error,
            actor=actor,
            now=now,
            element_id=blamed(error),
        )
        return TickReport(incidents=1)


def _fire(scope: StepScope) -> TickReport:
    """Fire the due timers of one instance, each at its own planned moment, oldest first."""
    fired = opened = 0
    for _ in range(MAX_CATCH_UP):
        due = [timer for timer in scope.timers if timer.due_at <= scope.now]
        if not due:
            break
        moment = min(timer.due_at for timer in due)
        provisional.revert_due(scope, moment)
        host = RenewalHost(scope)
        step = runner.fire_timers(
            scope.deployed.process,
            scope.instance.definition_key,
            scope.state,
            host,
            now=moment,
        )
        opened += len(apply_step(scope, host, step, Cause.TIMER))
        fired += len(step.fired) + sum(1 for t in due if t.element_id in OWN_CLOCKS and t.settled)
    return TickReport(timers_fired=fired, tasks_opened=opened)


def retry_incident(engine: Engine, incident_id: int, *, actor: Actor) -> TickReport:
    """Try the failed timer step again after its cause was mended.

    Raises:
        NotFound: no such open incident in the actor's scope.
        Forbidden: only administrators do this.
    """
    if not actor.is_operator and Role.ADMIN not in actor.roles:
        raise Forbidden(act=Label("重试异常", "retry incidents"))
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        incident = tx.get(Incident, incident_id, with_for_update=True)
        if incident is None or incident.status != IncidentStatus.OPEN:
            raise NotFound(what=Thing.INCIDENT, key=incident_id)
        renewal = tx.get(Renewal, incident.instance_id) if incident.instance_id is not None else None
        if renewal is not None and not sees(actor, renewal):
            raise NotFound(what=Thing.INCIDENT, key=incident_id)
        instance_id, trigger = incident.instance_id, incident.trigger
        if trigger == "job" and incident.element_id:
            tx.enqueue(incident.element_id, **(incident.submitted or {}))
        if trigger != "timer":
            incidents.close(tx, incident, actor=actor, now=now)
    if trigger != "timer" or instance_id is None:
        return TickReport()
    return fire_instance(engine, instance_id, now=now, actor=actor)
