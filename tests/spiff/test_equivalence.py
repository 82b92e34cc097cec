"""Saved and pruned after every step, an instance lives as it would in SpiffWorkflow's memory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import forms
from engine.services.publish import OWN_FORMS, read_files
from engine.spiff.parser import ProcessSet, parse_set
from tests.support.form_samples import variants_on
from tests.support.lives import lead

LIVES = int(os.environ.get("RENEWALS_TEST_LIVES", "200"))


@pytest.fixture(scope="module")
def process() -> ProcessSet:
    return parse_set(read_files())


@pytest.fixture(scope="module")
def outcomes(process: ProcessSet) -> dict[str, list[Mapping[str, Any]]]:
    """For every user task the outcomes that its form's samples lead to."""
    today = date(2026, 11, 2)
    loaded = forms.load_forms({path.stem: path.read_bytes() for path in OWN_FORMS.glob("*.json")})
    ways: dict[str, list[Mapping[str, Any]]] = {}
    for form_id, samples in variants_on(today).items():
        form = loaded[form_id]
        ways[form_id] = [
            forms.outcomes(form, forms.check(form, s, today=today).clean) for s in samples.values()
        ]
    return {
        element.id: ways[element.properties["form"]]
        for element in process.elements.by_id.values()
        if "form" in element.properties
    }


def test_every_shipped_diagram_may_be_pruned(process: ProcessSet) -> None:
    names = {s.name for s in process.specs.values()} | {
        s.name for group in process.subprocess_specs.values() for s in group.values()
    }

    assert names == process.prunable


def test_a_saved_life_equals_one_led_in_memory(
    process: ProcessSet, outcomes: dict[str, list[Mapping[str, Any]]]
) -> None:
    ends = 0

    @settings(max_examples=LIVES, deadline=None)
    @given(seed=st.integers(0, 2**32))
    def lives(seed: int) -> None:
        nonlocal ends
        ends += lead(process, "renewal", seed, outcomes.__getitem__)[-1].ended

    lives()
    assert ends > LIVES / 10, "lives that never end prove little"


SHAPES = sorted(path for path in (Path(__file__).parent / "good").iterdir() if path.suffix != ".dmn")


def _shape(path: Path) -> ProcessSet | None:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    diagrams = {file.name: file.read_bytes() for file in files if file.suffix == ".bpmn"}
    read = parse_set(diagrams) if diagrams else None
    return read if read and "renewal" in read.specs else None


@pytest.mark.parametrize("path", SHAPES, ids=lambda path: path.name)
def test_a_life_on_any_shape_equals_one_led_in_memory(path: Path) -> None:
    process = _shape(path)
    ways: list[Mapping[str, Any]] = [{"result": str(n), "number": n} for n in (11, 41, 61)]

    for seed in range(6) if process else ():
        lead(process, "renewal", seed, lambda _element: ways, acts=25)


@pytest.mark.parametrize(
    ("sample", "element"),
    [("parallel_in_loop.bpmn", "ParallelGateway"), ("standard_loop.bpmn", "StandardLoopTask")],
)
def test_what_looks_at_the_past_keeps_its_whole_state(sample: str, element: str) -> None:
    process = parse_set({sample: (Path(__file__).parent / "bad" / sample).read_bytes()})

    assert ["renewal"] == list(process.kept_whole)
    assert not process.prunable
    spec = process.specs["renewal"].task_specs[process.kept_whole["renewal"]]
    assert element == type(spec).__name__
