"""APScheduler as the ticker, and ``renewals serve``: console and jobs in one process (embedded default)."""

from __future__ import annotations

import gc
import threading
from importlib.metadata import entry_points
from typing import Any

import click
from apscheduler.schedulers.background import BackgroundScheduler
from gunicorn.app.base import BaseApplication

from engine.api import Engine, EngineError, build_engine, tick

TICK_SECONDS = 30
THREADS = 8


def start_ticker(engine: Engine) -> BackgroundScheduler:
    """Start a background ticker that runs what is due; jobs hold no logic of their own."""
    lock = threading.Lock()
    scheduler = BackgroundScheduler(timezone=engine.settings.zone)
    scheduler.add_job(
        lambda: _tick(engine, lock),
        "interval",
        seconds=TICK_SECONDS,
        id="tick",
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    scheduler.start()
    return scheduler


def _tick(engine: Engine, lock: threading.Lock) -> None:
    """One tick; a refusal (e.g. a clock never set) is logged and the ticker goes on."""
    with lock:
        try:
            report = tick(engine)
        except EngineError as error:
            _log().warning("tick_refused", code=error.code)
        else:
            if report.timers_fired or report.messages_sent or report.incidents:
                _log().info(
                    "tick", fired=report.timers_fired, sent=report.messages_sent, incidents=report.incidents
                )


def _log() -> Any:
    import structlog  # a fifth of a second that a start need not wait for

    return structlog.get_logger()


class _Server(BaseApplication):
    """One gunicorn worker with threads that serves the console and runs the ticker."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.ticker: BackgroundScheduler | None = None
        super().__init__()

    def load_config(self) -> None:
        """Bind where the settings say; the ticker lives in the one worker."""
        self.cfg.set("bind", f"{self.engine.settings.host}:{self.engine.settings.port}")
        self.cfg.set("workers", 1)
        self.cfg.set("threads", THREADS)
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("loglevel", "warning")
        self.cfg.set("timeout", 300)
        self.cfg.set("post_worker_init", self._start)
        self.cfg.set("worker_exit", self._stop)
        self.cfg.set("when_ready", self._announce)

    def load(self) -> Any:
        """Build the console that is installed beside the engine."""
        self.engine.store.engine.dispose(close=False)  # connections must not cross the fork
        (entry,) = entry_points(group="renewals.web")
        return entry.load()(self.engine)

    def _announce(self, _arbiter: Any) -> None:
        click.echo(f"http://{self.engine.settings.host}:{self.engine.settings.port}")

    def _start(self, _worker: Any) -> None:
        gc.freeze()  # what is loaded by now stays; collections need not walk it
        gc.enable()
        self.ticker = start_ticker(self.engine)

    def _stop(self, _arbiter: Any, _worker: Any) -> None:
        if self.ticker is not None:
            self.ticker.shutdown(wait=True)


def serve() -> None:
    """Serve the console on ``RENEWALS_HOST:RENEWALS_PORT`` with the ticker beside it."""
    gc.disable()  # loading makes no garbage worth looking for; the worker collects once it serves
    _Server(build_engine()).run()
