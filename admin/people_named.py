"""How a colleague is called in a sentence: by name, with the number where colleagues share the name."""

from __future__ import annotations

from admin.context import current_engine
from engine.api import people_told_apart


def colleague_name(number: str) -> str:
    """Return the name of who has this employee number; the number itself where nobody has it."""
    with current_engine().store.reading() as session:
        return people_told_apart(session, [number]).get(number, number)
