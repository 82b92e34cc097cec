"""Start renewals, and load one for its next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from engine.bootstrap import Deployed, Engine
from engine.domain.actor import Actor
from engine.domain.codes import RenewalState
from engine.domain.directory import Responsible
from engine.domain.nodes import list_day
from engine.domain.succession import kept_from_life
from engine.services.context import StepScope
from engine.services.hosting import RenewalHost
from engine.services.steps import Cause, apply_step
from engine.spiff.starter import Starter
from engine.store.instances import ProcessInstance, Timer, ids_with_incidents, timers_of
from engine.store.keys import KeyBlock
from engine.store.renewals import Customer, PolicyLine, Renewal, Vehicle, load_facts
from engine.store.session import Tx
from engine.store.tasks import UserTask, lock_step, lock_step_of_task, open_tasks_of

OfInstance = TypeVar("OfInstance", Timer, UserTask)

PROCESS_KEY = "renewal"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRenewal:
    """What is needed to start the renewal of one vehicle; ``expiry_date`` is the earliest last covered date."""

    vehicle: Vehicle
    customer: Customer | None
    lines: list[PolicyLine]
    covers: list[PolicyLine]
    expiry_date: date
    line_mix: str
    people: Responsible
    premium: Decimal | None
    ctp_premium: Decimal | None
    quote_opens_date: date | None
    source: str


def start_renewal(
    tx: Tx, engine: Engine, starter: RenewalStarter, new: NewRenewal, *, actor: Actor, now: datetime
) -> tuple[ProcessInstance, Renewal]:
    """Start the renewal's process instance and run it to its first waits.

    The two rows are returned for the caller to add, when those they refer to are there; the lines are
    linked to the renewal after that.
    """
    deployed = starter.deployed
    key = business_key(new.vehicle.vin, new.expiry_date)
    instance = ProcessInstance(
        id=starter.ids.take(),
        definition_set_id=deployed.id,
        definition_key=PROCESS_KEY,
        business_key=key,
        state=b"",
        path={},
        started_at=now,
    )
    is_kept = new.customer is not None and new.customer.no_sharing
    renewal = _row(instance.id, key, new, now, is_kept_from_life=is_kept)
    scope = StepScope(
        tx,
        engine,
        deployed,
        instance,
        renewal,
        actor,
        now,
        _vehicle=new.vehicle,
        _customer=new.customer,
        _lines=new.lines,
        _covers=new.covers,
        _timers=[],
        _tasks=[],
    )
    scope.record(
        "instance_started",
        subject=key,
        source=new.source,
        version=deployed.version,
        expiry_date=new.expiry_date,
        owner=renewal.owner_no,
        action_id="P-C5",
    )
    if is_kept:
        ends: dict[str, Any] = {"from": new.people.owner_no, "to": renewal.owner_no}
        scope.record("sharing_recalled", tasks=0, **ends)
    host = RenewalHost(scope)
    apply_step(scope, host, starter.runs.start(host), Cause.START)
    return instance, renewal


class RenewalStarter:
    """What the starts of one list share: the version, the runs and the numbers of new instances."""

    def __init__(self, tx: Tx, deployed: Deployed, *, now: datetime) -> None:
        self.deployed = deployed
        self.runs = Starter(deployed.process, PROCESS_KEY, now=now)
        self.ids = KeyBlock(tx, ProcessInstance)


def business_key(vin: str, expiry_date: date) -> str:
    """Return VIN + expiry period (month), the renewal's key (architecture.md §6.7)."""
    return f"{vin}:{expiry_date:%Y-%m}"


def _row(instance_id: int, key: str, new: NewRenewal, now: datetime, *, is_kept_from_life: bool) -> Renewal:
    people = kept_from_life(new.people) if is_kept_from_life else new.people
    main = next((line for line in new.lines if line.line == "commercial"), new.lines[0])
    return Renewal(
        id=instance_id,
        business_key=key,
        vehicle_id=new.vehicle.id,
        customer_id=new.vehicle.customer_id,
        vin=new.vehicle.vin,
        policy_no=main.policy_no,
        expiry_date=new.expiry_date,
        lines=new.line_mix,
        premium=new.premium,
        ctp_premium=new.ctp_premium,
        stage="",
        state=str(RenewalState.DISPATCH_PENDING),
        is_key=False,
        is_late=False,
        is_channel_leak=False,
        is_orphan=people.is_orphan,
        is_recalled=people.is_recalled,
        recalled_agent_no=_serving_agent(new.people) if is_kept_from_life else None,
        recalled_owner_no=new.people.owner_no if is_kept_from_life else None,
        owner_no=people.owner_no,
        owner_role=people.owner_role,
        agent_no=people.agent_no if not people.is_orphan else None,
        supervisor_no=people.supervisor_no,
        trainer_no=people.trainer_no,
        specialist_no=people.specialist_no,
        team_code=people.team_code,
        workplace_code=people.workplace_code,
        sub_branch_code=people.sub_branch_code,
        branch_code=people.branch_code,
        rounds=0,
        contacts=0,
        stage_contacts=0,
        failed_visits=0,
        last_result=None,
        missed_calls=0,
        has_actual_quote=False,
        quote_owed=False,
        quote_opens_date=new.quote_opens_date,
        next_node_on=list_day(new.expiry_date),
        started_at=now,
    )


def _serving_agent(people: Responsible) -> str | None:
    return None if people.is_orphan else people.agent_no


def load_scope(tx: Tx, engine: Engine, instance_id: int, *, actor: Actor, now: datetime) -> StepScope:
    """Lock one renewal's instance and gather what its next step needs.

    Raises:
        NotFound: no such instance.
    """
    instance, renewal = lock_step(tx, instance_id)
    return StepScope(tx, engine, engine.deployed(instance.definition_set_id), instance, renewal, actor, now)


def load_scope_of_task(tx: Tx, engine: Engine, task_id: int, *, actor: Actor, now: datetime) -> StepScope:
    """Lock the instance of a task, as :func:`load_scope` does; whoever steps locks the instance first.

    Raises:
        NotFound: no such task.
    """
    instance, renewal = lock_step_of_task(tx, task_id)
    return StepScope(tx, engine, engine.deployed(instance.definition_set_id), instance, renewal, actor, now)


def load_scopes(
    tx: Tx, engine: Engine, instances: Sequence[ProcessInstance], *, actor: Actor, now: datetime
) -> list[StepScope]:
    """Gather what the next steps of many locked instances need, one query a table."""
    ids = [instance.id for instance in instances]
    facts = load_facts(tx, ids)
    timers = _by_instance(ids, timers_of(tx, ids))
    tasks = _by_instance(ids, open_tasks_of(tx, ids))
    with_incidents = ids_with_incidents(tx, ids)
    scopes = []
    for instance in instances:
        renewal = facts.renewals[instance.id]
        scopes.append(
            StepScope(
                tx,
                engine,
                engine.deployed(instance.definition_set_id),
                instance,
                renewal,
                actor,
                now,
                _vehicle=facts.vehicles[renewal.vehicle_id],
                _customer=facts.customers.get(renewal.customer_id or 0),
                _lines=facts.lines[instance.id],
                _timers=timers[instance.id],
                _tasks=tasks[instance.id],
                _may_have_incident=instance.id in with_incidents,
            )
        )
    return scopes


def _by_instance(ids: Sequence[int], rows: Sequence[OfInstance]) -> dict[int, list[OfInstance]]:
    found: dict[int, list[OfInstance]] = {instance_id: [] for instance_id in ids}
    for row in rows:
        found[row.instance_id].append(row)
    return found
