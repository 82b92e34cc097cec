"""The cheaper ways do what upstream's own do; a new SpiffWorkflow must be looked at again."""

from __future__ import annotations

import hashlib
import inspect

import pytest
from SpiffWorkflow import task as upstream
from SpiffWorkflow.workflow import Workflow

from engine.spiff import quick

READ = {
    "set_state": (
        quick._ORIGINAL_SET_STATE,
        "86c4c1d22dc9b70f0db4602e89b186aaddfb37f400116cf4773b943b021e40ac",
    ),
    "update_waiting_tasks": (
        quick._ORIGINAL_UPDATE,
        "258ee4cb217fa70937128f226732f00f27e7763d245a31f4e107b6b1852967c9",
    ),
    "task": (upstream.Task.__init__, "5d98d6df6c602dfb61e2df407f0e443b9a98a70395c3724fea4495af9d3fee49"),
}


@pytest.mark.parametrize("name", READ)
def test_what_was_replaced_is_what_was_read(name: str) -> None:
    function, known = READ[name]

    source = hashlib.sha256(inspect.getsource(function).encode()).hexdigest()

    assert known == source, f"upstream changed {name}: compare it with engine/spiff/quick.py"


def test_ids_are_32_hex_digits_and_never_the_same() -> None:
    made = {quick.new_id() for _ in range(1000)}

    assert 1000 == len(made)
    assert all(32 == len(one) and int(one, 16) >= 0 for one in made)


def test_upstream_s_own_ways_are_back_inside_the_block_only() -> None:
    with quick.stock():
        assert Workflow.update_waiting_tasks is quick._ORIGINAL_UPDATE
        assert upstream.Task._set_state is quick._ORIGINAL_SET_STATE

    assert Workflow.update_waiting_tasks is quick._update_waiting_tasks
    assert upstream.uuid4 is quick.new_id
