"""The benchmarks by name, and how one of them is run in a place of its own."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.bench import acting, crew, listing, load, postgres, reading, sizing
from scripts.bench.copies import MOST_SEEDS
from scripts.bench.database import Database, Sqlite
from scripts.bench.figures import Result
from scripts.bench.house import House
from scripts.bench.postgres import Postgres
from scripts.bench.setting import Findings, Setting

QUICK_SEEDS = 6
"""Few enough that a quick run makes copies, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One benchmark; *size* counts what *of* says, *quick* is the size that only shows that it runs."""

    title: str
    run: Callable[[Setting], Findings]
    size: int
    quick: int
    rounds: int = 5
    of: str = "renewals"


BENCHMARKS: dict[str, Benchmark] = {
    "step": Benchmark(title="load, step, save, by state: time of one act", run=acting.step, size=12, quick=1),
    "fire": Benchmark(title="fire stage timers", run=acting.fire, size=200, quick=2, rounds=3),
    "complete": Benchmark(title="complete user tasks", run=acting.complete, size=100, quick=2),
    "start": Benchmark(title="start renewals", run=acting.start, size=100, quick=2, rounds=3),
    "sweep": Benchmark(title="sweep all that is due", run=acting.sweep, size=300, quick=12, rounds=3),
    "workers": Benchmark(title="sweep by two processes", run=crew.workers, size=1_200, quick=12, rounds=3),
    "inbox": Benchmark(
        title="find what is due and open first inbox pages: time of one",
        run=reading.inbox,
        size=100_000,
        quick=12,
    ),
    "load": Benchmark(
        title="fifty people at work in a nationwide inbox",
        run=load.load,
        size=200_000,
        quick=12,
        rounds=24,
        of="open tasks",
    ),
    "import": Benchmark(
        title="read and carry out a list", run=listing.import_list, size=600, quick=4, rounds=3, of="rows"
    ),
    "size": Benchmark(
        title="bytes stored per instance", run=sizing.size, size=20, quick=1, rounds=1, of="renewals a stage"
    ),
}


DATABASES = ("sqlite", "postgresql")


@contextmanager
def furnished(database: str) -> Iterator[House]:
    """A book with organisation and processes in a database of this kind; gone afterwards."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="renewals-bench-")))
        made: Database = (
            Sqlite(home) if database == "sqlite" else Postgres(stack.enter_context(postgres.running()))
        )
        house = House(made, home)
        gc.freeze()  # what is parsed stays; the collections between turns need not look at it again
        try:
            yield house
        finally:
            gc.unfreeze()
            house.leave()


def run(name: str, house: House, *, size: int | None, rounds: int | None, quick: bool) -> Result:
    """Run one benchmark; *size* and *rounds* default to its own, with *quick* to the least that runs."""
    benchmark = BENCHMARKS[name]
    setting = Setting(
        house=house,
        size=size or (benchmark.quick if quick else benchmark.size),
        rounds=rounds or (1 if quick else benchmark.rounds),
        seeds=QUICK_SEEDS if quick else MOST_SEEDS,
    )
    found = benchmark.run(setting)
    return Result(
        name=name,
        title=benchmark.title,
        database=house.database.name,
        sizes={benchmark.of: setting.size, "rounds": setting.rounds},
        figures=found.figures,
        notes=list(found.notes),
    )
