"""Watches that nothing is written without the history saying so in the same transaction."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import Engine, event

from engine.store.session import Tx

UNRECORDED = {
    "alembic_version": "the schema's own number; the upgrade is recorded",
    "sign_in_session": "when a session was last used; its beginning and end are recorded",
    "task_draft": "typed and not given yet: it is kept for one person and says nothing to anybody else",
    "stored_clock": "a virtual clock stops at each due moment; its walk is recorded once, at the goal",
}
"""Tables that may change without an event, and why."""
QUEUE_MARK = re.compile(r"UPDATE outbox_message SET .*sending_by", re.IGNORECASE | re.DOTALL)
"""Who has a message in hand, and that it was given back untried, is the queue's own; what became of it is recorded."""
_WRITE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)
_OURS = ("/engine/store/", "/sqlalchemy/", "<sqlalchemy", "/contextlib.py", "/tests/support/recording.py")


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collect what the program's own transactions write without recording anything; see :data:`UNRECORDED`."""
    silent: list[str] = []

    def note(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        found = _WRITE.match(statement)
        if found and not QUEUE_MARK.match(statement):
            connection.info.setdefault("written", set()).add(found[1].lower())

    def judge(session: Tx) -> None:
        if session.in_nested_transaction():
            return
        written: set[str] = session.connection().info.pop("written", set())
        tables = {name for name in written if not name.startswith("procrastinate_")} - UNRECORDED.keys()
        if tables and not session.events and (who := _caller()) is not None:
            silent.append(f"{who}: {', '.join(sorted(tables))}")

    def forget(connection: Any) -> None:
        if not connection.invalidated:  # a lost connection takes what it knew along
            connection.info.pop("written", None)

    event.listen(Engine, "before_cursor_execute", note)
    for end in ("commit", "rollback"):
        event.listen(Engine, end, forget)
    event.listen(Tx, "before_commit", judge)
    try:
        yield silent
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        for end in ("commit", "rollback"):
            event.remove(Engine, end, forget)
        event.remove(Tx, "before_commit", judge)


def _caller() -> str | None:
    """Return whose transaction this is; None for a test that arranges things by hand."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and any(part in frame.f_code.co_filename for part in _OURS):
        frame = frame.f_back
    if frame is None or "/tests/" in frame.f_code.co_filename:
        return None
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_name}"
