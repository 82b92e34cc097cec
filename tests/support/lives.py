"""Random lives of one imaginary renewal, led twice: in SpiffWorkflow's memory, and saved after every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import orjson
import pytest
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import CallActivity, SubWorkflowTask
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.clock import SHANGHAI, business_date
from engine.spiff import codec, quick, runner
from engine.spiff.clock_bridge import time_stands_at
from engine.spiff.elements import Element
from engine.spiff.host import Answers, ScriptEngine
from engine.spiff.parser import BareMessage, ProcessSet

GENTLE = frozenset({"agent_left", "expiry_changed", "quote_received"})
"""Messages after which a renewal goes on; most lives should be long."""
START = datetime(2026, 10, 1, 1, tzinfo=SHANGHAI)


@dataclass(frozen=True)
class World:
    """Everything the diagrams may ask about the renewal, at one moment."""

    now: datetime
    expiry: date
    contacts: int = 0
    rounds: int = 0
    is_orphan: bool = False
    is_key: bool = False
    has_quote: bool = False
    renewable: bool = True
    state: str = "dispatch_pending"
    loss_reason: str | None = None
    handover_open: bool = False
    opens: date | None = None

    @property
    def today(self) -> date:
        return business_date(self.now, SHANGHAI)


@dataclass
class Host:
    """Answers from a world; two hosts of the same world answer the same, in whatever order they are asked."""

    world: World
    called: list[str] = field(default_factory=list)
    zone = SHANGHAI

    @property
    def functions(self) -> Mapping[str, Callable[..., object]]:
        return {
            "T": lambda days: self.world.expiry + timedelta(days=int(days)),
            "workday": lambda day, count: None if day is None else day + timedelta(days=int(count)),
            "earlier": min,
            "later": max,
            "min": min,
            "max": max,
            "has": lambda value: value is not None,
            "number": lambda value: value,
            "lower": lambda text: text,
        }

    def fact(self, name: str) -> object:
        world = self.world
        facts: dict[str, object] = {
            "today": world.today,
            "quote": {"opens_date": world.opens or world.today},
            "loss": {"reason": world.loss_reason},
            "renewal": {
                "days_left": (world.expiry - world.today).days,
                "contacts": world.contacts,
                "rounds": world.rounds,
                "is_orphan": world.is_orphan,
                "has_quote": world.has_quote,
                "state": world.state,
                "handover_open": world.handover_open,
                "duplicate": False,
            },
        }
        return facts.get(name)

    def run_operation(self, name: str, element_id: str) -> None:
        self.called.append(f"{element_id}:{name}")
        if name == "reanchor":
            self.world = replace(self.world, rounds=self.world.rounds + 1)

    def decide(self, decision_id: str, element_id: str, context: Mapping[str, object]) -> object:
        return {
            "renewability": {
                "renewable": self.world.renewable,
                "code": "" if self.world.renewable else "X06",
            },
            "key_customer": {"is_key": self.world.is_key},
            "customer_tier": {"tier": "mid"},
        }.get(decision_id, {})


@dataclass(frozen=True)
class Picture:
    """What an outsider sees of an instance; ids left out, so that two of them can be compared."""

    ended: bool
    tasks: tuple[tuple[str, str], ...]
    timers: tuple[tuple[str, str], ...]
    messages: tuple[str, ...]
    calls: tuple[str, ...]
    data: str


LONGEST_STEP = 450
"""Elements; the engine itself stops at 500."""


class Endless(Exception):
    """A step in memory that would never end; the engine refuses it as such."""


class InMemory:
    """The life as SpiffWorkflow leads it: one workflow, never saved."""

    def __init__(self, process: ProcessSet, key: str, host: Host) -> None:
        self.passed: list[str] = []
        self.fired: list[str] = []
        with quick.stock(), time_stands_at(host.world.now):
            self.workflow = BpmnWorkflow(
                process.specs[key],
                dict(process.subprocess_specs[key]),
                script_engine=ScriptEngine(Answers(host)),
            )
            self._settle(lambda: None)

    def complete(self, host: Host, picked: tuple[str, str], outcome: Mapping[str, Any]) -> None:
        task = next(t for t in self._ready() if _named(t) == picked)
        self._step(host, lambda: self._run_by_hand(task, outcome))

    def fire(self, host: Host) -> None:
        self._step(host, self.workflow.refresh_timers)

    def deliver(self, host: Host, message: str) -> None:
        event = BpmnEvent(BareMessage(message), payload={})
        self._step(host, lambda: self.workflow.send_event(event))

    def picture(self) -> Picture:
        return picture_of(self.workflow)

    def _step(self, host: Host, act: Callable[[], object]) -> None:
        self.workflow.script_engine = ScriptEngine(Answers(host))
        self.passed, self.fired = [], []
        with quick.stock(), time_stands_at(host.world.now):
            self._settle(act)

    def _run_by_hand(self, task: Any, outcome: Mapping[str, Any]) -> None:
        task.data[task.task_spec.bpmn_id] = dict(outcome)
        task.run()
        self.passed.append(task.task_spec.bpmn_id)

    def _settle(self, act: Callable[[], object]) -> None:
        rearm: list[Any] = []
        self.count = 0

        def seen(task: Any) -> None:
            spec = task.task_spec
            self.count += 1
            if self.count > LONGEST_STEP:
                raise Endless
            if spec.bpmn_id is not None and not isinstance(spec, SubWorkflowTask):
                self.passed.append(spec.bpmn_id)  # the engine counts calls when they are entered
            if isinstance(spec, CatchingEvent) and spec.bpmn_id is not None:
                self.fired.append(spec.bpmn_id)
                if runner._comes_again(spec):
                    rearm.append(task)

        act()
        while True:
            self.workflow.do_engine_steps(did_complete_task=seen)
            for task in rearm:
                runner._rearm(task)
            rearm.clear()
            self.workflow.refresh_timers()
            if self.workflow.get_next_task(state=TaskState.READY, manual=False) is None:
                return

    def _ready(self) -> list[Any]:
        return _ready(self.workflow)


class Saved:
    """The life as the engine leads it: bytes in, one step, bytes out."""

    def __init__(self, process: ProcessSet, key: str, host: Host) -> None:
        self.process, self.key = process, key
        self._arrows = {(flow.target, flow.source) for flow in process.elements.flows}
        self._arrows |= {(e.id, str(e.attached_to)) for e in process.elements.nodes if e.attached_to}
        self.step = runner.start(process, key, Answers(host), now=host.world.now)
        self.workflow = self._load()

    def complete(self, host: Host, picked: tuple[str, str], outcome: Mapping[str, Any]) -> None:
        task = next(t for t in _ready(self.workflow) if _named(t) == picked)
        self._took(
            runner.complete(
                self.process, self.key, self.step.state, host,
                spiff_id=task.id, outcome=outcome, now=host.world.now,
            )
        )  # fmt: skip

    def fire(self, host: Host) -> None:
        self._took(runner.fire_timers(self.process, self.key, self.step.state, host, now=host.world.now))

    def deliver(self, host: Host, message: str) -> None:
        self._took(
            runner.deliver(self.process, self.key, self.step.state, host, message=message, now=host.world.now)
        )

    def picture(self) -> Picture:
        return picture_of(self.workflow)

    @property
    def passed(self) -> list[str]:
        elements = self.process.elements.by_id
        return [element for element, _ in self.step.passed if not _is_call(elements[element])]

    @property
    def size(self) -> int:
        return len(self.step.state)

    def _took(self, step: runner.Step) -> None:
        assert {pair for pair in step.passed if pair[1]} <= self._arrows, "a step left the drawn arrows"
        self.step = step
        self.workflow = self._load()

    def _load(self) -> BpmnWorkflow:
        specs = self.process
        return codec.load(self.step.state, specs.specs[self.key], dict(specs.subprocess_specs[self.key]))


def _live(workflow: Any) -> list[Any]:
    return [workflow, *workflow.get_active_subprocesses()]


def _ready(workflow: Any) -> list[Any]:
    return [t for wf in _live(workflow) for t in wf.tasks.values() if t.state == TaskState.READY]


def _named(task: Any) -> tuple[str, str]:
    return task.task_spec.bpmn_id, orjson.dumps(task.data, option=orjson.OPT_SORT_KEYS).decode()


def picture_of(workflow: Any) -> Picture:
    waiting = list(workflow.event_manager.tasks.values())
    return Picture(
        ended=workflow.completed,
        tasks=tuple(sorted(_named(t) for t in _ready(workflow))),
        timers=tuple(
            sorted(
                (t.task_spec.bpmn_id, t.internal_data["event_value"])
                for t in waiting
                if isinstance(t.task_spec.event_definition, TimerEventDefinition)
            )
        ),
        messages=tuple(
            sorted(
                t.task_spec.event_definition.name
                for t in waiting
                if isinstance(t.task_spec.event_definition, MessageEventDefinition)
            )
        ),
        calls=tuple(
            sorted(
                t.task_spec.spec
                for wf in _live(workflow)
                for t in wf.tasks.values()
                if t.state == TaskState.STARTED and isinstance(t.task_spec, CallActivity)
            )
        ),
        data=orjson.dumps(workflow.data, option=orjson.OPT_SORT_KEYS).decode(),
    )


def _is_call(element: Element) -> bool:
    return element.called is not None or element.kind == "subProcess"


OutcomesOf = Callable[[str], list[Mapping[str, Any]]]


def lead(process: ProcessSet, key: str, seed: int, outcomes_of: OutcomesOf, acts: int = 60) -> list[Picture]:
    """Lead one random life both ways, comparing after every step; returns what was seen.

    Raises:
        AssertionError: the two lives differ; the seed leads there again.
    """
    random = Random(seed)
    world = World(
        now=START,
        expiry=START.date() + timedelta(days=random.randint(-35, 95)),
        is_key=random.random() < 0.5,
        renewable=random.random() < 0.9,
    )
    try:
        memory = InMemory(process, key, Host(world))
    except Endless:
        with pytest.raises(runner.InvariantBroken):
            Saved(process, key, Host(world))
        return []
    saved = Saved(process, key, Host(world))
    seen = [memory.picture()]
    assert seen[0] == saved.picture(), (seed, "start")
    for number in range(acts):
        if seen[-1].ended:
            break
        world = _next_world(random, world, seen[-1])
        for act in (_fire, _pick_act(random, seen[-1], outcomes_of)):
            ours, theirs = Host(world), Host(world)
            if act is not _fire and memory.picture() != seen[-1]:
                break  # time took away what the person wanted to do, as the services say it
            try:
                act(memory, theirs)
            except Endless:
                with pytest.raises(runner.InvariantBroken):
                    act(saved, ours)
                return seen
            act(saved, ours)
            where = (seed, number)
            assert memory.picture() == saved.picture(), (where, memory.passed, saved.passed)
            assert sorted(memory.passed) == sorted(saved.passed), (where, memory.passed, saved.passed)
            assert sorted(theirs.called) == sorted(ours.called), where
            world = ours.world
        seen.append(memory.picture())
    return seen


def _fire(life: InMemory | Saved, host: Host) -> None:
    """Let what is due happen; every other act comes after it, as in the engine's services."""
    life.fire(host)


