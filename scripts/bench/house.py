"""A book of renewals in a temporary place: real engine, shipped processes, fictional people and vehicles."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from engine.bootstrap import Deployed, build_engine
from engine.clock import SHANGHAI, business_date
from engine.crypto import Seal
from engine.domain.actor import SYSTEM
from engine.domain.demo_people import demo_org
from engine.domain.demo_vehicles import DemoCar, demo_cars, pending_csv
from engine.services import clockwork, directory, imports, publish, schema
from engine.settings import load_settings
from scripts.bench.database import Connection, Database, Place

SEED = 2026
TODAY = date(2026, 11, 24)
"""The business date on which every list arrives."""
FURNISHED = "furnished"
"""The snapshot with organisation and processes, before any list."""


class CopySeal(Seal):
    """The same work as the engine's seal, but what plain SQL copied from another instance stays valid."""

    def _tag(self, _instance_id: int, state: bytes) -> bytes:
        return super()._tag(0, state)


Outcome = list[list[str]]
"""The open elements of each renewal, sorted; what must be the same for every contestant."""


def at(day: date, hour: int = 9) -> datetime:
    """Return *hour*:00 Asia/Shanghai of *day* as UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI).astimezone(UTC)


def cars(days_left: Sequence[int]) -> list[DemoCar]:
    """Return one vehicle for each entry, expiring that many days after :data:`TODAY`.

    They differ in number plates and people only: contestants that know one of them know all.
    """
    made = demo_cars(demo_org(), len(days_left), Random(SEED), today=TODAY)
    return [
        replace(
            car,
            model="上汽大众朗逸",
            price=128_000,
            energy="燃油",
            premium=2_950,
            ctp_premium=855,
            claims=0,
            both_lines=True,
            expiry_date=TODAY + timedelta(days=days),
        )
        for car, days in zip(made, days_left, strict=True)
    ]


def settings(url: str, home: Path) -> dict[str, str]:
    """Return the environment of a book at *url*; what is sent goes to a file in *home*."""
    return {
        "RENEWALS_DATABASE_URL": url,
        "RENEWALS_SINK": str(home / "sent.jsonl"),
        "RENEWALS_CLOCK": "system",
        "RENEWALS_SECRET_KEY": "known to everybody, gone after the run",
        "RENEWALS_DATA_KEY": b64encode(bytes(32)).decode(),
    }


class StillClock:
    """A clock in memory that stands until it is moved: asking it costs nothing, as with the system's."""

    is_virtual = False

    def __init__(self, moment: datetime, zone: ZoneInfo = SHANGHAI) -> None:
        self.moment, self.zone = moment, zone

    def now(self) -> datetime:
        """Return the moment, UTC."""
        return self.moment

    def today(self) -> date:
        """Return its business date."""
        return business_date(self.moment, self.zone)


class House:
    """One book with organisation and processes; it can be put back to how it was kept."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database = database
        self.clock = StillClock(at(TODAY))
        self.engine = build_engine(load_settings(settings(database.url, home)))
        self.engine.clock = self.clock
        self.engine.seal = CopySeal(lambda: bytes(32))
        schema.upgrade(self.engine)
        directory.store_org(self.engine, demo_org(), actor=SYSTEM, source="bench")
        publish.deploy(self.engine, publish.read_files(), by="PO01")
        self.keep(FURNISHED)

    @property
    def deployed(self) -> Deployed:
        """The shipped processes, parsed."""
        return self.engine.latest()

    def list_renewals(self, days_left: Sequence[int]) -> None:
        """Import a list of vehicles that expire in so many days; their renewals are numbered in the same order.

        The messages that this queues are sent at once, so that a later tick finds timers alone.
        """
        self.commit(self.preview(pending_csv(cars(days_left))))
        clockwork.tick(self.engine)

    def preview(self, content: bytes) -> int:
        """Read and judge a list; returns its batch."""
        return imports.preview_list(self.engine, content, "list.csv", "standard", actor=SYSTEM)

    def commit(self, batch: int) -> None:
        """Carry a list out."""
        imports.commit_batch(self.engine, batch, actor=SYSTEM)

    def renewals(self) -> list[int]:
        """Return the ids of all renewals, in order."""
        connection = self.look()
        cursor = connection.cursor()
        cursor.execute("SELECT id FROM renewal ORDER BY id")
        found = [one for (one,) in cursor.fetchall()]
        connection.close()
        return found

    def keep(self, snapshot: str) -> None:
        """Remember the book as it is."""
        self.leave()
        self.database.keep(snapshot)

    def restore(self, snapshot: str = FURNISHED, *, now: datetime | None = None) -> None:
        """Put the book back to a snapshot and the clock to *now*; what the engine has parsed stays."""
        self.leave()
        self.database.restore(snapshot)
        self.clock.moment = now or at(TODAY)
        self.engine.latest()
        self.engine.workdays()

    def leave(self) -> None:
        """Close the engine's connections."""
        self.engine.store.engine.dispose()

    def look(self) -> Connection:
        """Connect to the book without the engine."""
        return self.database.connect(self.database.book())


def opened_in(database: Database, place: Place, ids: Sequence[int] | None) -> Outcome:
    """Return the open elements of the renewals with these *ids* (default: all), by id."""
    connection = database.connect(place)
    try:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT r.id, t.element_id FROM renewal r LEFT JOIN user_task t ON t.instance_id = r.id "
            "AND t.status IN ('open', 'claimed') ORDER BY r.id, t.element_id"
        )
        found: dict[int, list[str]] = {}
        for renewal, element in cursor.fetchall():
            found.setdefault(renewal, []).extend([element] if element else [])
    finally:
        connection.close()
    return [found[one] for one in (found if ids is None else ids)]
