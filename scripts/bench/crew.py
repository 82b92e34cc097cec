"""Benchmark of processes beside each other: two workers sweep one night, beside one alone.

Each worker is a process with an engine of its own, ready before the clock starts.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from subprocess import PIPE, Popen

from engine.bootstrap import build_engine
from engine.services.timers import sweep
from engine.settings import load_settings
from scripts.bench.acting import NIGHT
from scripts.bench.deeds import next_due
from scripts.bench.figures import ENGINE, per_second
from scripts.bench.house import FURNISHED, CopySeal, House, Outcome, StillClock, opened_in, settings
from scripts.bench.setting import Findings, Setting
from scripts.bench.timing import Contestant, take_turns

READY, GO, DONE = "ready\n", "go\n", "done\n"
ALONE = "one worker"


def workers(setting: Setting) -> Findings:
    """Sweep what is due in one night by two processes, and by one."""
    house = setting.house
    if house.database.name == "sqlite":
        return Findings(figures=[], notes=("the embedded database has one writer; workers need PostgreSQL",))
    house.restore(FURNISHED)
    house.list_renewals(NIGHT * max(1, setting.size // len(NIGHT)))
    house.keep("shift")
    ids = house.renewals()
    due = next_due(house, ids[0])
    turns: dict[str, Contestant] = {ENGINE: _Crew(house, 2, due, ids), ALONE: _Crew(house, 1, due, ids)}
    times = take_turns(turns, rounds=setting.rounds)
    return Findings(figures=per_second("stage changes by two workers", times, len(ids)))


class _Crew:
    """So many worker processes."""

    def __init__(self, house: House, count: int, due: datetime, ids: Sequence[int]) -> None:
        self._house, self._count, self._due, self._ids = house, count, due, ids

    def prepare(self) -> None:
        """Put the book back, start the processes and wait until each is ready."""
        self._house.restore("shift", now=self._due)
        self._house.leave()
        command = [sys.executable, "-m", __name__, self._house.database.url, self._due.isoformat()]
        self._stack = ExitStack()
        self._crew = [
            self._stack.enter_context(Popen([*command], stdin=PIPE, stdout=PIPE, text=True))
            for _ in range(self._count)
        ]
        self._hear(READY)

    def act(self) -> None:
        """Let them go and wait for the last."""
        for worker in self._crew:
            assert worker.stdin is not None
            worker.stdin.write(GO)
            worker.stdin.flush()
        self._hear(DONE)

    def opened(self) -> Outcome:
        """Read the open tasks of the book."""
        return opened_in(self._house.database, self._house.database.book(), self._ids)

    def clear(self) -> None:
        """Wait for the processes to end."""
        self._stack.close()

    def _hear(self, word: str) -> None:
        for worker in self._crew:
            assert worker.stdout is not None
            if (said := worker.stdout.readline()) != word:
                raise RuntimeError(f"a worker said {said!r} instead of {word!r}")


def _work(url: str, due: datetime) -> None:
    """Sweep once told to; the other end listens for each word."""
    engine = build_engine(load_settings(settings(url, Path.cwd())))
    engine.clock, engine.seal = StillClock(due), CopySeal(lambda: bytes(32))
    engine.latest()
    engine.workdays()
    sys.stdout.write(READY)
    sys.stdout.flush()
    sys.stdin.readline()
    incidents = 0
    while (report := sweep(engine, now=due)) is not None:
        incidents += report.incidents
    sys.stdout.write(DONE if not incidents else f"{incidents} incidents\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _work(sys.argv[1], datetime.fromisoformat(sys.argv[2]))
