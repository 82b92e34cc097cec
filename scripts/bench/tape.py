"""Write down the SQL that an act sends, and play it again without the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Engine, event

from scripts.bench.database import Connection

ENDS = ("COMMIT", "ROLLBACK")


class Sent(NamedTuple):
    """One thing sent over the n-th connection: a statement, or the end of a transaction."""

    connection: int
    text: str
    parameters: Any
    many: bool


@dataclass(slots=True)
class Tape:
    """What was sent, in order."""

    entries: list[Sent] = field(default_factory=list)

    @property
    def statements(self) -> list[Sent]:
        """Everything but commits and rollbacks."""
        return [entry for entry in self.entries if entry.text not in ENDS]


@contextmanager
def recording(engine: Engine) -> Iterator[Tape]:
    """Record everything that *engine* sends inside the block."""
    tape = Tape()
    numbers: dict[int, int] = {}

    def number_of(raw: Any) -> int:
        return numbers.setdefault(id(raw), len(numbers))

    def on_statement(_conn: Any, cursor: Any, text: str, parameters: Any, _context: Any, _many: bool) -> None:
        # An INSERT of many rows in one statement is announced as many, too: its parameters are one row's.
        many = isinstance(parameters, list)
        tape.entries.append(Sent(number_of(cursor.connection), text, parameters, many))

    def on_end(word: str) -> Callable[[Any], None]:
        return lambda conn: tape.entries.append(
            Sent(number_of(conn.connection.dbapi_connection), word, (), False)
        )

    listeners: dict[str, Callable[..., Any]] = {
        "before_cursor_execute": on_statement,
        "commit": on_end("COMMIT"),
        "rollback": on_end("ROLLBACK"),
    }
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        yield tape
    finally:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)


class Player:
    """Sends a tape again, reading every answer."""

    def __init__(self, tape: Tape, connect: Callable[[], Connection]) -> None:
        self._tape = tape
        self._connections = [connect() for _ in {entry.connection for entry in tape.entries}]
        self._cursors = [connection.cursor() for connection in self._connections]

    def play(self) -> None:
        """Send everything, in order."""
        connections, cursors = self._connections, self._cursors
        for at, text, parameters, many in self._tape.entries:
            if text == "COMMIT":
                connections[at].commit()
            elif text == "ROLLBACK":
                connections[at].rollback()
            elif many:
                cursors[at].executemany(text, parameters)
            else:
                cursors[at].execute(text, parameters)
                if cursors[at].description is not None:
                    cursors[at].fetchall()

    def close(self) -> None:
        """Let go of the cursors, whose statements keep a connection alive, and of the connections."""
        for cursor in self._cursors:
            cursor.close()
        for connection in self._connections:
            connection.close()
