"""What was chosen in the inbox: the ticked tasks, or everything its filter keeps."""

from __future__ import annotations

from flask import request

from admin.actor import require_actor
from admin.context import current_engine
from admin.views.inbox_filter import exact_wish
from engine.api import Present, inbox_ids


def chosen_tasks(*, most: int) -> list[int]:
    """Return the numbers of the chosen tasks, at most one more than *most* where a filter chooses.

    Raises:
        BadInput: a condition of the filter cannot be read.
    """
    if request.form.get("all") != "1":
        return list(
            dict.fromkeys(number for text in request.form.getlist("task") for number in _numbers(text))
        )
    engine, wish = current_engine(), exact_wish()
    with engine.store.reading() as session:
        return list(inbox_ids(session, require_actor(), wish, Present.of(engine.clock), most=most + 1))


def _numbers(text: str) -> list[int]:
    """The tasks behind one tick: its own, or those of a card that are not shown, with commas between them."""
    return [int(part) for part in text.split(",") if part.isascii() and part.isdecimal() and len(part) < 19]
