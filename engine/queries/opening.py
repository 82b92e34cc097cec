"""Read stored rows that may be damaged: what cannot be read or opened is as good as gone, the others are not."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from engine.vault import SealedValueRefused, UnknownKey

Found = TypeVar("Found")
DAMAGED = (ValueError, TypeError, SealedValueRefused, UnknownKey, DBAPIError)
"""What a row answers whose sealed value was changed, cut, or stored as something else than bytes."""


def readable(
    numbers: Collection[int], read: Callable[[Collection[int]], dict[int, Found]]
) -> dict[int, Found]:
    """Return what *read* finds under *numbers*, all at once; if that fails one by one, without the damaged."""
    try:
        return read(numbers) if numbers else {}
    except DAMAGED:
        if len(numbers) == 1:
            return {}
    return {found: value for one in numbers for found, value in readable([one], read).items()}
