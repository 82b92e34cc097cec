"""The acts that are measured, told to the engine as its users would ask for them, and to SpiffWorkflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import select

import forms
from engine.domain.actor import SYSTEM, Actor
from engine.domain.codes import Role
from engine.domain.demo_forms import plausible
from engine.domain.demo_vehicles import DemoCar, pending_csv
from engine.domain.directory import Responsible
from engine.services import tasks, timers
from engine.services.imports import CHUNK
from engine.services.instances import NewRenewal, RenewalStarter, start_renewal
from engine.store.instances import open_timers
from engine.store.organisation import directory_on
from engine.store.renewals import PolicyLine, Vehicle, lines_of_vehicles
from engine.store.session import Tx
from scripts.bench import stock
from scripts.bench.contest import Deed, Walk
from scripts.bench.house import FURNISHED, SEED, TODAY, House, at, cars
from scripts.bench.quiet import QuietWorld

LISTED = at(TODAY)
PREPARED_DAYS = 50
"""Days to expiry of a vehicle that enters the stage of preparation, the usual one to start in."""
Told = tuple[Deed, Walk]


# --- start ---------------------------------------------------------------------------------------------------


def starting(house: House, count: int, *, batch: int = 1) -> Told:
    """Start renewals of vehicles whose facts are stored already, *batch* of them a transaction."""
    walk = _walk_of_starts(house, count, batch=batch)
    house.restore(FURNISHED)
    known = [_store_facts(house, car) for car in cars([PREPARED_DAYS] * count)]
    house.keep("facts")
    start = partial(_start_known, house, known, batch)
    return Deed(house=house, snapshot="facts", now=LISTED, do=start), walk


def importing(house: House, count: int) -> Told:
    """Start the same renewals by committing a previewed list."""
    walk = _walk_of_starts(house, count, batch=CHUNK)
    house.restore(FURNISHED)
    batch = house.preview(pending_csv(cars([PREPARED_DAYS] * count)))
    house.keep("previewed")
    commit = partial(house.commit, batch)
    return Deed(house=house, snapshot="previewed", now=LISTED, do=commit), walk


def _walk_of_starts(house: House, count: int, *, batch: int) -> Walk:
    house.restore(FURNISHED)
    house.list_renewals([PREPARED_DAYS])
    world = QuietWorld(house, 1)
    process = house.deployed.process
    return Walk(worlds=[world], process=process, listed=LISTED, now=LISTED, count=count, batch=batch)


def _store_facts(house: House, car: DemoCar) -> tuple[int, Responsible]:
    """Store vehicle and lines of *car*; returns the vehicle's id and who will answer for the renewal."""
    with house.engine.store.transaction() as tx:
        vehicle = Vehicle(vin=car.vin, plate=car.plate, make_model=car.model, energy=car.energy, seats=5)
        tx.add(vehicle)
        tx.flush()
        for line in ("commercial", "ctp"):
            tx.add(
                PolicyLine(
                    policy_no=f"{line}-{car.number}",
                    line=line,
                    vehicle_id=vehicle.id,
                    expiry_date=car.expiry_date,
                    claims=car.claims,
                )
            )
        people = directory_on(tx, TODAY).responsible_for(
            agent_no=car.agent_no, sub_branch_code=car.sub_branch, workplace_code=None, specialist_no=None
        )
        return vehicle.id, people


def _start_known(house: House, known: Sequence[tuple[int, Responsible]], batch: int) -> None:
    for first in range(0, len(known), batch):
        with house.engine.store.transaction() as tx:
            _start_batch(house, tx, dict(known[first : first + batch]))


def _start_batch(house: House, tx: Tx, people: Mapping[int, Responsible]) -> None:
    """Start the renewals of these vehicles as an import does: rows that others refer to go first."""
    vehicles = {row.id: row for row in tx.scalars(select(Vehicle).where(Vehicle.id.in_(people)))}
    covers = lines_of_vehicles(tx, list(people))
    starter = RenewalStarter(tx, house.deployed, now=LISTED)
    started = [
        start_renewal(
            tx,
            house.engine,
            starter,
            _new_renewal(vehicles[number], covers[number], answering),
            actor=SYSTEM,
            now=LISTED,
        )
        for number, answering in people.items()
    ]
    for rows in zip(*started, strict=True):
        tx.add_all(rows)
        tx.flush()
    for _, renewal in started:
        for line in covers[renewal.vehicle_id]:
            line.renewal_id = renewal.id


def _new_renewal(vehicle: Vehicle, lines: list[PolicyLine], people: Responsible) -> NewRenewal:
    return NewRenewal(
        vehicle=vehicle,
        customer=None,
        lines=lines,
        covers=lines,
        expiry_date=lines[0].expiry_date,
        line_mix="both",
        people=people,
        premium=None,
        ctp_premium=None,
        quote_opens_date=lines[0].expiry_date - timedelta(days=60),
        source="bench",
    )


