"""Many workers on one PostgreSQL: each timer fires once, and what dies or restarts needs no hand."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine import api
from engine.store.queue import NewJob, enqueue
from tests.acceptance.desk import Desk
from tests.crash import crew
from tests.support import postgres

pytestmark = pytest.mark.slow


@pytest.fixture
def shared(desk: Desk, database: str) -> Desk:
    """A desk on PostgreSQL."""
    if database != "postgresql":
        pytest.skip("workers need PostgreSQL")
    return desk


def jobs(desk: Desk) -> dict[str, int]:
    rows = desk.sql("SELECT status, count(*) AS n FROM procrastinate_jobs GROUP BY status")
    return {str(row["status"]): row["n"] for row in rows}


def test_two_workers_and_two_tickers_fire_each_timer_once(shared: Desk) -> None:
    cars = crew.fill(shared, crew.DUE)
    crew.make_due(shared)

    with crew.workers(shared.home, 2):
        assert crew.until(
            lambda: crew.overdue(shared) == 0 and crew.unsent(shared) == 0, seconds=120 + crew.DUE / 5
        )
    firings = crew.fired(shared)
    assert set(firings.values()) == {1}
    assert len({instance for instance, _, _ in firings}) == len(cars)
    assert set(crew.keys_left(shared).values()) == {1}
    assert "failed" not in jobs(shared)
    assert crew.chained(shared)


def test_a_worker_is_killed_and_the_other_goes_on(shared: Desk) -> None:
    crew.fill(shared, crew.DUE)
    crew.make_due(shared)

    with crew.workers(shared.home, 2) as both:
        crew.until(lambda: crew.overdue(shared) < crew.DUE, seconds=60, pause=0.05)
        both[0].kill()
        assert crew.until(lambda: crew.overdue(shared) == 0, seconds=150)
    assert set(crew.fired(shared).values()) == {1}


def test_a_job_exists_only_if_its_cause_does(shared: Desk) -> None:
    engine = crew.engine_of(shared)
    before = jobs(shared).get("todo", 0)

    with pytest.raises(RuntimeError), engine.store.transaction() as tx:
        enqueue(tx, [NewJob(name="sweep")])
        raise RuntimeError

    assert before == jobs(shared).get("todo", 0)
    for _ in range(2):
        api.put_job(engine, "sweep", once="sweep:0")
    assert before + 1 == jobs(shared)["todo"]
    engine.store.engine.dispose()


def test_only_one_process_ticks(shared: Desk) -> None:
    first, second = crew.engine_of(shared), crew.engine_of(shared)

    with first.store.alone("ticker") as hold:
        assert hold is not None
        assert second.store.take("ticker") is None
    taken = second.store.take("ticker")
    assert taken is not None
    taken.release()
    for engine in (first, second):
        engine.store.engine.dispose()


@pytest.fixture
def fragile(shared: Desk) -> Iterator[tuple[Desk, postgres.Server]]:
    """The same desk on a server of its own, which may be restarted."""
    place = Path(tempfile.mkdtemp(prefix="renewals-crash-"))
    place.chmod(0o711)
    with postgres.own(place) as server:
        server.execute("CREATE DATABASE desk")
        shared.env["RENEWALS_DATABASE_URL"] = server.url("desk")
        (shared.home / "database.url").write_text(server.url("desk"))
        shared.run("db", "upgrade")
        yield shared, server
    shutil.rmtree(place, ignore_errors=True)


def test_the_server_restarts_at_once_under_load(fragile: tuple[Desk, postgres.Server]) -> None:
    desk, server = fragile
    engine = crew.engine_of(desk)
    acked: list[str] = []
    failed: list[float] = []
    over = threading.Event()

    def load(name: int) -> None:
        number = 0
        while not over.is_set():
            number += 1
            key = f"{name}:{number}"
            try:
                with engine.store.transaction() as tx:
                    tx.record("clock_moved", at=engine.clock.now(), actor="load", subject=key)
            except (DBAPIError, api.EngineError):
                failed.append(time.monotonic())
                time.sleep(0.05)
            else:
                acked.append(key)

    clients = [threading.Thread(target=load, args=(n,)) for n in range(4)]
    for client in clients:
        client.start()
    time.sleep(1)
    down = time.monotonic()
    server.stop("immediate")
    server.start()
    up = time.monotonic()
    before = len(acked)
    assert crew.until(lambda: len(acked) > before + 20, seconds=30)
    over.set()
    for client in clients:
        client.join()

    assert failed
    assert all(down <= moment <= up + 5 for moment in failed)
    with engine.store.engine.connect() as connection:
        stored = set(
            connection.execute(text("SELECT subject FROM history_event WHERE actor = 'load'")).scalars()
        )
    assert set(acked) <= stored
    assert crew.chained(desk)
    engine.store.engine.dispose()
