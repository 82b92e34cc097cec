"""Give SpiffWorkflow's timers the engine's time instead of the computer's.

SpiffWorkflow 3.2 calls ``datetime.now`` inside its timer module. The name ``datetime`` there is
replaced, once, by a subclass whose ``now`` answers from a context variable (spiffworkflow.md §5;
tests/spiff/test_clock_bridge.py fails when upstream changes).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta, tzinfo

from SpiffWorkflow.bpmn.specs.event_definitions import timer

_PAST = timedelta(microseconds=1)  # SpiffWorkflow fires strictly after the due moment; ours is due at it
_moment: ContextVar[datetime | None] = ContextVar("spiff_moment", default=None)


class _BridgedDatetime(datetime):
    """A datetime class whose present is the engine's."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        moment = _moment.get()
        if moment is None:
            raise RuntimeError("a process timer asked for the time outside of a step")
        return moment.astimezone(tz or UTC) + _PAST


timer.datetime = _BridgedDatetime


@contextmanager
def time_stands_at(moment: datetime) -> Iterator[None]:
    """Let every timer evaluated inside the block see *moment* (aware) as the present."""
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)
