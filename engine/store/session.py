"""The database connection and the one transaction; nothing else commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine, create_engine, event, inspect, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from engine.domain.masking import mask_recipient, mask_text
from engine.errors import UNREACHED, ClockError, Conflict, DatabaseNotReady
from engine.label import Thing
from engine.store import calendar, history, keyring, locks, organisation
from engine.store.base import Base
from engine.store.instances import save_steps
from engine.store.keys import number_new
from engine.store.locks import Hold as Hold
from engine.store.locks import Turns
from engine.store.notices import Notice, add_notices
from engine.store.outbox import OutboxMessage, known_keys
from engine.store.personal import VAULT, seal_pending
from engine.store.queue import NewJob, enqueue
from engine.vault import Vault

PATIENCE = 30
"""Seconds that a writer waits for the SQLite file."""


class Tx(Session):
    """A session inside :meth:`Store.transaction`; collects history until the commit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.events: list[history.NewEvent] = []
        self.outgoing: dict[str, OutboxMessage] = {}
        self.notices: list[Notice] = []
        self.later: list[Base] = []
        self.jobs: list[NewJob] = []

    def record(
        self,
        action: str,
        *,
        at: datetime,
        actor: str,
        instance_id: int | None = None,
        task_id: int | None = None,
        about: history.HasId | None = None,
        subject: str | None = None,
        reason: str | None = None,
        **payload: Any,
    ) -> None:
        """Append one event to the history; it is numbered and hashed at the commit.

        *about* is the task it speaks of, when that has no number yet.
        """
        self.events.append(
            history.NewEvent(
                at=at,
                actor=actor,
                action=action,
                instance_id=instance_id,
                task_id=task_id,
                about=about,
                subject=subject,
                reason=mask_text(reason) if reason else reason,  # typed by people, kept for ever
                payload=orjson.loads(_dumps(payload)),  # what is hashed is what is stored
            )
        )

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Open a savepoint: on an error only what was done inside the block is undone."""
        nested = self.begin_nested()
        try:
            with self.unless_refused():
                yield
                self.write()
            nested.commit()
        except BaseException:
            nested.rollback()
            raise

    @contextmanager
    def unless_refused(self) -> Iterator[None]:
        """Forget what was recorded, queued or kept for later inside the block if it raises.

        For verbs that put rows into the session only after the block.
        """
        events, later, outgoing = len(self.events), len(self.later), dict(self.outgoing)
        jobs, notices = len(self.jobs), len(self.notices)
        try:
            yield
        except BaseException:
            del self.events[events:]
            del self.later[later:]
            del self.jobs[jobs:]
            del self.notices[notices:]
            self.outgoing = outgoing
            raise

    def add_later(self, row: Base) -> None:
        """Add a row that depends on others which are not in the session yet."""
        self.later.append(row)

    def write(self) -> None:
        """Send what was added so far, then what was kept for later; new rows get their numbers."""
        save_steps(self)
        self._flush_new()
        if self.later:
            self.add_all(self.later)
            self.later.clear()
            self._flush_new()

    def _flush_new(self) -> None:
        if self.get_bind().dialect.name == "postgresql":
            number_new(self)
        self.flush()

    def send(self, message: OutboxMessage) -> None:
        """Queue *message*, unless one with its key was ever queued (asked once, at the commit)."""
        message.recipient_masked = mask_recipient(message.recipient)
        self.outgoing.setdefault(message.key, message)

    def tell(self, notice: Notice) -> None:
        """Add *notice* to its receiver's message of the day (at the commit, all at once)."""
        self.notices.append(notice)

    def enqueue(self, name: str, *, lock: str | None = None, once: str | None = None, **args: Any) -> None:
        """Have a worker run the job *name* after the commit; the embedded default's ticker needs no telling."""
        self.jobs.append(NewJob(name=name, args=args, lock=lock, once=once))

    def settle(self, *, is_shared: bool) -> None:
        """Write down what was collected: rows, messages, jobs (*is_shared*: on a server) and the history."""
        self.write()
        if self.outgoing:
            known = known_keys(self, self.outgoing)
            fresh = [message for key, message in self.outgoing.items() if key not in known]
            self.add_all(fresh)
            self.flush()
            if fresh:
                self.enqueue("deliver", lock="deliver")
        if self.notices:
            add_notices(self, self.notices)  # not due yet: the ticker has them delivered
        if self.jobs and is_shared:
            enqueue(self, self.jobs)
        if self.events:
            history.chain(self, self.events, is_shared=is_shared)


event.listen(Tx, "before_flush", seal_pending)


