"""One piece of work has one name, in the diagram and on its form."""

from __future__ import annotations

from pathlib import Path

import forms
from engine.spiff.elements import read_elements

PROCESSES = Path(__file__).parents[2] / "processes"
SHARED = {"exclusion_review": "剔除审核", "final_sweep": "逐单清仓"}
"""Forms of tasks that differ by who or when: the form says what they have in common."""


def test_a_form_is_called_what_its_task_is_called() -> None:
    elements = read_elements({path.name: path.read_bytes() for path in PROCESSES.glob("*.bpmn")})
    names: dict[str, set[str]] = {}
    for task in elements.user_tasks:
        names.setdefault(task.properties["form"], set()).add(task.name)

    titles = {name: form.title.zh for name, form in forms.load_forms(forms.DEFINITIONS).items()}

    assert {} == {
        name: (title, names[name])
        for name, title in titles.items()
        if title not in names[name] and title != SHARED.get(name)
    }
