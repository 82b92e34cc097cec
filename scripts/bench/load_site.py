"""The console as ``renewals web`` serves it, for a book that stands still; every answer says what it cost.

Run as a process of its own: ``python -m scripts.bench.load_site URL HOME PORT WORKERS``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter
from typing import Any

from engine.bootstrap import build_engine
from engine.scheduler import Server
from engine.settings import load_settings
from scripts.bench.house import TODAY, CopySeal, StillClock, at, settings

COST = "X-Bench-Milliseconds"
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def timed(application: Application) -> Application:
    """Let every answer say how many milliseconds passed from its request's entry to its first byte.

    Pages are made whole before they are sent, so nothing is left to do after that. Waiting for a free thread of
    the server happens before the entry and does not count; waiting for the processor inside does.
    """

    def outer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        started = perf_counter()

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            cost = f"{1000 * (perf_counter() - started):.3f}"
            return start_response(status, [*headers, (COST, cost)], *more)

        return application(environ, start)

    return outer


class Site(Server):
    """The server of ``renewals web``, around a console that is timed."""

    def load(self) -> Any:
        """Build the console and put the watch around it."""
        return timed(super().load())


def serve(url: str, home: Path, port: int, workers: int) -> None:
    """Serve until asked to stop."""
    own = {
        "RENEWALS_HOST": "127.0.0.1",
        "RENEWALS_PORT": str(port),
        "RENEWALS_SECURE_COOKIES": "0",
    }
    engine = build_engine(load_settings(settings(url, home) | own))
    engine.clock, engine.seal = StillClock(at(TODAY, 10)), CopySeal(lambda: bytes(32))
    engine.latest()
    Site(engine, workers=workers, ticks=False).run()


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
