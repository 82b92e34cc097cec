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


def tells(action: str, kind: Kind, zh: str, en: str) -> None:
    """Register a sentence of *action* that only fills in what its event tells.

    Between braces stands a name of the event's payload, or ``who`` did it, ``subject`` or ``reason``; the subject as
    the name of a ``task``, a ``person``, a ``user`` or a ``file``.
    """

    def say(event: Happening, words: Words) -> Label:
        return Label(
            zh.format_map(_Told(event, words, task_zh(event))),
            en.format_map(_Told(event, words, task_en(event, words))),
        )

    says(action, kind)(say)


class _Told(dict[str, object]):
    """What an event tells, by the names that a sentence uses; read when it is asked for."""

    def __init__(self, event: Happening, words: Words, task: str) -> None:
        super().__init__(who=event.who, subject=event.subject, reason=event.reason, task=task)
        self.event, self.words = event, words

    def __missing__(self, name: str) -> object:
        subject = self.event.subject
        if name == "person":
            return self.words.person(subject)
        if name == "user":
            return self.words.actors.get(str(subject), subject)
        if name == "file":
            return f"“{subject}”" if subject else ""
        return self.event[name]


def task_zh(event: Happening) -> str:
    """Return the quoted name of the event's task and its action."""
    action = event["action_id"]
    return f"“{event.subject}”（{action}）" if action else f"“{event.subject}”"


def task_en(event: Happening, words: Words) -> str:
    """Return the same in English."""
    action, name = event["action_id"], words.task_en(event.subject)
    return f"“{name}” ({action})" if action else f"“{name}”"
