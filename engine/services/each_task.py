"""Act on many tasks, on each by itself: a refused one stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.errors import EngineError


def refusals(task_ids: Iterable[int], act: Callable[[int], object]) -> dict[int, EngineError | None]:
    """Do *act* for each task; returns the refusal of each, None for those it was done for."""
    found: dict[int, EngineError | None] = {}
    for task_id in task_ids:
        try:
            act(task_id)
        except EngineError as error:
            found[task_id] = error
        else:
            found[task_id] = None
    return found