class Store:
    """A database: engine, sessions, the transaction, the stored clock and the vault of its personal data.

    *master* is the key that opens the data keys in it.
    """

    def __init__(self, url: str, master: bytes, *, durable: bool = True) -> None:
        self.engine = _connect(url, durable=durable)
        self._turns = None if self.is_shared else Turns()
        self.vault = Vault(partial(keyring.load, self.engine, master))
        self.shared = {**organisation.cache(), VAULT: self.vault}
        self._tx = sessionmaker(
            self.engine, class_=Tx, expire_on_commit=False, autoflush=False, info=self.shared
        )
        self._read = sessionmaker(self.engine, expire_on_commit=False, autoflush=False, info=self.shared)

    @property
    def is_shared(self) -> bool:
        """Whether the database is a server's, which many processes work on."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """Open the one read-write transaction of a verb; commits at the end, rolls back on any error.

        Raises:
            Conflict: another writer was faster, or the database stayed locked too long.
        """
        with self._turn(), self._tx() as session:
            try:
                session.begin()
                if self.engine.dialect.name == "sqlite":
                    session.execute(text("BEGIN IMMEDIATE"))
                yield session
                session.settle(is_shared=self.is_shared)
                session.commit()
            except (StaleDataError, IntegrityError) as error:
                session.rollback()
                raise Conflict(what=Thing.RENEWAL) from error
            except OperationalError as error:
                session.rollback()
                if "locked" in str(error):
                    raise Conflict(what=Thing.DATABASE) from error
                raise
            except BaseException:
                session.rollback()
                raise

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait until no other thread of this process writes to the file; a server has queues of its own."""
        with self._turns.turn(PATIENCE) if self._turns else nullcontext(True) as has_turn:
            if not has_turn:
                raise Conflict(what=Thing.DATABASE)
            yield

    @contextmanager
    def alone(self, name: str, *, patience: int = 0) -> Iterator[Hold | None]:
        """Hold the lock *name*, which at most one process has; None when it is not free in *patience* seconds.

        It ends with the process: on PostgreSQL it belongs to a connection, on SQLite to an open file.
        """
        hold = self.take(name, patience=patience)
        try:
            yield hold
        finally:
            if hold is not None:
                hold.release()

    def take(self, name: str, *, patience: int = 0) -> Hold | None:
        """Take the lock *name* as :meth:`alone` does, for the caller to release."""
        take = locks.take_advisory if self.is_shared else locks.take_file
        return take(self.engine, name, patience)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session for reading only; nothing done in it is kept."""
        with self._read() as session:
            yield session

    def read_clock(self) -> datetime:
        """Return the stored virtual present, aware UTC.

        Raises:
            ClockError: the virtual clock was never set.
        """
        with self.engine.connect() as connection:
            now = connection.execute(
                select(calendar.StoredClock.now).where(calendar.StoredClock.id == 1)
            ).scalar()
        if now is None:
            raise ClockError(
                reason_zh="虚拟时钟尚未设置，请先运行 renewals clock set 时刻",
                reason_en="the virtual clock was never set; run renewals clock set ISO first",
            )
        return now

    def keeps_clock(self) -> bool:
        """Whether a virtual present is stored."""
        with self.engine.connect() as connection:
            if not inspect(connection).has_table(calendar.StoredClock.__tablename__):
                return False
            return connection.execute(select(calendar.StoredClock.id)).first() is not None

    def is_in_use(self) -> bool:
        """Whether anything but an empty schema is stored."""
        with self.engine.connect() as connection:
            names = set(inspect(connection).get_table_names())
            kept = ("renewal", "definition_set", "org_unit", "user_account", "import_batch")
            return any(
                connection.execute(text(f"SELECT 1 FROM {name} LIMIT 1")).first()
                for name in kept
                if name in names
            )

    def close_file(self) -> None:
        """Write the write-ahead log back into the (SQLite) file and let go of it."""
        with self.engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        self.engine.dispose()

    def ping(self) -> None:
        """Check that the database answers and its schema is current.

        Raises:
            DatabaseNotReady: it does not, or is not.
        """
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1 FROM alembic_version"))
        except Exception as error:
            raise DatabaseNotReady(reason=UNREACHED) from error


def _connect(url: str, *, durable: bool) -> Engine:
    sqlite = url.startswith("sqlite")
    if sqlite and (path := url.partition(":///")[2].partition("?")[0]) and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        hide_parameters=True,  # what a statement carries must not end in an error's text
        pool_pre_ping=not sqlite,
        connect_args={"check_same_thread": False, "timeout": PATIENCE} if sqlite else {},
    )
    if sqlite:
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "connect", _keep_private, once=True)
        if not durable:
            event.listen(engine, "connect", _trust_luck)
    return engine


def _dumps(value: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _trust_luck(connection: Any, _record: Any) -> None:
    """For a database that is thrown away when its making is interrupted (the demonstration)."""
    connection.execute("PRAGMA synchronous=OFF")


def _keep_private(connection: Any, _record: Any) -> None:
    """Nobody else on the machine has to read the file; SQLite gives its log the same rights."""
    path = connection.execute("PRAGMA database_list").fetchone()[2]
    if path:
        with suppress(OSError):  # somebody else's file, e.g. a mounted one: its owner decides
            Path(path).chmod(0o600)


def _tune_sqlite(connection: Any, _record: Any) -> None:
    """WAL, real durability, foreign keys; the driver must not open transactions by itself."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
    cursor.close()
