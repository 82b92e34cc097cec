"""How long to wait before the next try: doubling, capped, spread so that not all come back at once."""

from __future__ import annotations

import hashlib
from datetime import timedelta

FIRST = timedelta(seconds=30)
LONGEST = timedelta(hours=1)


def wait_before(attempt: int, key: str) -> timedelta:
    """Return the wait after failed *attempt* (1, 2, …): 30 s doubled each time up to an hour, ± half.

    The spread comes from *key*, so that the same call says the same.
    """
    plain = min(FIRST * (1 << min(attempt - 1, 20)), LONGEST)
    digest = hashlib.sha256(f"{key}:{attempt}".encode()).digest()
    return plain * (0.5 + int.from_bytes(digest[:2]) / 65536)
