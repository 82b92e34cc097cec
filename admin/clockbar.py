"""What the top bar says about the time, and who may move it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from admin.context import current_engine
from engine.api import Actor, Role

CLOCK_MOVERS = frozenset({Role.ADMIN, Role.PROCESS_OWNER})


@dataclass(frozen=True, slots=True)
class ClockView:
    """The present as everybody sees it; only a virtual one can be moved, and not by everybody."""

    now: datetime
    is_virtual: bool
    may_move: bool


def clock_view(actor: Actor) -> ClockView:
    """Return what *actor* sees of the clock."""
    clock = current_engine().clock
    return ClockView(clock.now(), clock.is_virtual, clock.is_virtual and bool(actor.roles & CLOCK_MOVERS))
