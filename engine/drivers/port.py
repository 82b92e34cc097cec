"""What every driver offers, and how it says that a message did not leave.

A driver is called with a key that was committed before the call. It raises :class:`NotSent` or
:class:`Refused` only when it is sure that nothing left; everything it is not sure of is :class:`FateUnknown`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message as a driver sees it; ``again`` when an earlier attempt with this key may have left."""

    key: str
    channel: str
    to: str
    text: str
    at: datetime
    again: bool


class NotSent(Exception):
    """Nothing left, and another try may succeed."""


class Refused(Exception):
    """Nothing left, and the same message would be refused again."""


class FateUnknown(Exception):
    """It may have left or not."""


class Driver(Protocol):
    """One way out of the house."""

    @property
    def honours_keys(self) -> bool:
        """Whether a second send with the same key is recognised and not carried out."""

    def find(self, key: str) -> str | None:
        """Return the receipt of a message sent with *key*, None when there is none or nobody can tell."""

    def send(self, letter: Letter) -> str:
        """Send one message and return the receipt's number.

        Raises:
            NotSent, Refused, FateUnknown: see there.
        """

    def settle(self) -> None:
        """Make sure that what was sent survives a crash; called before messages are marked as sent."""
