"""Long imports run beside the request that ordered them; how far they are stands in the database.

A crash loses nothing: the batch stays to be committed, and committing it again goes on where it stopped.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from flask import Flask, current_app

from engine.api import Actor, Engine, EngineError, commit_batch, order_commit

AT_ONCE = 150
"""Rows that are committed within the request."""
_KEY = "renewals_commits"


@dataclass(slots=True)
class Commits:
    """The imports that this process is committing, and those that failed, by batch."""

    running: set[int] = field(default_factory=set)
    refused: dict[int, EngineError] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, app: Flask, engine: Engine, batch_id: int, actor: Actor) -> threading.Thread | None:
        """Commit the batch beside the request: by a worker where there are some, else in a thread.

        None when there is no thread: a worker does it, or one of ours already.
        """
        if order_commit(engine, batch_id, actor=actor):
            return None
        with self._lock:
            if batch_id in self.running:
                return None
            self.running.add(batch_id)
            self.refused.pop(batch_id, None)
        thread = threading.Thread(
            target=self._run, args=(app, engine, batch_id, actor), name=f"import-{batch_id}", daemon=True
        )
        thread.start()
        return thread

    def _run(self, app: Flask, engine: Engine, batch_id: int, actor: Actor) -> None:
        try:
            commit_batch(engine, batch_id, actor=actor)
        except EngineError as error:
            self.refused[batch_id] = error
        except Exception:  # the edge of a thread: nobody above would hear of it
            app.logger.exception("import %s stopped", batch_id)
        finally:
            with self._lock:
                self.running.discard(batch_id)


def current_commits() -> Commits:
    """Return the running imports of this application."""
    found = current_app.extensions.setdefault(_KEY, Commits())
    assert isinstance(found, Commits)
    return found
