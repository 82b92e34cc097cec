"""A worker that is asked to stop gives its job back, and a job that cannot succeed is kept for a person."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine import api, jobs
from engine.settings import load_settings
from engine.store.instances import Incident
from tests.acceptance.desk import Desk, policy, standard_csv
from tests.crash import crew

pytestmark = pytest.mark.slow


@pytest.fixture
def shared(desk: Desk, database: str) -> Desk:
    """A desk on PostgreSQL."""
    if database != "postgresql":
        pytest.skip("workers need PostgreSQL")
    return desk


def test_a_stopped_worker_leaves_no_job_behind(shared: Desk) -> None:
    crew.fill(shared, crew.DUE)
    crew.make_due(shared)

    with crew.workers(shared.home, 1) as (process,):
        crew.until(lambda: crew.overdue(shared) < crew.DUE, seconds=60, pause=0.05)
    assert process.returncode == 0
    doing = shared.sql("SELECT count(*) AS n FROM procrastinate_jobs WHERE status = 'doing'")
    assert [{"n": 0}] == doing


def test_a_worker_commits_an_import_it_was_told_to(shared: Desk) -> None:
    engine = crew.engine_of(shared)
    rows = [policy(n, crew.TODAY.replace(month=12), agent="AG001", sub_branch="PC330101") for n in range(5)]
    batch = api.preview_list(engine, standard_csv(rows), "list.csv", "standard", actor=api.SYSTEM)

    assert api.order_commit(engine, batch, actor=api.SYSTEM)
    _work_off(engine)

    assert [{"n": 5}] == shared.sql("SELECT count(*) AS n FROM v_instance")
    engine.store.engine.dispose()


def test_a_refused_job_becomes_an_incident_that_can_be_retried(shared: Desk) -> None:
    engine = crew.engine_of(shared)
    with engine.store.transaction() as tx:
        tx.enqueue("deliver_nothing_like_it")
        tx.enqueue("commit_import", batch_id=_discarded(engine), actor="system")

    _work_off(engine)

    with engine.store.reading() as session:
        (incident,) = session.query(Incident).filter_by(trigger="job").all()
    assert ("commit_import", None, "open") == (incident.element_id, incident.instance_id, incident.status)
    api.retry_incident(engine, incident.id, actor=api.SYSTEM)
    (row,) = shared.sql(
        "SELECT args FROM procrastinate_jobs WHERE status = 'todo' AND task_name = 'commit_import'"
    )
    assert json.loads(row["args"]) == incident.submitted
    engine.store.engine.dispose()


def _discarded(engine: api.Engine) -> int:
    rows = [policy(1, crew.TODAY.replace(month=12), agent="AG001", sub_branch="PC330101")]
    batch = api.preview_list(engine, standard_csv(rows), "list.csv", "standard", actor=api.SYSTEM)
    api.discard_batch(engine, batch, actor=api.SYSTEM)
    return batch


def _work_off(engine: api.Engine) -> None:
    """Run the jobs that wait, in a thread of its own: a browser test of this process may have left a loop."""

    async def run() -> None:
        app = jobs.build_app(engine)
        async with app.open_async():
            await app.run_worker_async(wait=False, listen_notify=False, install_signal_handlers=False)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(run())).result()


def test_web_and_worker_refuse_the_embedded_database(desk: Desk) -> None:
    from engine.scheduler import worker

    if load_settings(desk.env).embedded:
        process = crew.start(desk.home, f"from engine.cli import main; main(['{worker.__name__}'])")
        _, said = process.communicate(timeout=60)
        assert (1, True) == (process.returncode, "postgresql://" in said)
