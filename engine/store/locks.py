"""Locks that at most one process has and that end with it: for what must run in one place at a time."""

from __future__ import annotations

import fcntl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Protocol, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

FAMILY = 0x52454E  # the first half of every advisory lock of this program
TRIES_A_SECOND = 10
T = TypeVar("T")


class Hold(Protocol):
    """A lock that was taken."""

    def is_held(self) -> bool:
        """Whether it is still ours; a connection can be lost."""

    def release(self) -> None:
        """Let go of it."""


class Turns:
    """Threads of this process that want the same thing get it in turn.

    SQLite has whoever waits for its write lock ask again now and then, so that a thread which takes it anew at
    once (a long import, a bulk completion) would keep everybody else waiting to its end. Here whoever waits
    stands in the doorway, and who has just left the room cannot pass.
    """

    def __init__(self) -> None:
        self._door = threading.Lock()
        self._room = threading.Lock()

    @contextmanager
    def turn(self, patience: float) -> Iterator[bool]:
        """Wait at most *patience* seconds at each of the two doors; tells whether the turn came."""
        has_turn = self._enter(patience)
        try:
            yield has_turn
        finally:
            if has_turn:
                self._room.release()

    def _enter(self, patience: float) -> bool:
        if not self._door.acquire(timeout=patience):
            return False
        try:
            return self._room.acquire(timeout=patience)
        finally:
            self._door.release()


class _Advisory:
    def __init__(self, connection: Connection, key: int) -> None:
        self.connection = connection
        self.key = key

    def is_held(self) -> bool:
        try:
            self.connection.execute(text("SELECT 1"))
        except DBAPIError:
            return False
        return True

    def release(self) -> None:
        try:
            self.connection.execute(text("SELECT pg_advisory_unlock(:f, :k)"), {"f": FAMILY, "k": self.key})
        except DBAPIError:
            self.connection.invalidate()  # the lock ended with the connection
        self.connection.close()


class _Alone:
    def is_held(self) -> bool:
        return True

    def release(self) -> None:
        pass


class _File:
    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def is_held(self) -> bool:
        return True

    def release(self) -> None:
        self.file.close()


def take_advisory(engine: Engine, name: str, patience: int) -> Hold | None:
    """Take a session-level advisory lock on a connection of its own."""
    key = zlib.crc32(name.encode()) & 0x7FFFFFFF
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def try_it() -> _Advisory | None:
        wanted = text("SELECT pg_try_advisory_lock(:f, :k)")
        got = connection.execute(wanted, {"f": FAMILY, "k": key}).scalar()
        return _Advisory(connection, key) if got else None

    try:
        hold = _patiently(try_it, patience)
    except BaseException:
        connection.close()
        raise
    if hold is None:
        connection.close()
    return hold


def take_file(engine: Engine, name: str, patience: int) -> Hold | None:
    """Take a lock on a file beside the SQLite database."""
    database = engine.url.database
    if not database or database == ":memory:":
        return _Alone()  # nobody else can see such a database
    beside = Path(database)
    file = beside.with_name(f"{beside.name}-{name}.lock").open("wb")

    def try_it() -> _File | None:
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return _File(file)
        return None

    hold = _patiently(try_it, patience)
    if hold is None:
        file.close()
    return hold


def _patiently(try_it: Callable[[], T | None], patience: int) -> T | None:
    for _ in range(patience * TRIES_A_SECOND):
        if (found := try_it()) is not None:
            return found
        time.sleep(1 / TRIES_A_SECOND)
    return try_it()
