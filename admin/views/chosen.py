"""What was chosen in the inbox: the ticked tasks, or everything its filter keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from admin.actor import require_actor
from admin.context import current_engine
from admin.drawn_again import said_in_place
from admin.errors import say
from admin.targets import back_to_inbox
from admin.views.inbox_filter import exact_wish
from engine.api import EngineError, Label, Present, inbox_ids


class _Task(Protocol):
    @property
    def task_id(self) -> int: ...


class _Listing(Protocol):
    """A page of tasks."""

    @property
    def rows(self) -> Sequence[_Task]: ...


Listing = TypeVar("Listing", bound=_Listing)


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


def page_of_chosen(
    look: Callable[[list[int]], Listing], *, most: int, how_many: str, nothing: str
) -> Listing | None:
    """Return what *look* shows of the chosen tasks; None, and told why, where there is nothing to go on with.

    *how_many* is said where none or more than *most* are chosen, *nothing* where none of them will do.
    """
    try:
        tasks = chosen_tasks(most=most)
    except EngineError as error:
        flash(say(error), "error")
        return None
    if not 1 <= len(tasks) <= most:
        flash(how_many, "error")
        return None
    page = look(tasks)
    if not page.rows:
        flash(nothing, "error")
        return None
    return page


def still_chosen(
    page: Listing, said: Mapping[str, Label], render: Callable[[Listing, Mapping[str, Label]], str]
) -> ResponseReturnValue:
    """Draw what is left of a choice, with what was refused in its place; back to the list where nothing is left."""
    left = said_in_place(said, (row.task_id for row in page.rows))
    return (render(page, left), 422) if page.rows else redirect(back_to_inbox(), code=303)


def tell_refusals(refused: Iterable[EngineError]) -> None:
    """Tell why tasks were refused, each reason once."""
    for sentence in dict.fromkeys(say(error) for error in refused):
        flash(sentence, "error")


def _numbers(text: str) -> list[int]:
    """The tasks behind one tick: its own, or those of a card that are not shown, with commas between them."""
    return [int(part) for part in text.split(",") if part.isascii() and part.isdecimal() and len(part) < 19]
