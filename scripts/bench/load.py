"""Benchmark of the inbox under load: fifty people at a nationwide book, and an act on a thousand tasks.

The people are threads of this process; the console is ``renewals web`` as it runs in production, PostgreSQL is
beside it. All three share the machine's processors, as the notes say.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from random import Random
from subprocess import DEVNULL, Popen
from time import perf_counter
from typing import TYPE_CHECKING

from sqlalchemy import select

from engine.domain.codes import CustomerTier, Role
from engine.queries.bulk import prefiller
from engine.services.bulk import carry_out, order_bulk, prepare_bulk
from engine.services.users import actor_today
from engine.store.bulk import counts_of
from engine.store.renewals import Customer, Renewal, Vehicle
from engine.store.tasks import UserTask
from scripts.bench import deeds, load_book
from scripts.bench.figures import Figure, counted
from scripts.bench.house import SEED, House
from scripts.bench.load_book import Book
from scripts.bench.load_people import CHOOSE, LISTS, LOOK, SEARCHES, Answer, Visitor, Worker
from scripts.bench.setting import Findings, Setting

if TYPE_CHECKING:
    from engine.domain.actor import Actor

TEAM = {Role.AGENT: 34, Role.SUPERVISOR: 6, Role.TRAINER: 4, Role.SPECIALIST: 4, Role.CHANNEL: 2}
"""The fifty who work at the same time."""
SMALL_TEAM = {Role.AGENT: 1, Role.SPECIALIST: 1}
THINK = 10.0
"""Seconds between an answer and the next click, on average: fifty people ask five times a second."""
GOAL, BULK_GOAL = 300.0, 30.0
"""Milliseconds inside the application at the 95th percentile; seconds for a thousand tasks."""
AT_ONCE = 1_000
SITE_WORKERS = 2
_START = 60.0
_SAMPLE = 20
_EACH_ONCE = len(LISTS) + len(SEARCHES)


def load(setting: Setting) -> Findings:
    """Let fifty people work at a large book, then complete a thousand tasks as one act."""
    house = setting.house
    if house.database.name == "sqlite":
        return Findings(
            figures=[], notes=("the embedded database serves one machine; load needs PostgreSQL",)
        )
    is_small = setting.size < load_book.LIVED + load_book.FRESH
    think = 0.0 if is_small else THINK
    book = load_book.fill(house, setting.size)
    workers = _workers(house, SMALL_TEAM if is_small else TEAM)
    before = os.getloadavg()[0]
    house.leave()
    with _site(house) as port:
        answers = _work(workers, port, clicks=_EACH_ONCE if is_small else setting.rounds, think=think)
    bulk, rows = _complete(house)
    house.leave()
    figures = [figure for kind in (*LISTS, *SEARCHES, CHOOSE, LOOK) for figure in _figures(kind, answers)]
    figures += [
        counted(f"bulk: complete {rows:,} rows", "server max", bulk, "s"),
        counted(f"bulk: complete {rows:,} rows", "goal", BULK_GOAL, "s"),
        counted(f"bulk: complete {rows:,} rows", "answers", 1),
    ]
    return Findings(figures=figures, notes=(*_notes(book, workers, answers, think, before), judged(figures)))


# --- people --------------------------------------------------------------------------------------------------


def _workers(house: House, team: Mapping[Role, int]) -> list[Worker]:
    """Choose people who have something to do, from branches all over the country."""
    connection, mark, chosen = house.look(), house.database.mark, []
    for role, count in team.items():
        rows = connection.execute(
            "SELECT a.name FROM user_account a JOIN post p ON p.employee_no = a.name "
            f"WHERE p.role = {mark} ORDER BY a.name",
            (str(role),),
        ).fetchall()
        chosen += [(name, role) for (name,) in Random(SEED).sample(rows, count)]
    connection.close()
    return [_worker(house, name, role) for name, role in chosen]


def _worker(house: House, name: str, role: Role) -> Worker:
    """What *name* would look for: the vehicles and kinds of tasks on the own desk, else anybody's."""
    query = (
        select(UserTask.action_id, Vehicle, Customer)
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .join(Customer, Customer.id == Renewal.customer_id)
        .order_by(UserTask.id)
        .limit(_SAMPLE)
    )
    with house.engine.store.reading() as session:
        rows = (
            session.execute(query.where(UserTask.assignee_no == name)).all() or session.execute(query).all()
        )
        return Worker(
            name=name,
            role=role,
            actions=[row.action_id for row in rows],
            tiers=[str(tier) for tier in CustomerTier],
            plates=[row.Vehicle.plate or "" for row in rows],
            phones=[row.Customer.phone or "" for row in rows],
        )


