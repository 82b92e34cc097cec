"""APScheduler as the ticker, and the three ways to run: ``serve`` (all in one), ``web`` and ``worker``.

Any number of processes may start a ticker on one database; the one that has the lock ticks.
"""

from __future__ import annotations

import errno
import gc
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.metadata import entry_points
from typing import Any

import click
from apscheduler.schedulers.background import BackgroundScheduler
from gunicorn.app.base import BaseApplication

from engine.api import (
    Engine,
    EngineError,
    Hold,
    Label,
    SettingsError,
    build_engine,
    checkpoint_if_due,
    require_current,
    tick,
)
from engine.clock import wall_now
from engine.logs import logger
from engine.web_worker import LONGEST_LINE, Worker

TICK_SECONDS = 30
FIRST_LOOK = timedelta(seconds=5)
LOOK_SECONDS = 300  # how often it is asked whether a checkpoint is due; one is taken each hour at most
_INHERITED = {"GUNICORN_FD", "LISTEN_FDS"}
WORKER_TICK_SECONDS = 5  # a worker's tick only counts what is due
THREADS = 8


class Ticker:
    """Calls *act* every so often, and takes checkpoints, in the one process that holds the ticker's lock."""

    def __init__(self, engine: Engine, act: Callable[[Engine], None], *, seconds: float) -> None:
        self.engine = engine
        self.act = act
        self.lock = threading.Lock()
        self.hold: Hold | None = None
        self.scheduler = BackgroundScheduler(timezone=engine.settings.zone)
        self.scheduler.add_job(
            self.tick,
            "interval",
            seconds=seconds,
            id="tick",
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        self.scheduler.add_job(
            self.checkpoint,
            "interval",
            seconds=LOOK_SECONDS,
            next_run_time=wall_now() + FIRST_LOOK,  # a new book has its first witness soon
            id="checkpoint",
            coalesce=True,
            max_instances=1,
        )

    def start(self) -> Ticker:
        """Begin to tick in the background."""
        self.scheduler.start()
        return self

    def stop(self) -> None:
        """Let the tick that runs end, then give the lock to another process."""
        self.scheduler.shutdown(wait=True)
        with self.lock:
            self._let_go()

    def tick(self) -> None:
        """Tick once if this process may; what goes wrong is logged and the ticker goes on."""
        with self.lock, _logged("tick"):
            if self._is_mine():
                self.act(self.engine)

    def checkpoint(self) -> None:
        """Have the history witnessed if that is due; a long walk must not keep the ticks waiting."""
        with _logged("checkpoint"):
            with self.lock:
                is_mine = self._is_mine()
            if is_mine:
                checkpoint_if_due(self.engine)

    def _is_mine(self) -> bool:
        if self.hold is not None and not self.hold.is_held():
            self._let_go()
        if self.hold is None:
            self.hold = self.engine.store.take("ticker")
        return self.hold is not None

    def _let_go(self) -> None:
        if self.hold is not None:
            self.hold.release()
            self.hold = None


@contextmanager
def _logged(what: str) -> Iterator[None]:
    try:
        yield
    except EngineError as error:
        logger().warning(f"{what}_refused", code=error.code)
    except Exception as error:  # noqa: BLE001 - the database may be away; the next turn tries again
        logger().warning(f"{what}_failed", error=type(error).__name__)


def start_ticker(engine: Engine) -> Ticker:
    """Start a background ticker that runs what is due in this process."""
    return Ticker(engine, _run_due, seconds=TICK_SECONDS).start()


def _run_due(engine: Engine) -> None:
    report = tick(engine)
    if report.timers_fired or report.messages_sent or report.incidents:
        logger().info(
            "tick", fired=report.timers_fired, sent=report.messages_sent, incidents=report.incidents
        )


class Server(BaseApplication):
    """Gunicorn with threads that serves the console; as one worker with a ticker, or as many without."""

    def __init__(self, engine: Engine, *, workers: int, ticks: bool) -> None:
        self.engine = engine
        self.workers = workers
        self.ticks = ticks
        self.ticker: Ticker | None = None
        super().__init__()

    def load_config(self) -> None:
        """Bind where the settings say; the ticker lives in the one worker."""
        self.cfg.set("bind", f"{self.engine.settings.host}:{self.engine.settings.port}")
        self.cfg.set("workers", self.workers)
        self.cfg.set("threads", THREADS)
        self.cfg.set("worker_class", Worker)
        self.cfg.set("limit_request_line", LONGEST_LINE)
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
        if self.ticks:
            self.ticker = start_ticker(self.engine)

    def _stop(self, _arbiter: Any, _worker: Any) -> None:
        if self.ticker is not None:
            self.ticker.stop()


def serve() -> None:
    """Serve the console on ``RENEWALS_HOST:RENEWALS_PORT`` with the ticker beside it."""
    engine = build_engine()
    _require_free_port(engine)
    gc.disable()  # loading makes no garbage worth looking for; the worker collects once it serves
    Server(engine, workers=1, ticks=True).run()


def web() -> None:
    """Serve the console with ``RENEWALS_WEB_WORKERS`` processes and no ticker."""
    engine = _shared_engine("web")
    _require_free_port(engine)
    Server(engine, workers=engine.settings.web_workers, ticks=False).run()


def worker() -> None:
    """Run jobs until asked to stop, and tick if no other process does."""
    from engine import jobs

    engine = _shared_engine("worker")
    ticker = Ticker(engine, jobs.enqueue_due, seconds=WORKER_TICK_SECONDS).start()
    try:
        jobs.work(engine, concurrency=engine.settings.worker_jobs)
    finally:
        ticker.stop()
        engine.store.engine.dispose()


def _require_free_port(engine: Engine) -> None:
    """See that the console can listen, before the web server tries for seconds and says so in its own words.

    Raises:
        SettingsError: the port is taken, or the address is not this machine's.
    """
    if _INHERITED & os.environ.keys():
        return  # the sockets come from systemd or from the server this one takes over from
    host, port = engine.settings.host, engine.settings.port
    try:
        family, kind, proto, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise SettingsError(faults=_no_port(host, port, error.errno)) from error


def _no_port(host: str, port: int, reason: int | None) -> Label:
    if reason == errno.EADDRINUSE:
        return Label(
            f"端口 {port} 已被占用，可能本系统已在运行；请先停掉占用者，或用 RENEWALS_PORT 换一个端口",
            f"port {port} is taken, perhaps by a running renewals; stop it, or choose another with RENEWALS_PORT",
        )
    return Label(
        f"无法在 {host}:{port} 监听；RENEWALS_HOST 应为本机地址，RENEWALS_PORT 应为允许使用的端口",
        f"{host}:{port} cannot be listened on; RENEWALS_HOST must be this machine's, RENEWALS_PORT one you may use",
    )


def _shared_engine(command: str) -> Engine:
    """Build the engine for one of many processes.

    Raises:
        SettingsError: the database is the embedded one.
    """
    engine = build_engine()
    if engine.settings.embedded:
        raise SettingsError(
            faults=Label(
                f"renewals {command} 需要 PostgreSQL：RENEWALS_DATABASE_URL=postgresql://…（SQLite 请用 renewals serve）",
                f"renewals {command} needs PostgreSQL: RENEWALS_DATABASE_URL=postgresql://… (on SQLite use renewals serve)",
            )
        )
    require_current(engine)
    return engine
