"""The engine as a command opens it, and in whose name it acts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.bootstrap import Engine, build_engine
from engine.domain.actor import OPERATOR_LABEL, OPERATOR_NAME, Actor
from engine.services import schema

OPERATOR = Actor(name=OPERATOR_NAME, display_name=OPERATOR_LABEL, sees_all=True)


@contextmanager
def opened_engine(*, checked: bool = True) -> Iterator[Engine]:
    """Build the engine for one command; *checked* refuses a schema that is not the current one.

    Raises:
        DatabaseNotReady: nobody answers there, or its schema is an older one.
    """
    engine = build_engine()
    try:
        if checked:
            schema.require_current(engine)
        yield engine
    finally:
        engine.store.engine.dispose()
