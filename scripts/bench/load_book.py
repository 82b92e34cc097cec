"""The book under load: many branches of one kind, each with people who may sign in and a month's work.

One branch is made by the engine, the others are copies of it by plain SQL. Personal values are tied to their row
(engine/store/personal.py), so each copy's are sealed anew; plates and phones differ from vehicle to vehicle, as a
search would otherwise find a whole country.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil
from random import Random
from typing import Any

from sqlalchemy import Select, func, select

from engine.domain.actor import SYSTEM
from engine.domain.codes import Role
from engine.domain.demo_forms import plausible
from engine.domain.demo_people import DemoSize, demo_org
from engine.domain.demo_vehicles import DemoCar, demo_cars, pending_csv
from engine.services import clockwork, directory, tasks
from engine.services.users import hasher
from engine.store.people import UserAccount
from engine.store.personal import VAULT, Personal, context_of
from engine.store.renewals import Customer, Vehicle
from engine.vault import Vault
from scripts.bench import deeds
from scripts.bench.copies import COPIED, PEOPLE, copy_branch
from scripts.bench.database import Connection
from scripts.bench.house import FURNISHED, SEED, TODAY, House, at

SIZE = DemoSize(
    sub_branches=2, workplaces=6, teams_per_workplace=2, agents_per_team=7, specialists=1, channel_staff=5
)
"""112 people: 84 agents, 12 supervisors, 6 trainers, one specialist, five of the channel, four of the office."""
LIVED, FRESH = 800, 1_000
"""Renewals of a branch in the middle of their life, and those of a list that has just arrived."""
LIVED_DAYS, FRESH_DAYS = range(-30, 45), range(50, 60)
"""Days to expiry of the two."""
PASSWORD = "known to everybody, gone after the run"
VIN_LENGTH = 17
OPEN = "('open', 'claimed')"
_WORKERS = (Role.AGENT, Role.SUPERVISOR, Role.TRAINER, Role.SPECIALIST, Role.CHANNEL)


@dataclass(frozen=True, slots=True)
class Book:
    """How large the book became."""

    branches: int
    people: int
    renewals: int
    open_tasks: int


def fill(house: House, tasks_wanted: int) -> Book:
    """Make a book with about so many open tasks; a branch of it has 1,800 renewals, or what a tiny book needs."""
    house.restore(FURNISHED)
    org = _hire(house)
    small = tasks_wanted < LIVED + FRESH
    lived, fresh = (tasks_wanted // 2, tasks_wanted - tasks_wanted // 2) if small else (LIVED, FRESH)
    made = demo_cars(org, lived + fresh, Random(SEED), today=TODAY)
    _list(house, _expiring(made[:lived], LIVED_DAYS))
    _deal(house)
    _list(house, _expiring(made[lived:], FRESH_DAYS))
    one = _count(house, f"user_task WHERE status IN {OPEN}")
    house.leave()
    branches = 2 if small else max(1, ceil(tasks_wanted / one))
    copy_branch(house.database, (*PEOPLE, *COPIED), branches)
    _reseal(house)
    return Book(
        branches=branches,
        people=_count(house, "person"),
        renewals=_count(house, "renewal"),
        open_tasks=_count(house, f"user_task WHERE status IN {OPEN}"),
    )


def _hire(house: House) -> Any:
    """Put the branch's people in place of the usual ones, with accounts of one password."""
    connection = house.look()
    for table in PEOPLE:
        connection.execute(f"DELETE FROM {table}")
    connection.commit()
    connection.close()
    org = demo_org(SIZE)
    directory.store_org(house.engine, org, actor=SYSTEM, source="bench")
    hashed = hasher.hash(PASSWORD)
    with house.engine.store.transaction() as tx:
        tx.add_all(
            UserAccount(
                name=post.employee_no,
                display_name=post.name,
                unit_code=post.unit_code,
                password_hash=hashed,
                session_mark=f"mark of {post.employee_no}",
                created_at=at(TODAY),
            )
            for post in org.posts
            if post.role in _WORKERS
        )
        tx.record("user_added", at=at(TODAY), actor=SYSTEM.name, subject="bench", roles=[], unit=None)
    return org


