"""Go through what is due a batch a transaction, until a batch is not full."""

from __future__ import annotations

from collections.abc import Callable

from engine.bootstrap import Engine
from engine.store.session import Tx


def in_batches(engine: Engine, look: Callable[[Tx], tuple[int, int]], *, size: int) -> int:
    """Call *look* in one transaction after the other; returns the sum of what it did.

    *look* takes at most *size* of what is due and returns how many it found and how many it did something for.
    What another process holds just now is left to the next tick.
    """
    done = 0
    while True:
        with engine.store.transaction() as tx:
            found, done_here = look(tx)
        done += done_here
        if found < size:
            return done