def _work(workers: Sequence[Worker], port: int, *, clicks: int, think: float) -> list[Answer]:
    """Let all of them work at the same time; returns every answer that counts."""
    visitors = [Visitor(worker, port, SEED + number) for number, worker in enumerate(workers)]
    for visitor in visitors:
        visitor.sign_in()
    with ThreadPoolExecutor(len(visitors)) as pool:
        for done in [pool.submit(visitor.work, clicks, think) for visitor in visitors]:
            done.result()
    return [answer for visitor in visitors for answer in visitor.browser.answers]


# --- the console ---------------------------------------------------------------------------------------------


@contextmanager
def _site(house: House) -> Iterator[int]:
    """Serve the book; yields the port once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    arguments = [house.database.url, str(Path.cwd()), str(port), str(SITE_WORKERS)]
    with Popen([sys.executable, "-m", "scripts.bench.load_site", *arguments], stdout=DEVNULL) as site:
        try:
            _await(port, site)
            yield port
        finally:
            site.terminate()


def _await(port: int, site: Popen[bytes]) -> None:
    deadline = perf_counter() + _START
    while perf_counter() < deadline and site.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the console did not start")


# --- one act on many tasks -----------------------------------------------------------------------------------


def _complete(house: House) -> tuple[float, int]:
    """Dispatch what has just arrived in the first branch as one act; returns the seconds and the rows."""
    engine = house.engine
    with engine.store.reading() as session:
        actor: Actor | None = actor_today(engine, session, "SP01")
        ids = session.scalars(
            select(UserTask.id)
            .where(
                UserTask.assignee_no == "SP01",
                UserTask.status == "open",
                UserTask.element_id == "dispatch_list",
            )
            .order_by(UserTask.id)
            .limit(AT_ONCE)
        ).all()
    assert actor is not None
    act = prepare_bulk(engine, ids, actor=actor)
    with engine.store.reading() as session:
        form_id = session.scalars(select(UserTask.form_id).where(UserTask.id == ids[0])).one()
    prefill = prefiller(engine, actor)
    started = perf_counter()
    order_bulk(engine, act, deeds.answers(house, form_id), actor=actor, prefill=prefill)
    carry_out(engine, act, actor=actor, prefill=prefill)
    seconds = perf_counter() - started
    with engine.store.reading() as session:
        counts = counts_of(session, act)
    if counts.get("done") != len(ids):
        raise RuntimeError(f"of {len(ids)} rows not all were completed: {dict(counts)}")
    return seconds, len(ids)


# --- figures -------------------------------------------------------------------------------------------------


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of *values* that at least *share* of them do not exceed."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def _figures(kind: str, answers: Sequence[Answer]) -> list[Figure]:
    """One row: what half and what 95 in 100 answers stayed below, inside the application and outside."""
    inside = [answer.server for answer in answers if answer.kind == kind]
    outside = [answer.client for answer in answers if answer.kind == kind]
    if not inside:
        return []
    columns = {
        "server p50": percentile(inside, 0.5),
        "server p95": percentile(inside, 0.95),
        "server max": max(inside),
        "client p50": percentile(outside, 0.5),
        "client p95": percentile(outside, 0.95),
        "client max": max(outside),
        "goal": GOAL,
    }
    return [counted(kind, column, value, "ms") for column, value in columns.items()] + [
        counted(kind, "answers", len(inside))
    ]


def judged(figures: Sequence[Figure]) -> str:
    """Name what missed its goal."""
    goals = {figure.row: figure.value for figure in figures if figure.column == "goal"}
    judged = {figure.row: figure.value for figure in figures if figure.column == "server max"}
    judged |= {figure.row: figure.value for figure in figures if figure.column == "server p95"}
    missed = [row for row, value in judged.items() if value > goals[row]]
    return f"over the goal: {', '.join(missed)}" if missed else "every row is within its goal"


def _notes(
    book: Book, workers: Sequence[Worker], answers: Sequence[Answer], think: float, before: float
) -> tuple[str, ...]:
    inside = [answer.server for answer in answers]
    return (
        f"{book.open_tasks:,} open tasks of {book.renewals:,} renewals, {book.people:,} people in "
        f"{book.branches} branches",
        f"{len(workers)} people at the same time, {think:g} s between an answer and the next click; "
        f"{SITE_WORKERS} processes serve them; {os.cpu_count()} processors for people, console and database",
        f"the goal is for the server's p95; all {len(inside):,} answers: p50 {percentile(inside, 0.5):.0f} ms, "
        f"p95 {percentile(inside, 0.95):.0f} ms; the largest page has {max(a.size for a in answers):,} bytes",
        f"load average before: {before:.1f}, after: {os.getloadavg()[0]:.1f}; what runs beside counts in",
    )
