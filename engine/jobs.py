"""The jobs that workers run on PostgreSQL, carried by procrastinate; each calls one verb and holds no logic.

A failed job is tried again, later each time; when its tries are used up it becomes an incident that an
administrator may retry. A worker that is asked to stop gives its jobs back between two transactions, and
those of a worker that vanished are put back by the next ``rescue``.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import psycopg
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException, JobAborted
from procrastinate.jobs import Job

from engine.api import (
    SYSTEM,
    Engine,
    EngineError,
    actor_of,
    carry_out,
    commit_batch,
    count_due,
    end_quotes,
    erase_kept,
    forecasts_are_old,
    freeze_ledgers,
    has_messages_due,
    is_anything_to_erase,
    keep_people,
    ledgers_are_due,
    nodes_due,
    people_change_is_due,
    prefiller,
    put_job,
    quote_ends_due,
    report_dead_job,
    requote,
    send_queued,
    sweep,
    tell_nodes,
    wait_before,
)
from engine.logs import logger
from engine.store.queue import QUEUE

MAX_ATTEMPTS = 8
SWEEPERS = 8  # sweep jobs waiting at once at most: as many workers can help with one night
CHUNK = 200
GRACE = 5  # seconds a running job may take after SIGTERM before it is asked to give itself back
HEARTBEAT = 10
SILENCE = 40  # seconds without a heartbeat after which a worker counts as gone
RECONNECT = 2
log = logger()


class Patiently(BaseRetryStrategy):
    """Try again, later each time; a job that was given back at a shutdown at once."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when to try again, None when this was the last try or another would end the same."""
        if isinstance(exception, JobAborted | asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        if is_final(exception, job):
            return None
        seconds = wait_before(job.attempts + 1, f"job:{job.id}").total_seconds()
        return RetryDecision(retry_in={"seconds": round(seconds)})


def is_final(exception: BaseException, job: Job) -> bool:
    """Whether *exception* ends the job: a refusal stays one, and tries are counted."""
    return isinstance(exception, EngineError) or job.attempts + 1 >= MAX_ATTEMPTS


def enqueue_due(engine: Engine) -> None:
    """Queue what is due now: as many sweeps as help, one delivery, one rescue; called by the ticker."""
    now = engine.clock.now()
    due = count_due(engine, now, limit=SWEEPERS * CHUNK)
    for number in range(-(-due // CHUNK)):
        put_job(engine, "sweep", once=f"sweep:{number}")
    if people_change_is_due(engine, now):
        put_job(engine, "settle_people", lock="settle_people", once="settle_people")
    if nodes_due(engine, now):
        put_job(engine, "tell_nodes", lock="tell_nodes", once="tell_nodes")
    if quote_ends_due(engine, now):
        put_job(engine, "end_quotes", lock="end_quotes", once="end_quotes")
    if ledgers_are_due(engine, now):
        put_job(engine, "freeze_ledgers", lock="freeze_ledgers", once="freeze_ledgers")
    if has_messages_due(engine, now):
        put_job(engine, "deliver", lock="deliver", once="deliver")
    if is_anything_to_erase(engine, now):
        put_job(engine, "erase_kept", lock="erase_kept", once="erase_kept")
    if forecasts_are_old(engine):
        put_job(engine, "requote", lock="requote", once="requote")
    put_job(engine, "rescue", once="rescue")


BY_NOW: Mapping[str, Callable[..., object]] = {
    "settle_people": keep_people,
    "tell_nodes": tell_nodes,
    "end_quotes": end_quotes,
    "requote": requote,
    "erase_kept": erase_kept,
    "freeze_ledgers": freeze_ledgers,
    "deliver": send_queued,
}
"""Jobs that do what is due at the moment at which they are run."""


def build_app(engine: Engine) -> App:
    """Return the app with the jobs of *engine*."""
    conninfo = engine.settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    app = App(connector=PsycopgConnector(conninfo=conninfo, min_size=1, max_size=4))
    retry = Patiently()

    def job(name: str) -> Callable[[Callable[..., Any]], Any]:
        return app.task(name=name, queue=QUEUE, retry=retry, pass_context=True)

    def kept(context: JobContext, act: Callable[[], object]) -> None:
        """Run *act*; when it fails for the last time keep an incident."""
        try:
            act()
        except JobAborted:
            raise
        except Exception as error:
            if is_final(error, context.job):
                report_dead_job(engine, context.job.task_name, context.job.task_kwargs, error)
            raise

    @job("sweep")
    def _sweep(context: JobContext) -> None:
        def act() -> None:
            while sweep(engine, now=engine.clock.now(), limit=CHUNK) is not None:
                if context.should_abort():
                    raise JobAborted

        kept(context, act)

    def done_by_now(name: str, act: Callable[..., object]) -> None:
        """Register a job that is *act*, at the moment at which it is run; what was done stands in the database."""

        @job(name)
        def _do(context: JobContext) -> None:
            kept(context, lambda: act(engine, now=engine.clock.now()))

    for name, act in BY_NOW.items():
        done_by_now(name, act)

    @job("commit_import")
    def _commit_import(context: JobContext, batch_id: int, actor: str) -> None:
        def act() -> None:
            commit_batch(engine, batch_id, actor=_who(engine, actor), on_progress=_watch(context))

        kept(context, act)

    @job("bulk_complete")
    def _bulk_complete(context: JobContext, act_id: int, actor: str) -> None:
        def act() -> None:
            who = _who(engine, actor)
            carry_out(engine, act_id, actor=who, prefill=prefiller(engine, who), on_progress=_watch(context))

        kept(context, act)

    @app.task(name="rescue", queue=QUEUE, pass_context=True)
    async def _rescue(context: JobContext) -> None:
        await app.job_manager.prune_stalled_workers(SILENCE)
        for lost in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENCE):
            log.warning("job_rescued", job=lost.task_name, id=lost.id)
            await app.job_manager.retry_job(lost)

    return app


def _watch(context: JobContext) -> Callable[[int], None]:
    """What ends a long job between two of its parts when the worker is asked to stop."""

    def look(_done: int) -> None:
        if context.should_abort():
            raise JobAborted

    return look


def _who(engine: Engine, name: str) -> Any:
    return SYSTEM if name == SYSTEM.name else actor_of(engine, name)


def work(engine: Engine, *, concurrency: int) -> None:
    """Run jobs until SIGTERM or SIGINT; a lost database is waited for."""
    asyncio.run(_work(engine, concurrency))


async def _work(engine: Engine, concurrency: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    while not stop.is_set():
        try:
            await _work_connected(build_app(engine), concurrency, stop)
        except (ConnectorException, psycopg.Error) as error:
            log.warning("worker_lost_database", error=type(error.__cause__ or error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), RECONNECT)


async def _work_connected(app: App, concurrency: int, stop: asyncio.Event) -> None:
    async with app.open_async():
        running = asyncio.create_task(
            app.run_worker_async(
                queues=[QUEUE],
                concurrency=concurrency,
                shutdown_graceful_timeout=GRACE,
                delete_jobs="successful",
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=SILENCE,
            )
        )
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
