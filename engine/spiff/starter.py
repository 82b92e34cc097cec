"""Start many instances that begin alike from one run (spiffworkflow.md §3).

A start depends on its surroundings only through what it asks them: expressions, decisions, operations. The
questions of earlier starts form a tree; a new renewal answers them with its own facts, and when it has given the
same answers as an earlier one, it has taken the same way: its state is the earlier one with fresh ids. Every
question is still asked, every decision recorded and every operation done for each renewal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

import orjson

from engine.spiff import runner
from engine.spiff.host import Answers, Host
from engine.spiff.parser import ProcessSet
from engine.spiff.quick import new_id
from engine.spiff.runner import Step

_ID = re.compile(rb"(?<=\")[0-9a-f]{32}(?=\")")


class _Ask(Protocol):
    """One question of a start, with what the process knew when it asked."""

    def put(self, answers: Answers) -> Any:
        """Ask it of these surroundings."""
        ...


@dataclass(frozen=True, slots=True)
class _Expression:
    text: str
    results: Mapping[str, object]
    is_condition: bool
    active: frozenset[str]

    def put(self, answers: Answers) -> Any:
        return answers.expression(self.text, self.results, is_condition=self.is_condition, active=self.active)


@dataclass(frozen=True, slots=True)
class _Decision:
    decision_id: str
    element_id: str
    results: Mapping[str, object]

    def put(self, answers: Answers) -> Any:
        return answers.decision(self.decision_id, self.element_id, self.results)


@dataclass(frozen=True, slots=True)
class _Operation:
    name: str
    element_id: str

    def put(self, answers: Answers) -> Any:
        return answers.operation(self.name, self.element_id)


class _Template:
    """A step that can be had again with other ids."""

    def __init__(self, step: Step) -> None:
        self._step = step
        pieces = _ID.split(step.state)
        found = [match.decode() for match in _ID.findall(step.state)]
        self._ids = list(dict.fromkeys(found))
        places = {one: at for at, one in enumerate(self._ids)}
        self._pieces = pieces
        self._order = [places[one] for one in found]

    def stamp(self) -> Step:
        """Return the step with fresh ids."""
        fresh = [new_id() for _ in self._ids]
        text = [one.encode() for one in fresh]
        parts = [self._pieces[0]]
        for at, piece in zip(self._order, self._pieces[1:], strict=True):
            parts.append(text[at])
            parts.append(piece)
        renamed = dict(zip(self._ids, fresh, strict=True))
        step = self._step
        return replace(
            step,
            state=b"".join(parts),
            tasks=tuple(replace(t, spiff_id=renamed[t.spiff_id]) for t in step.tasks),
            timers=tuple(replace(t, spiff_id=renamed[t.spiff_id]) for t in step.timers),
            fired=frozenset(renamed.get(one) or new_id() for one in step.fired),
        )


@dataclass(slots=True)
class _Node:
    ask: _Ask | None = None
    ways: dict[bytes, _Node] = field(default_factory=dict)
    template: _Template | None = None


class Starter:
    """Starts instances of process *key* at one moment; those that answer alike share one run."""

    def __init__(self, process: ProcessSet, key: str, *, now: datetime) -> None:
        self._process, self._key, self._now = process, key, now
        self._root = _Node()
        self.runs = 0

    def start(self, host: Host) -> Step:
        """Return the first step of a new instance in these surroundings."""
        given: list[Any] = []
        node: _Node | None = self._root
        answers = Answers(host)
        while node is not None and node.ask is not None:
            given.append(node.ask.put(answers))
            node = node.ways.get(_kind_of(given[-1]))
        if node is not None and node.template is not None:
            return node.template.stamp()
        return self._run(host, given)

    def _run(self, host: Host, given: list[Any]) -> Step:
        self.runs += 1
        recorder = _Recorder(host, given)
        step = runner.start(self._process, self._key, recorder, now=self._now)
        node = self._root
        for ask, answer in recorder.asked:
            node.ask = ask
            node = node.ways.setdefault(_kind_of(answer), _Node())
        node.template = _Template(step)
        return step


class _Recorder(Answers):
    """Remembers what is asked; what was answered on the way here is not asked (or done) again."""

    def __init__(self, host: Host, given: list[Any]) -> None:
        super().__init__(host)
        self._given = given
        self.asked: list[tuple[_Ask, Any]] = []

    def expression(
        self, text: str, results: Mapping[str, object], *, is_condition: bool, active: Set[str] = frozenset()
    ) -> object:
        ask = _Expression(text, dict(results), is_condition, frozenset(active))
        find = super().expression
        return self._answer(ask, lambda: find(text, results, is_condition=is_condition, active=active))

    def decision(self, decision_id: str, element_id: str, results: Mapping[str, object]) -> object:
        ask = _Decision(decision_id, element_id, dict(results))
        return self._answer(ask, lambda: super(_Recorder, self).decision(decision_id, element_id, results))

    def operation(self, name: str, element_id: str) -> Mapping[str, object] | None:
        ask = _Operation(name, element_id)
        answer: Mapping[str, object] | None = self._answer(
            ask, lambda: super(_Recorder, self).operation(name, element_id)
        )
        return answer

    def _answer(self, ask: _Ask, find: Any) -> Any:
        at = len(self.asked)
        answer = self._given[at] if at < len(self._given) else find()
        self.asked.append((ask, answer))
        return answer


def _kind_of(answer: Any) -> bytes:
    return orjson.dumps(answer, option=orjson.OPT_SORT_KEYS, default=str)
