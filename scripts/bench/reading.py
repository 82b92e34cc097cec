"""Benchmark of reading a large book: the due query, and first inbox pages as people open them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from engine.domain.actor import Actor
from engine.domain.codes import Role
from engine.domain.demo_people import BRANCH
from engine.queries.drawers import InboxTab
from engine.queries.inbox import inbox_page
from engine.queries.inbox_wish import InboxGroup, InboxWish
from engine.queries.present import Present
from engine.services.timers import SWEEP
from engine.store.instances import claim_due
from scripts.bench import deeds
from scripts.bench.copies import COPIED, multiply, seed_count
from scripts.bench.figures import ENGINE, Figure, milliseconds
from scripts.bench.house import FURNISHED, TODAY, House, Outcome, at
from scripts.bench.setting import Findings, Setting
from scripts.bench.tape import Player, Tape, recording
from scripts.bench.timing import Contestant, take_turns

SQL_ALONE = "SQL alone"
REPEATS = 5
DAYS_ALIVE = range(-30, 76)
"""Days to expiry of the renewals that are alive, as many of each."""
Read = Callable[[], object]


def inbox(setting: Setting) -> Findings:
    """Ask a large book what is due and what is to be done."""
    house = setting.house
    total = _fill(house, setting.size, most_seeds=setting.seeds)
    figures: list[Figure] = []
    notes = [_counts(house, total)]
    for row, read in _reads(house).items():
        tape = _tape(house, read)
        turns: dict[str, Contestant] = {ENGINE: _ByEngine(read), SQL_ALONE: _BySql(house, tape)}
        figures += milliseconds(row, take_turns(turns, rounds=setting.rounds), REPEATS)
        notes += [f"{row}: {line}" for line in _plans(house, tape)]
    house.leave()
    return Findings(figures=figures, notes=tuple(notes))


def _fill(house: House, size: int, *, most_seeds: int) -> int:
    """A book in the middle of its life: dispatched by the specialists, half with the agents."""
    house.restore(FURNISHED)
    seeds = seed_count(size, most=most_seeds)
    house.list_renewals([DAYS_ALIVE[n * len(DAYS_ALIVE) // seeds] for n in range(seeds)])
    for one in deeds.first_tasks(house):
        deeds.complete_each(house, [one], deeds.answers(house, one.form_id))
    house.leave()
    return multiply(house.database, to=size, seeds=seeds)


def _reads(house: House) -> dict[str, Read]:
    midnight = at(TODAY + timedelta(days=1), 0)
    channel = Actor(
        name="CC01",
        employee_no="CC01",
        roles=frozenset({Role.CHANNEL}),
        unit_codes=frozenset({BRANCH, f"{BRANCH}-QD", f"{BRANCH}01", f"{BRANCH}02"}),
    )
    everything, claimable, waiting = (
        InboxWish(tab=tab, group=InboxGroup.CUSTOMER)
        for tab in (InboxTab.ALL, InboxTab.CLAIMABLE, InboxTab.WAITING)
    )

    def due() -> object:
        with house.engine.store.reading() as session:
            return claim_due(session, midnight, limit=SWEEP)

    def page(actor: Actor, wish: InboxWish) -> object:
        with house.engine.store.reading() as session:
            return inbox_page(session, actor, wish, Present.of(house.clock))

    reads: dict[str, Read] = {"due at midnight": due}
    for role in (Role.AGENT, Role.SPECIALIST):
        reads[f"inbox of {role}"] = partial(page, _busiest(house, role), everything)
    reads["waiting of agent"] = partial(page, _busiest(house, Role.AGENT), waiting)
    reads["claimable by channel"] = partial(page, channel, claimable)
    return reads


def _busiest(house: House, role: Role) -> Actor:
    """Whoever of a role in the first branch has most to do."""
    connection = house.look()
    cursor = connection.cursor()
    cursor.execute(
        "SELECT t.assignee_no FROM user_task t JOIN renewal r ON r.id = t.instance_id "
        f"WHERE t.role = {house.database.mark} AND t.status = 'open' "
        f"AND r.branch_code = {house.database.mark} AND t.assignee_no IS NOT NULL "
        "GROUP BY t.assignee_no ORDER BY COUNT(*) DESC, t.assignee_no LIMIT 1",
        (str(role), BRANCH),
    )
    found = cursor.fetchone()
    connection.close()
    number = found[0] if found else f"no {role}"
    return Actor(name=number, employee_no=number, roles=frozenset({role}))


def _tape(house: House, read: Read) -> Tape:
    with recording(house.engine.store.engine) as tape:
        read()
    return tape


def _plans(house: House, tape: Tape) -> Iterator[str]:
    """Say how each statement finds its rows; a large table read from end to end is called out."""
    connection = house.look()
    for number, (_, text, parameters, _) in enumerate(tape.statements, 1):
        steps = house.database.plan(connection, text, parameters)
        scanned = {table for step in steps if (table := house.database.scanned(step)) in COPIED}
        flag = f"READS ALL OF {', '.join(sorted(map(str, scanned)))}: " if scanned else ""
        yield f"statement {number}: {flag}{'; '.join(steps)}"
    connection.close()


def _counts(house: House, total: int) -> str:
    connection = house.look()
    cursor = connection.cursor()
    counts = []
    for table in ("user_task", "timer"):
        cursor.execute(f"SELECT COUNT(*) FROM {table}")
        counts.append(f"{cursor.fetchone()[0]:,} rows in {table}")
    connection.close()
    return f"{total:,} live renewals, {', '.join(counts)}"


class _ByEngine:
    """The engine's queries, some times over."""

    def __init__(self, read: Read) -> None:
        self._read = read

    def prepare(self) -> None:
        """Nothing: reading leaves the book as it is."""

    def act(self) -> None:
        """Read."""
        for _ in range(REPEATS):
            self._read()

    def opened(self) -> Outcome:
        """Nothing was opened."""
        return []

    def clear(self) -> None:
        """Nothing to let go of."""


class _BySql:
    """The same statements, as many times over."""

    def __init__(self, house: House, tape: Tape) -> None:
        self._house, self._tape = house, tape

    def prepare(self) -> None:
        """Connect to the book itself."""
        database = self._house.database
        self._player = Player(self._tape, lambda: database.connect(database.book()))

    def act(self) -> None:
        """Read."""
        for _ in range(REPEATS):
            self._player.play()

    def opened(self) -> Outcome:
        """Nothing was opened."""
        return []

    def clear(self) -> None:
        """Let go of the connections."""
        self._player.close()
