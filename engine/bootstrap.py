"""Builds the Engine once per process: settings, store, clock, and the cache of deployed sets."""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import forms
from engine.clock import Clock, SystemClock, VirtualClock
from engine.crypto import Seal, SigningKey, derive
from engine.domain.decision import Decision
from engine.domain.workdays import HolidayRow, Holidays, Workdays
from engine.drivers.file_sink import FileSink
from engine.drivers.port import Driver
from engine.drivers.smtp import SmtpDriver, SmtpServer
from engine.errors import NoDefinition
from engine.logs import guard_logging
from engine.settings import Settings, load_settings
from engine.spiff.dmn import read_decision
from engine.spiff.parser import ProcessSet, parse_set
from engine.store import definitions as stored
from engine.store.calendar import holidays_of
from engine.store.session import Store


@dataclass(frozen=True, slots=True)
class Deployed:
    """One deployed set, parsed and ready to run; shared by all instances pinned to it."""

    id: int
    version: int
    digest: str
    files: Mapping[str, bytes]
    process: ProcessSet
    decisions: Mapping[str, Decision]
    forms: Mapping[str, forms.Form]


@dataclass(slots=True)
class Engine:
    """Everything a verb needs; one per process, shared by its threads."""

    settings: Settings
    store: Store
    clock: Clock
    seal: Seal
    drivers: Mapping[str, Driver]
    quoted_by: str | None = None
    """Digest of the tariff tables to which this process found every forecast brought."""
    looked_on: date | None = None
    """Business day on which this process found no more idle agents."""
    _sets: dict[int, Deployed] = field(default_factory=dict)
    _workdays: Workdays | None = None

    def signing_key(self) -> SigningKey:
        """Return the key that signs checkpoints of the history."""
        own = self.settings.checkpoint_key
        return SigningKey(own or derive(self.settings.data_key, "history checkpoints"))

    def latest(self) -> Deployed:
        """Return the newest deployed set.

        Raises:
            NoDefinition: nothing was deployed yet.
        """
        with self.store.reading() as session:
            set_id = stored.latest_id(session)
        if set_id is None:
            raise NoDefinition
        return self.deployed(set_id)

    def deployed(self, set_id: int) -> Deployed:
        """Return the set an instance is pinned to, parsed once per process."""
        if set_id not in self._sets:
            with self.store.reading() as session:
                row = stored.get_set(session, set_id)
            files = unpack(row.bundle)
            self._sets[set_id] = parse_deployed(files, set_id=row.id, version=row.version, digest=row.digest)
        return self._sets[set_id]

    def workdays(self) -> Workdays:
        """Return the workday calendar of the stored holiday table."""
        if self._workdays is None:
            with self.store.reading() as session:
                rows = holidays_of(session)
            self._workdays = Workdays(
                Holidays(
                    HolidayRow(
                        day=r.day, kind=r.kind, name=r.name, source=r.source, provisional=r.provisional
                    )
                    for r in rows
                )
            )
        return self._workdays

    def forget_calendar(self) -> None:
        """Read the holiday table anew at the next need; call after editing it."""
        self._workdays = None


def parse_deployed(
    files: Mapping[str, bytes], *, set_id: int = 0, version: int = 0, digest: str = ""
) -> Deployed:
    """Parse a bundle's *files* (names as in the bundle: ``*.bpmn``, ``*.dmn``, ``forms/*.json``)."""
    tables = [read_decision(content, file=name) for name, content in files.items() if name.endswith(".dmn")]
    return Deployed(
        id=set_id,
        version=version,
        digest=digest,
        files=files,
        process=parse_set(files),
        decisions={table.id: table for table in tables},
        forms=forms.load_forms(
            {
                name.removeprefix("forms/").removesuffix(".json"): content
                for name, content in files.items()
                if name.startswith("forms/")
            }
        ),
    )


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return *files* as a zip whose bytes depend on the content alone."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name in sorted(files):
            bundle.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpack(bundle: bytes) -> dict[str, bytes]:
    """Return the files of a stored bundle."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def build_engine(settings: Settings | None = None, *, durable: bool = True) -> Engine:
    """Build the process's engine from *settings* (default: the environment).

    Without *durable* a crash may ruin the (SQLite) database: only for one that is then thrown away.
    """
    guard_logging()
    settings = settings or load_settings()
    store = Store(settings.database_url, settings.data_key, durable=durable)
    is_virtual = settings.virtual_clock
    if is_virtual is None:  # an embedded book that was lived on a virtual clock knows no other time
        path = settings.database_path
        is_virtual = path is not None and path.exists() and store.keeps_clock()
    clock: Clock = VirtualClock(store.read_clock, settings.zone) if is_virtual else SystemClock(settings.zone)
    return Engine(settings, store, clock, Seal(store.vault.state_key), _drivers(settings))


def _drivers(settings: Settings) -> Mapping[str, Driver]:
    """Return the driver of each channel; those that the settings do not name write to the file."""
    sink = FileSink(settings.sink)
    chosen: dict[str, Driver] = defaultdict(lambda: sink)
    for channel, name in settings.drivers.items():
        if name == "smtp":
            server = SmtpServer.from_url(settings.smtp_url or "", settings.smtp_from or "")
            chosen[channel] = SmtpDriver(server)
    return chosen