# --- complete ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chosen:
    """The open task of a renewal that came first, and who may do it."""

    task_id: int
    element_id: str
    form_id: str
    actor: Actor


def completing(house: House, snapshot: str, ids: Sequence[int]) -> Told:
    """Complete the first open task of each renewal, each in a transaction of its own."""
    house.restore(snapshot)
    chosen = first_tasks(house, ids)
    values = answers(house, chosen[0].form_id)
    checked = forms.check(house.deployed.forms[chosen[0].form_id], values, today=TODAY)
    outcome = forms.outcomes(house.deployed.forms[chosen[0].form_id], checked.clean)
    walk = Walk(
        worlds=[QuietWorld(house, ids[0])],
        process=house.deployed.process,
        listed=LISTED,
        now=LISTED,
        count=len(ids),
        act=stock.completing(chosen[0].element_id, outcome),
    )
    complete = partial(complete_each, house, chosen, values)
    return Deed(house=house, snapshot=snapshot, now=LISTED, do=complete, ids=ids), walk


def complete_each(house: House, chosen: Sequence[Chosen], values: dict[str, Any]) -> None:
    """Complete every chosen task with the same answers."""
    for one in chosen:
        tasks.complete_task(house.engine, one.task_id, values, actor=one.actor)


def answers(house: House, form_id: str) -> dict[str, Any]:
    """Return what a person would plausibly enter into a form, the same each time."""
    wanted = {"category": "normal", "agent_no": "AG001", "assignee_no": "AG001"}
    return plausible(house.deployed.forms[form_id], Random(SEED), today=TODAY, wanted=wanted)


def first_tasks(house: House, ids: Sequence[int] | None = None) -> list[Chosen]:
    """Return the first open task of each renewal that has one (default: of all renewals)."""
    connection = house.look()
    cursor = connection.cursor()
    cursor.execute(
        "SELECT t.instance_id, t.id, t.element_id, t.form_id, t.role, t.assignee_no, r.sub_branch_code "
        "FROM user_task t JOIN renewal r ON r.id = t.instance_id WHERE t.id IN (SELECT MIN(id) "
        "FROM user_task WHERE status = 'open' GROUP BY instance_id) ORDER BY t.instance_id"
    )
    wanted = None if ids is None else set(ids)
    found = [
        Chosen(task_id, element, form, _person(role, assignee, unit))
        for renewal, task_id, element, form, role, assignee, unit in cursor.fetchall()
        if wanted is None or renewal in wanted
    ]
    connection.close()
    return found


def _person(role: str, assignee: str | None, unit: str) -> Actor:
    number = assignee or f"any {role}"
    return Actor(name=number, employee_no=number, roles=frozenset({Role(role)}), unit_codes=frozenset({unit}))


# --- timers --------------------------------------------------------------------------------------------------


def firing(house: House, snapshot: str, ids: Sequence[int]) -> Told:
    """Fire the next timer of each renewal, each in a transaction of its own."""
    house.restore(snapshot)
    due = next_due(house, ids[0])
    fire = partial(_fire_each, house, ids, due)
    return Deed(house=house, snapshot=snapshot, now=due, do=fire, ids=ids), _walk_of_timers(house, ids, due)


def sweeping(house: House, snapshot: str, ids: Sequence[int], *, kinds: int = 1) -> Told:
    """Fire everything that is due, batch by batch; the renewals are of so many kinds, in turns."""
    house.restore(snapshot)
    due = next_due(house, ids[0])
    sweep = partial(_sweep_all, house, due)
    walk = _walk_of_timers(house, ids, due, kinds=kinds, batch=timers.SWEEP)
    return Deed(house=house, snapshot=snapshot, now=due, do=sweep, ids=ids), walk


def _sweep_all(house: House, due: datetime) -> None:
    """Sweep as a tick does; people are not looked at, as those of copied branches are in no organisation."""
    while (report := timers.sweep(house.engine, now=due)) is not None:
        if report.incidents:
            raise RuntimeError(f"{report.incidents} incidents")


def next_due(house: House, renewal_id: int) -> datetime:
    """Return when the next timer of a renewal is due."""
    with house.engine.store.reading() as session:
        return open_timers(session, renewal_id)[0].due_at


def _walk_of_timers(
    house: House, ids: Sequence[int], due: datetime, *, kinds: int = 1, batch: int = 1
) -> Walk:
    return Walk(
        worlds=[QuietWorld(house, one) for one in ids[:kinds]],
        process=house.deployed.process,
        listed=LISTED,
        now=due,
        count=len(ids),
        batch=batch,
        act=stock.fire,
    )


def _fire_each(house: House, ids: Sequence[int], due: datetime) -> None:
    for one in ids:
        timers.fire_instance(house.engine, one, now=due)
