"""Renewals that begin alike are started from one run, and begin just as they would alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.services.publish import read_files
from engine.spiff import codec, runner
from engine.spiff.host import Answers
from engine.spiff.parser import ProcessSet, parse_set
from engine.spiff.runner import Step
from engine.spiff.starter import Starter
from tests.support.lives import START, Host, World, picture_of


@pytest.fixture(scope="module")
def process() -> ProcessSet:
    return parse_set(read_files())


def seen(process: ProcessSet, step: Step) -> object:
    workflow = codec.load(step.state, process.specs["renewal"], dict(process.subprocess_specs["renewal"]))
    return (
        picture_of(workflow),
        sorted(t.element_id for t in step.tasks),
        sorted((t.element_id, t.due_at) for t in step.timers),
        step.passed,
        len(step.fired),
        step.messages,
        step.live_calls,
        step.ended,
    )


def worlds(seed: int, count: int) -> list[World]:
    random = Random(seed)
    return [
        World(
            now=START,
            expiry=START.date() + timedelta(days=random.choice([-40, -20, 3, 20, 40, 55, 61, 61, 61, 90])),
            is_key=random.random() < 0.5,
            is_orphan=random.random() < 0.3,
            renewable=random.random() < 0.9,
            opens=START.date() + timedelta(days=random.choice([-3, 4])),
        )
        for _ in range(count)
    ]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_start_from_a_template_equals_one_of_its_own(process: ProcessSet, seed: int) -> None:
    starter = Starter(process, "renewal", now=START)

    for world in worlds(seed, 25):
        alone, together = Host(world), Host(world)
        expected = runner.start(process, "renewal", Answers(alone), now=START)
        step = starter.start(together)

        assert seen(process, expected) == seen(process, step)
        assert alone.called == together.called, "every operation is done once for each renewal"


def test_alike_renewals_need_one_run(process: ProcessSet) -> None:
    starter = Starter(process, "renewal", now=START)
    world = World(now=START, expiry=START.date() + timedelta(days=61))

    for _ in range(50):
        starter.start(Host(world))
    starter.start(Host(replace(world, expiry=world.expiry + timedelta(days=1))))

    assert 2 == starter.runs


def test_no_two_instances_share_an_id(process: ProcessSet) -> None:
    starter = Starter(process, "renewal", now=START)
    world = World(now=START, expiry=START.date() + timedelta(days=50))

    steps = [starter.start(Host(world)) for _ in range(20)]

    ids = [row[0] for step in steps for row in rows_of(step)]
    assert len(ids) == len(set(ids))
    assert len({t.spiff_id for step in steps for t in (*step.tasks, *step.timers)}) == sum(
        len(step.tasks) + len(step.timers) for step in steps
    )


def rows_of(step: Step) -> list[list[object]]:
    _, tree, subs = orjson.loads(step.state)
    return [*tree[0], *(row for _, sub in subs for row in sub[0])]
