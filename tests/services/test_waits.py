"""The waits that the services know by id are all those of the diagrams that a contact or a quote follows."""

from __future__ import annotations

import pytest

from engine.services.publish import read_files
from engine.services.silence import CONTACTS
from engine.services.waits import AGREED_BESIDE_QUOTE, CONTACT_WAITS, QUOTE_WAITS
from engine.spiff.elements import Element, Elements, read_elements

CONTACTED = frozenset({"record_contact", "second_visit", "joint_visit", "win_back_contact"})


@pytest.fixture(scope="module")
def elements() -> Elements:
    return read_elements({name: file for name, file in read_files().items() if name.startswith("stage_")})


def leading_to(elements: Elements, forms: frozenset[str], kind: str) -> frozenset[str]:
    """The timers of *kind* whose flow leads straight to a task with one of *forms*."""
    nodes = {node.id: node for node in elements.nodes}

    def leads(node: Element) -> bool:
        after = [nodes[flow.target] for flow in elements.flows if flow.source == node.id]
        return any(task.properties.get("form") in forms for task in after)

    return frozenset(n.id for n in elements.nodes if n.kind == kind and n.timer is not None and leads(n))


def test_every_wait_for_a_contact_is_known(elements: Elements) -> None:
    assert CONTACT_WAITS == leading_to(elements, CONTACTED, "intermediateCatchEvent")


def test_every_agreed_day_beside_a_quote_is_known(elements: Elements) -> None:
    assert AGREED_BESIDE_QUOTE == leading_to(elements, CONTACTED, "boundaryEvent")


def test_every_wait_for_a_quote_is_known(elements: Elements) -> None:
    assert QUOTE_WAITS == leading_to(elements, frozenset({"give_actual_quote"}), "intermediateCatchEvent")


def test_every_contact_of_the_diagrams_falls_silent(elements: Elements) -> None:
    asked = {
        n.properties["form"]
        for n in elements.user_tasks
        if n.properties["action_id"] in ("G-L1", "K-S1", "K-L3")
    }

    assert asked == asked & set(CONTACTS)
