"""Whether a page offers to call the customer; the act itself asks again."""

from __future__ import annotations

from typing import Protocol

from engine.api import Actor, is_of_life, may_reveal


class OfCustomer(Protocol):
    """What a page knows of the customer of a renewal."""

    @property
    def phone(self) -> str | None:
        """The masked number."""

    @property
    def do_not_contact(self) -> bool:
        """Whether the customer wants no contact."""

    @property
    def no_sharing(self) -> bool:
        """Whether the life insurer may no longer be given the data."""


def may_call(actor: Actor, page: OfCustomer) -> bool:
    """Whether *actor* may press the button to call."""
    if not may_reveal(actor) or not page.phone or page.do_not_contact:
        return False
    return not (page.no_sharing and is_of_life(actor))
