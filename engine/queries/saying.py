"""The register of sentences: one for every action the history knows, kept by the modules that say them; pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.domain.actor import OPERATOR_LABEL, SYSTEM
from engine.domain.codes import Label
from engine.queries.words import Happening, Kind, Words

Saying = Callable[[Happening, Words], Label]
SENTENCES: dict[str, tuple[Kind, Saying]] = {}


def sentence(event: Happening, words: Words) -> tuple[Kind, Label]:
    """Return kind and sentence of *event*; an unknown action is named as it is."""
    known = SENTENCES.get(event.action)
    if known is None:
        return Kind.SYSTEM, Label(f"{event.who}：{event.action}", f"{event.who}: {event.action}")
    kind, say = known
    said = say(event, words)
    return kind, Label(said.zh, _in_english(said.en))


def _in_english(text: str) -> str:
    text = _ONE.sub(_singular, text)
    return text.replace(SYSTEM.display_name, "The system").replace(OPERATOR_LABEL, "The command line")


_ONE = re.compile(
    r"(?<![\d.,–-])1 (?P<kind>masked |expiry |data )?(?P<what>comment|day|failure|file|key|letter|renewal|row|task|value)s"
    r"(?P<verb> were| are)?\b"
)
_OF_ONE = {None: "", " were": " was", " are": " is"}


def _singular(found: re.Match[str]) -> str:
    return f"1 {found['kind'] or ''}{found['what']}{_OF_ONE[found['verb']]}"


def actions_of(kind: Kind) -> list[str]:
    """Return the actions whose sentences are of *kind*."""
    return sorted(action for action, (of, _) in SENTENCES.items() if of is kind)


def says(action: str, kind: Kind) -> Callable[[Saying], Saying]:
    """Register the sentence of *action*."""

    def keep(saying: Saying) -> Saying:
        SENTENCES[action] = (kind, saying)
        return saying

    return keep


def task_zh(event: Happening) -> str:
    """Return the quoted name of the event's task and its action."""
    action = event["action_id"]
    return f"“{event.subject}”（{action}）" if action else f"“{event.subject}”"


def task_en(event: Happening, words: Words) -> str:
    """Return the same in English."""
    action, name = event["action_id"], words.task_en(event.subject)
    return f"“{name}” ({action})" if action else f"“{name}”"
