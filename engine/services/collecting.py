"""When a batch of steps lets Python look for its garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Leave the garbage of one batch until it is done.

    Its workflows are all cycles and all alive to the end: looking through them again and again while they
    grow costs a fifth of the batch and frees nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
