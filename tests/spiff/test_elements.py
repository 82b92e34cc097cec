"""Our own reading of diagrams: elements, lanes, properties, events."""

from __future__ import annotations

import pytest

from engine.spiff.elements import Elements, read_elements, role_of_lane
from engine.spiff.xmlfile import DiagramError

DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">
  <message id="m" name="policy_lost"/>
  <process id="stage_follow_up" name="一般跟进">
    <laneSet id="ls">
      <lane id="follow_up_agent"><flowNodeRef>record_contact</flowNodeRef><flowNodeRef>handle_all</flowNodeRef>
        <childLaneSet><lane id="follow_up_trainer"><flowNodeRef>record_contact</flowNodeRef></lane></childLaneSet>
      </lane>
    </laneSet>
    <startEvent id="begin"/>
    <userTask id="record_contact" name="联系">
      <extensionElements><s:properties><s:property name="form" value="record_contact"/></s:properties></extensionElements>
    </userTask>
    <boundaryEvent id="time_over" attachedToRef="record_contact" cancelActivity="false">
      <timerEventDefinition><timeDate> T(-38)<!-- a note --> </timeDate></timerEventDefinition>
    </boundaryEvent>
    <exclusiveGateway id="answered" default="flow_no"/>
    <subProcess id="handle_all"><startEvent id="begin_inner"/><userTask id="call_again"/>
      <sequenceFlow id="flow_inner" sourceRef="begin_inner" targetRef="call_again"/></subProcess>
    <callActivity id="run_summary" calledElement="stage_summary"/>
    <endEvent id="announce_loss"><messageEventDefinition messageRef="m"/></endEvent>
    <sequenceFlow id="flow_1" sourceRef="begin" targetRef="record_contact"/>
    <sequenceFlow id="flow_yes" sourceRef="answered" targetRef="announce_loss" name="拒绝">
      <conditionExpression>record_contact.result == '61'</conditionExpression></sequenceFlow>
    <sequenceFlow id="flow_no" sourceRef="answered" targetRef="run_summary"/>
  </process>
</definitions>
"""


@pytest.fixture(scope="module")
def elements() -> Elements:
    return read_elements({"stage_follow_up.bpmn": DIAGRAM.encode()})


def test_a_task_is_read_with_its_lane_properties_and_flows(elements: Elements) -> None:
    task = elements.by_id["record_contact"]

    assert ("userTask", "联系", "stage_follow_up") == (task.kind, task.name, task.process_id)
    assert "trainer" == task.role  # the innermost lane
    assert {"form": "record_contact"} == task.properties
    assert ("flow_1",) == task.incoming
    assert "follow_up" == elements.stage_of("record_contact")


def test_events_are_read_with_what_they_wait_for_or_send(elements: Elements) -> None:
    timer, loss = elements.by_id["time_over"], elements.by_id["announce_loss"]

    assert ("record_contact", False, "T(-38)") == (timer.attached_to, timer.interrupting, timer.timer)
    assert "policy_lost" == loss.message
    assert loss.interrupting is None


def test_inner_tasks_take_the_lane_of_their_sub_process(elements: Elements) -> None:
    inner = elements.by_id["call_again"]

    assert ("handle_all", "agent", "handle_all") == (inner.parent, inner.role, inner.scope)
    assert ["record_contact", "call_again"] == [task.id for task in elements.user_tasks]


def test_gateways_flows_and_calls_are_read(elements: Elements) -> None:
    assert "flow_no" == elements.by_id["answered"].default
    assert ("flow_yes", "flow_no") == elements.by_id["answered"].outgoing
    assert "record_contact.result == '61'" == elements.flow_by_id["flow_yes"].condition
    assert elements.flow_by_id["flow_no"].condition is None
    assert "stage_summary" == elements.by_id["run_summary"].called
    assert len(elements.nodes) == len(elements.of_process("stage_follow_up"))


def test_an_element_outside_a_stage_has_none(elements: Elements) -> None:
    spine = read_elements({"renewal.bpmn": DIAGRAM.replace("stage_follow_up", "renewal").encode()})

    assert spine.stage_of("record_contact") is None
    assert elements.stage_of("never_drawn") is None


@pytest.mark.parametrize(
    ("lane", "role"),
    [
        ("follow_up_agent", "agent"),
        ("agent", "agent"),
        ("stage_x_supervisor", "supervisor"),
        ("lane_admin", None),
    ],
)
def test_the_role_of_a_lane_is_the_end_of_its_id(lane: str, role: str | None) -> None:
    assert role == role_of_lane(lane)


def test_a_file_that_is_no_diagram_is_refused_with_its_name() -> None:
    with pytest.raises(DiagramError) as refused:
        read_elements({"broken.bpmn": b"<a>"})

    assert refused.value.say("zh").startswith("broken.bpmn:-")