def _expiring(made: Sequence[DemoCar], days: range) -> list[DemoCar]:
    return [
        replace(car, expiry_date=TODAY + timedelta(days=days[n * len(days) // len(made)]))
        for n, car in enumerate(made)
    ]


def _list(house: House, made: Sequence[DemoCar]) -> None:
    house.commit(house.preview(pending_csv(made)))
    clockwork.tick(house.engine)


def _deal(house: House) -> None:
    """Complete the first task of two renewals in three, each dispatched to the agent whose vehicle it is."""
    connection = house.look()
    agents = dict(
        connection.execute(
            "SELECT t.id, r.agent_no FROM user_task t JOIN renewal r ON r.id = t.instance_id"
        ).fetchall()
    )
    connection.close()
    for number, one in enumerate(deeds.first_tasks(house)):
        if number % 3 < 2:
            agent = agents[one.task_id] or "AG001"
            wanted = {"category": "normal", "agent_no": agent, "assignee_no": agent}
            form = house.deployed.forms[one.form_id]
            values = plausible(form, Random(SEED), today=TODAY, wanted=wanted)
            tasks.complete_task(house.engine, one.task_id, values, actor=one.actor)


def _count(house: House, what: str) -> int:
    connection = house.look()
    (found,) = connection.execute(f"SELECT COUNT(*) FROM {what}").fetchone()
    connection.close()
    return int(found)


# --- personal values -----------------------------------------------------------------------------------------


def plate_of(number: int) -> str:
    """Return the plate of the vehicle with this id; 2.4 million of them differ."""
    series, place = divmod(number, 100_000)
    return f"浙{'ABCDEFGHJKLMNPQRSTUVWXYZ'[series % 24]}{place:05}"


def phone_of(number: int) -> str:
    """Return the phone of the customer with this id; a hundred million of them differ."""
    return f"199{number % 100_000_000:08}"


def _reseal(house: House) -> None:
    """Give every vehicle and customer values sealed for its own row."""
    with house.engine.store.reading() as session:
        vault: Vault = session.info[VAULT]
        names = [one.name for one in session.scalars(_made_by_the_engine())]
    connection = house.look()
    house.database.hurry(connection)
    vehicles = connection.execute("SELECT id, vin FROM vehicle").fetchall()
    plates = ((number, *_sealed(vault, Vehicle.plate, plate_of(number), (vin,))) for number, vin in vehicles)
    _write(connection, "vehicle", "plate", plates, is_tailed=True)
    customers = [number for (number,) in connection.execute("SELECT id FROM customer").fetchall()]
    phones = ((number, *_sealed(vault, Customer.phone, phone_of(number), (number,))) for number in customers)
    _write(connection, "customer", "phone", phones, is_tailed=True)
    called = (
        (number, *_sealed(vault, Customer.name, names[number % len(names)], (number,))[:2])
        for number in customers
    )
    _write(connection, "customer", "name", called, is_tailed=False)
    connection.commit()
    connection.close()
    house.database.settle(("vehicle", "customer"))


def _made_by_the_engine() -> Select[Customer]:
    """The customers of the first branch, whose values open: a copy's vehicle has a letter more than a VIN."""
    seed = func.length(Vehicle.vin) == VIN_LENGTH
    return (
        select(Customer).join(Vehicle, Vehicle.customer_id == Customer.id).where(seed).order_by(Customer.id)
    )


def _sealed(vault: Vault, field: Personal[Any], text: str, key: tuple[Any, ...]) -> tuple[Any, Any, Any]:
    """The value as its column keeps it in the row with this key, and its two blind indexes."""
    found = field.indexes(vault, text)
    sealed = vault.seal(field.form.dump(text), context_of(field.table, field.name, key))
    return sealed, found["index"], found["tail"]


def _write(
    connection: Connection, table: str, field: str, rows: Iterator[tuple[Any, ...]], *, is_tailed: bool
) -> None:
    """Put sealed values into their rows by one COPY and one UPDATE."""
    tail = ", tail" if is_tailed else ""
    cursor = connection.cursor()
    cursor.execute("CREATE TEMP TABLE fresh (id bigint PRIMARY KEY, sealed bytea, found bytea, tail bytea)")
    with cursor.copy(f"COPY fresh (id, sealed, found{tail}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    own_tail = f", {field}_tail = fresh.tail" if is_tailed else ""
    cursor.execute(
        f"UPDATE {table} SET {field}_sealed = fresh.sealed, {field}_index = fresh.found{own_tail} "
        f"FROM fresh WHERE fresh.id = {table}.id"
    )
    cursor.execute("DROP TABLE fresh")