def _next_world(random: Random, world: World, picture: Picture) -> World:
    """Let some time pass (often until the next timer) and some facts change."""
    now = world.now + timedelta(hours=random.randint(0, 30))
    if picture.timers and random.random() < 0.5:
        now = max(world.now, min(datetime.fromisoformat(due) for _, due in picture.timers))
    return replace(
        world,
        now=now,
        contacts=world.contacts + random.randint(0, 1),
        is_orphan=random.random() < 0.2,
        handover_open=random.random() < 0.3,
        has_quote=random.random() < 0.4,
        state=random.choice(["dispatch_pending", "assigned", "following"]),
        loss_reason=random.choice([None, "L101"]),
        opens=business_date(now, SHANGHAI) + timedelta(days=random.randint(-2, 5)),
    )


def _pick_act(
    random: Random, picture: Picture, outcomes_of: OutcomesOf
) -> Callable[[InMemory | Saved, Host], None]:
    kinds = ["fire"] * 4
    kinds += ["complete"] * 6 if picture.tasks else []
    kinds += ["message"] if picture.messages else []
    kind = random.choice(kinds)
    if kind == "complete":
        picked = random.choice(picture.tasks)
        ways = outcomes_of(picked[0])
        outcome = ways[0] if random.random() < 0.5 else random.choice(ways)
        return lambda life, host: life.complete(host, picked, outcome)
    if kind == "message":
        gentle = [name for name in picture.messages if name in GENTLE]
        message = random.choice(gentle if gentle and random.random() < 0.9 else picture.messages)
        days = random.randint(-20, 60)

        def deliver(life: InMemory | Saved, host: Host) -> None:
            if message == "expiry_changed":
                host.world = replace(host.world, expiry=host.world.today + timedelta(days=days + 10))
            life.deliver(host, message)

        return deliver
    return _fire
