"""The four ways to do one act over many renewals: the engine, its SQL alone, the naive way, memory alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

from engine.spiff.parser import ProcessSet
from scripts.bench import stock
from scripts.bench.database import Connection
from scripts.bench.figures import ENGINE
from scripts.bench.house import House, Outcome, opened_in
from scripts.bench.quiet import QuietWorld
from scripts.bench.tape import Player, Tape, recording
from scripts.bench.timing import Contestant

NAIVE, MEMORY, SQL_ALONE = "naive", "in memory", "SQL alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What the engine does, and the book it does it in; *ids* are the renewals whose tasks are compared."""

    house: House
    snapshot: str
    now: datetime
    do: Callable[[], object]
    ids: Sequence[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The same work as SpiffWorkflow sees it: *count* workflows, *batch* of them a transaction.

    The n-th lives in the n-th of *worlds*, over and over. Each begins as :meth:`enter` leaves it and
    does *act*; without *act* entering is the work itself.
    """

    worlds: Sequence[QuietWorld]
    process: ProcessSet
    listed: datetime
    now: datetime
    count: int
    batch: int = 1
    act: stock.Step | None = None

    def world(self, n: int) -> QuietWorld:
        """Return the world of the n-th workflow."""
        return self.worlds[n % len(self.worlds)]

    def enter(self, n: int) -> BpmnWorkflow:
        """Start the n-th workflow on the day of the list."""
        return stock.start(self.process, self.world(n).host(self.listed), self.listed)

    def step(self, n: int, workflow: BpmnWorkflow) -> None:
        """Let the n-th workflow do the act."""
        if self.act is not None:
            stock.step(workflow, self.world(n).host(self.now), self.now, self.act)


def contestants(deed: Deed, walk: Walk | None = None) -> dict[str, Contestant]:
    """Return the engine and what it is compared with, in the order of the table's columns."""
    found: dict[str, Contestant] = {ENGINE: ByEngine(deed)}
    if walk is not None:
        found |= {NAIVE: ByNaive(deed.house, walk), MEMORY: InMemory(walk)}
    return {**found, SQL_ALONE: BySql(deed)}


class ByEngine:
    """The engine's own services."""

    def __init__(self, deed: Deed) -> None:
        self._deed = deed

    def prepare(self) -> None:
        """Put the book back."""
        self._deed.house.restore(self._deed.snapshot, now=self._deed.now)

    def act(self) -> None:
        """Do it."""
        self._deed.do()

    def opened(self) -> Outcome:
        """Read the open tasks of the book."""
        database = self._deed.house.database
        return opened_in(database, database.book(), self._deed.ids)

    def clear(self) -> None:
        """Leave the book as it is until it is put back."""
        self._deed.house.leave()


class BySql:
    """What the engine sent to the database, sent again by the driver alone."""

    def __init__(self, deed: Deed) -> None:
        self._deed = deed
        self._tape: Tape | None = None
        self._place = ""

    def prepare(self) -> None:
        """Record the engine once; then take a fresh copy of the book it worked on."""
        house, deed = self._deed.house, self._deed
        if self._tape is None:
            self._tape = record(deed)
        self._place = house.database.copy(deed.snapshot)
        self._player = Player(self._tape, lambda: house.database.connect(self._place))

    def act(self) -> None:
        """Send the tape."""
        self._player.play()

    def opened(self) -> Outcome:
        """Read the open tasks of the copy."""
        return opened_in(self._deed.house.database, self._place, self._deed.ids)

    def clear(self) -> None:
        """Close the connections."""
        self._player.close()


def record(deed: Deed) -> Tape:
    """Let the engine do its deed once and return what it sent."""
    deed.house.restore(deed.snapshot, now=deed.now)
    with recording(deed.house.engine.store.engine) as tape:
        deed.do()
    deed.house.leave()
    return tape


class ByNaive:
    """Stock serializer, the whole workflow as JSON in a row: load, step, save."""

    def __init__(self, house: House, walk: Walk) -> None:
        self._database, self._walk = house.database, walk
        self._serializer = stock.stock_serializer()
        entered = range(len(walk.worlds)) if walk.act is not None else ()
        self._seeds = [self._serializer.serialize_json(walk.enter(n)) for n in entered]

    def prepare(self) -> None:
        """Fill a table with rows that all stand at the state to begin with."""
        database, mark = self._database, self._database.mark
        self._connection: Connection = database.connect(database.empty())
        cursor = self._cursor = self._connection.cursor()
        cursor.execute("CREATE TABLE instance (id INTEGER PRIMARY KEY, state TEXT NOT NULL)")
        self._insert = f"INSERT INTO instance (id, state) VALUES ({mark}, {mark})"
        self._select = f"SELECT state FROM instance WHERE id = {mark}"
        self._update = f"UPDATE instance SET state = {mark} WHERE id = {mark}"
        if seeds := self._seeds:
            database.begin(cursor)
            rows = [(n, seeds[n % len(seeds)]) for n in range(self._walk.count)]
            cursor.executemany(self._insert, rows)
        self._connection.commit()

    def act(self) -> None:
        """Do every batch in a transaction of its own."""
        one = self._start if self._walk.act is None else self._step
        for batch in _batches(self._walk):
            self._database.begin(self._cursor)
            for n in batch:
                one(n)
            self._connection.commit()

    def _start(self, n: int) -> None:
        self._cursor.execute(self._insert, (n, self._serializer.serialize_json(self._walk.enter(n))))

    def _step(self, n: int) -> None:
        workflow = self._load(n)
        self._walk.step(n, workflow)
        self._cursor.execute(self._update, (self._serializer.serialize_json(workflow), n))

    def _load(self, n: int) -> BpmnWorkflow:
        self._cursor.execute(self._select, (n,))
        return self._serializer.deserialize_json(self._cursor.fetchone()[0])

    def opened(self) -> Outcome:
        """Load every row and look."""
        return [stock.open_elements(self._load(n)) for n in range(self._walk.count)]

    def clear(self) -> None:
        """Close the connection."""
        self._cursor.close()
        self._connection.close()


class InMemory:
    """Stock SpiffWorkflow, nothing loaded, nothing saved."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._workflows: list[BpmnWorkflow] = []

    def prepare(self) -> None:
        """Have the workflows ready."""
        entered = self._walk.count if self._walk.act is not None else 0
        self._workflows = [self._walk.enter(n) for n in range(entered)]

    def act(self) -> None:
        """Start them, or let each do its step."""
        walk = self._walk
        if walk.act is None:
            self._workflows = [walk.enter(n) for n in range(walk.count)]
        for n, workflow in enumerate(self._workflows):
            walk.step(n, workflow)

    def opened(self) -> Outcome:
        """Look."""
        return [stock.open_elements(workflow) for workflow in self._workflows]

    def clear(self) -> None:
        """Forget them."""
        self._workflows = []


def _batches(walk: Walk) -> Iterator[range]:
    for first in range(0, walk.count, walk.batch):
        yield range(first, min(first + walk.batch, walk.count))
