"""docs/actions.md lists each action with its diagram elements, form, due rule and test, as the diagrams have them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.domain.codes import Role
from engine.services.publish import read_files
from engine.spiff.elements import Element, read_elements
from forms import load_forms
from tests.acceptance.test_actions import BY_PEOPLE, BY_THE_SYSTEM

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "actions.md"
TEST = "test_every_action.py[{}]"
AN_ACT = re.compile(r"\| [A-Z]-[A-Z]+\d+ \|")


def user_tasks() -> list[Element]:
    """The user tasks of the shipped diagrams, by action and element."""
    files = {name: content for name, content in read_files().items() if name.endswith(".bpmn")}
    tasks = read_elements(files).user_tasks
    return sorted(tasks, key=lambda task: (task.properties["action_id"], task.id))


def line_of(task: Element) -> str:
    """The line of the document that tells of one user task."""
    action, form = task.properties["action_id"], task.properties["form"]
    mark = "推断" if task.properties.get("inferred") == "true" else ""
    test = TEST.format(action)
    cells = (
        action,
        Role(str(task.role)).label.zh,
        task.name,
        f"`{task.process_id}` / `{task.id}`",
        f"`{form}`",
        f"`{task.properties.get('due', '')}`",
        mark,
        f"`{test}`",
    )
    return f"| {' | '.join(cells)} |"


def test_every_user_task_stands_in_the_document_as_the_diagrams_have_it() -> None:
    lines = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if AN_ACT.match(line)]

    assert [line_of(task) for task in user_tasks()] == lines


def test_every_per_policy_action_stands_in_the_document() -> None:
    told = {task.properties["action_id"] for task in user_tasks()}

    assert set() == BY_PEOPLE - told
    text = DOCUMENT.read_text(encoding="utf-8")
    assert all(f"`{action}`" in text for action in BY_THE_SYSTEM)


@pytest.mark.parametrize("task", user_tasks(), ids=lambda task: task.id)
def test_every_form_named_is_shipped(task: Element) -> None:
    assert task.properties["form"] in load_forms(Path(__file__).resolve().parents[2] / "forms/definitions")


def test_what_is_inferred_is_marked_so() -> None:
    inferred = {t.properties["action_id"] for t in user_tasks() if t.properties.get("inferred") == "true"}

    assert {"G-S1", "G-S2", "G-S3", "S-S1", "S-S2", "S-S4"} <= inferred
