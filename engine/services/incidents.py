"""Keep what failed: the state stays as it was, the person's input and the cause are stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import IncidentStatus
from engine.errors import EngineError
from engine.store.imports import lock_batch
from engine.store.instances import Incident, lock_instance, open_incidents
from engine.store.session import Tx


def raise_incident(
    engine: Engine,
    instance_id: int,
    *,
    trigger: str,
    error: Exception,
    actor: Actor,
    now: datetime,
    element_id: str | None = None,
    task_id: int | None = None,
    submitted: Mapping[str, Any] | None = None,
) -> int:
    """Store an incident in a transaction of its own; a repeated failure counts up the attempts."""
    text = _text(error)
    with engine.store.transaction() as tx:
        known = _known(tx, instance_id, trigger, element_id)
        if known is None:
            known = Incident(
                instance_id=instance_id,
                task_id=task_id,
                element_id=element_id,
                trigger=trigger,
                message=text[:2000],
                submitted=dict(submitted) if submitted is not None else None,
                submitted_by=actor.name,
                attempts=1,
                status=str(IncidentStatus.OPEN),
                created_at=now,
            )
            tx.add(known)
        else:
            known.attempts += 1
            known.message = text[:2000]
            known.submitted = dict(submitted) if submitted is not None else known.submitted
        if trigger == "timer":
            lock_instance(tx, instance_id).next_due_at = None  # the sweep leaves it until it is retried
        tx.flush()
        tx.record(
            "incident_raised",
            at=now,
            actor=actor.name,
            instance_id=instance_id,
            task_id=task_id,
            subject=element_id,
            reason=_told(error),
            trigger=trigger,
            attempt=known.attempts,
        )
        return known.id


def _known(tx: Tx, instance_id: int, trigger: str, element_id: str | None) -> Incident | None:
    """The open incident of the same failure."""
    alike = (
        one
        for one in open_incidents(tx, instance_id)
        if (one.trigger, one.element_id) == (trigger, element_id)
    )
    return next(alike, None)


def _text(error: Exception) -> str:
    """The whole of what went wrong; it may repeat what was typed, so it is sealed with the incident."""
    return error.say("zh") if isinstance(error, EngineError) else f"{type(error).__name__}: {error}"


def _told(error: Exception) -> str:
    """What the history says of it: of a defect only its kind."""
    return error.say("zh")[:500] if isinstance(error, EngineError) else type(error).__name__


def report_dead_job(engine: Engine, name: str, args: Mapping[str, Any], error: Exception) -> int:
    """Keep a job that was given up; a retry of the incident queues it again."""
    text = _text(error)
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        incident = Incident(
            element_id=name,
            trigger="job",
            message=text[:2000],
            submitted=dict(args),
            submitted_by="system",
            status=str(IncidentStatus.OPEN),
            created_at=now,
        )
        tx.add(incident)
        if name == "commit_import":  # the page offers the commit again
            batch = lock_batch(tx, int(args["batch_id"]))
            batch.details = {**batch.details, "ordered_by": None}
        tx.flush()
        tx.record(
            "incident_raised",
            at=now,
            actor="system",
            subject=name,
            reason=_told(error),
            trigger="job",
            arguments=dict(args),
        )
        return incident.id


def resolve(tx: Tx, instance_id: int, *, trigger: str, actor: Actor, now: datetime) -> None:
    """Close the open incidents of this trigger after the step went well."""
    for incident in open_incidents(tx, instance_id):
        if incident.trigger == trigger:
            close(tx, incident, actor=actor, now=now)


def close(tx: Tx, incident: Incident, *, actor: Actor, now: datetime) -> None:
    """Let an incident be resolved."""
    incident.status = str(IncidentStatus.RESOLVED)
    incident.resolved_at, incident.resolved_by = now, actor.name
    tx.record(
        "incident_resolved",
        at=now,
        actor=actor.name,
        instance_id=incident.instance_id,
        subject=incident.element_id,
    )
