"""Where the sentences of the history are registered; the modules that say them add themselves here; pure."""

from __future__ import annotations

from collections.abc import Callable

from engine.domain.codes import Label
from engine.queries.words import Happening, Kind, Words

Saying = Callable[[Happening, Words], Label]
SENTENCES: dict[str, tuple[Kind, Saying]] = {}


def says(action: str, kind: Kind) -> Callable[[Saying], Saying]:
    """Register the sentence of *action*."""

    def keep(saying: Saying) -> Saying:
        SENTENCES[action] = (kind, saying)
        return saying

    return keep
