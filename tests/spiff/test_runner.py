"""One step at a time: what a small spine waits for, and what each act leads to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from engine.clock import SHANGHAI
from engine.errors import MessageNotAwaited, NotFound
from engine.spiff import codec, formats, runner
from engine.spiff.host import Answers
from engine.spiff.parser import ProcessSet, parse_set

HERE = Path(__file__).parent / "diagrams"
NOW = datetime(2026, 11, 5, tzinfo=UTC)


class FixedHost:
    """Facts of one imaginary renewal; remembers the operations that were called."""

    def __init__(self, expiry: date = date(2026, 12, 31)) -> None:
        self.expiry = expiry
        self.called: list[str] = []
        self.zone = SHANGHAI
        self.functions = {"T": lambda days: self.expiry + timedelta(days=int(days))}

    def fact(self, name: str) -> object:
        return None

    def run_operation(self, name: str, element_id: str) -> None:
        self.called.append(name)

    def decide(self, decision_id: str, element_id: str, context: object) -> object:
        raise AssertionError(decision_id)


@pytest.fixture(scope="module")
def process() -> ProcessSet:
    return parse_set({path.name: path.read_bytes() for path in HERE.glob("*.bpmn")})


def task(step: runner.Step, element_id: str) -> str:
    return next(t.spiff_id for t in step.tasks if t.element_id == element_id)


def elements(step: runner.Step) -> list[str]:
    return sorted(t.element_id for t in step.tasks)


def test_a_new_instance_waits_for_a_person_a_timer_and_the_messages(process: ProcessSet) -> None:
    step = runner.start(process, "renewal", Answers(FixedHost()), now=NOW)

    assert elements(step) == ["contact"]
    assert [(t.element_id, t.due_at) for t in step.timers] == [
        ("end_prep", datetime(2026, 11, 15, 16, tzinfo=UTC))
    ]
    assert step.messages == {"policy_renewed", "policy_lost", "agent_left", "expiry_changed"}
    assert step.live_calls == ("stage_preparation",)


def test_a_stage_timer_takes_the_open_tasks_away_and_goes_on(process: ProcessSet) -> None:
    host = FixedHost()
    step = runner.start(process, "renewal", Answers(host), now=NOW)

    step = runner.fire_timers(
        process, "renewal", step.state, host, now=datetime(2026, 11, 15, 16, tzinfo=UTC)
    )

    assert elements(step) == ["later"]
    assert len(step.fired) == 1
    assert step.live_calls == ()


def test_a_timer_never_fires_early(process: ProcessSet) -> None:
    host = FixedHost()
    step = runner.start(process, "renewal", Answers(host), now=NOW)

    again = runner.fire_timers(
        process, "renewal", step.state, host, now=datetime(2026, 11, 15, 15, 59, 59, tzinfo=UTC)
    )

    assert elements(again) == ["contact"]
    assert again.fired == frozenset()


def test_a_non_interrupting_message_can_happen_again_and_again(process: ProcessSet) -> None:
    host = FixedHost()
    step = runner.start(process, "renewal", Answers(host), now=NOW)

    for _ in range(3):
        step = runner.deliver(process, "renewal", step.state, host, message="agent_left", now=NOW)

    assert elements(step) == ["contact", "take", "take", "take"]


def test_a_message_thrown_inside_a_stage_ends_the_whole_renewal(process: ProcessSet) -> None:
    host = FixedHost()
    step = runner.start(process, "renewal", Answers(host), now=NOW)
    step = runner.deliver(process, "renewal", step.state, host, message="agent_left", now=NOW)

    step = runner.complete(
        process,
        "renewal",
        step.state,
        host,
        spiff_id=task(step, "contact"),
        outcome={"result": "61"},
        now=NOW,
    )

    assert step.ended
    assert step.tasks == ()
    assert host.called == ["record_loss"]


def test_a_message_thrown_inside_a_stage_leaves_the_results_of_the_stage_there(process: ProcessSet) -> None:
    host = FixedHost()
    step = runner.start(process, "renewal", Answers(host), now=NOW)

    step = runner.complete(
        process,
        "renewal",
        step.state,
        host,
        spiff_id=task(step, "contact"),
        outcome={"result": "61"},
        now=NOW,
    )

    spine = codec.load(step.state, process.specs["renewal"], dict(process.subprocess_specs["renewal"]))
    assert ["record_loss"] == host.called
    assert {} == spine.data, "what the last element knew"


def test_a_changed_expiry_date_moves_the_timer_of_the_next_round(process: ProcessSet) -> None:
    host = FixedHost()
    step = runner.start(process, "renewal", Answers(host), now=NOW)
    host.expiry = date(2027, 1, 31)

    step = runner.deliver(process, "renewal", step.state, host, message="expiry_changed", now=NOW)

    assert [t.due_at for t in step.timers] == [datetime(2026, 12, 16, 16, tzinfo=UTC)]


def test_a_stage_finished_early_waits_for_its_end(process: ProcessSet) -> None:
    host = FixedHost()
    step = runner.start(process, "renewal", Answers(host), now=NOW)

    step = runner.complete(
        process,
        "renewal",
        step.state,
        host,
        spiff_id=task(step, "contact"),
        outcome={"result": "11"},
        now=NOW,
    )

    assert step.tasks == ()
    assert [t.element_id for t in step.timers] == ["wait"]


def test_a_message_nobody_waits_for_is_refused(process: ProcessSet) -> None:
    host = FixedHost()
    step = runner.start(process, "renewal", Answers(host), now=NOW)

    with pytest.raises(MessageNotAwaited):
        runner.deliver(process, "renewal", step.state, host, message="quote_received", now=NOW)


def test_a_task_that_is_not_open_cannot_be_completed(process: ProcessSet) -> None:
    host = FixedHost()
    first = runner.start(process, "renewal", Answers(host), now=NOW)
    spiff_id = task(first, "contact")
    done = runner.complete(process, "renewal", first.state, host, spiff_id=spiff_id, outcome={}, now=NOW)

    with pytest.raises(NotFound):
        runner.complete(process, "renewal", done.state, host, spiff_id=spiff_id, outcome={}, now=NOW)


@pytest.mark.parametrize("damaged", [b"", b"not a state", b"x\x9c"], ids=["empty", "text", "cut"])
def test_damaged_state_is_refused_by_name(process: ProcessSet, damaged: bytes) -> None:
    with pytest.raises(formats.StateUnreadable):
        runner.fire_timers(process, "renewal", damaged, FixedHost(), now=NOW)


def test_a_stage_is_counted_when_it_is_entered_though_a_timer_ends_it(process: ProcessSet) -> None:
    host = FixedHost()
    first = runner.start(process, "renewal", Answers(host), now=NOW)

    ended = runner.fire_timers(
        process, "renewal", first.state, host, now=datetime(2026, 11, 15, 16, tzinfo=UTC)
    )

    assert ("wrap", "merge") in first.passed
    assert ("prep", "w_start") in first.passed
    assert [("end_prep", "prep"), ("next", "end_prep")] == list(ended.passed)


def test_a_stage_finished_early_is_counted_once(process: ProcessSet) -> None:
    host = FixedHost()
    first = runner.start(process, "renewal", Answers(host), now=NOW)

    done = runner.complete(
        process,
        "renewal",
        first.state,
        host,
        spiff_id=task(first, "contact"),
        outcome={"result": "11"},
        now=NOW,
    )

    assert "prep" not in [element for element, _ in done.passed]


def test_every_step_follows_the_arrows_of_the_diagrams(process: ProcessSet) -> None:
    host = FixedHost()
    steps = [runner.start(process, "renewal", Answers(host), now=NOW)]
    steps.append(
        runner.fire_timers(
            process, "renewal", steps[-1].state, host, now=datetime(2026, 11, 15, 16, tzinfo=UTC)
        )
    )
    steps.append(runner.deliver(process, "renewal", steps[-1].state, host, message="agent_left", now=NOW))
    steps.append(
        runner.complete(
            process, "renewal", steps[-1].state, host, spiff_id=task(steps[-1], "take"), outcome={}, now=NOW
        )
    )
    drawn = {(flow.target, flow.source) for flow in process.elements.flows}
    attached = {(e.id, e.attached_to) for e in process.elements.nodes if e.attached_to}

    for element, source in (pair for step in steps for pair in step.passed if pair[1]):
        assert (element, source) in drawn | attached


TWO_PATHS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="http://renewals.example">
  <bpmn:process id="renewal" isExecutable="true">
    <bpmn:startEvent id="begin"/>
    <bpmn:userTask id="quote"/>
    <bpmn:boundaryEvent id="agreed_day" attachedToRef="quote" cancelActivity="false">
      <bpmn:timerEventDefinition id="agreed_day_timer">
        <bpmn:timeDate>T(-40) if not active('contact') else T(-1)</bpmn:timeDate>
      </bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:exclusiveGateway id="given" default="given_to_contact"/>
    <bpmn:userTask id="contact"/>
    <bpmn:exclusiveGateway id="reached" default="reached_to_finish"/>
    <bpmn:endEvent id="apart"/>
    <bpmn:endEvent id="finish"/>
    <bpmn:sequenceFlow id="begin_to_quote" sourceRef="begin" targetRef="quote"/>
    <bpmn:sequenceFlow id="quote_to_given" sourceRef="quote" targetRef="given"/>
    <bpmn:sequenceFlow id="given_to_apart" sourceRef="given" targetRef="apart">
      <bpmn:conditionExpression>active('contact')</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="given_to_contact" sourceRef="given" targetRef="contact"/>
    <bpmn:sequenceFlow id="agreed_day_to_contact" sourceRef="agreed_day" targetRef="contact"/>
    <bpmn:sequenceFlow id="contact_to_reached" sourceRef="contact" targetRef="reached"/>
    <bpmn:sequenceFlow id="reached_to_quote" sourceRef="reached" targetRef="quote">
      <bpmn:conditionExpression>contact.wants_quote and not active('quote')</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="reached_to_finish" sourceRef="reached" targetRef="finish"/>
  </bpmn:process>
</bpmn:definitions>"""
AGREED = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def two_paths() -> ProcessSet:
    return parse_set({"renewal.bpmn": TWO_PATHS.encode()})


def _done(process: ProcessSet, step: runner.Step, element: str, **outcome: object) -> runner.Step:
    return runner.complete(
        process,
        "renewal",
        step.state,
        FixedHost(),
        spiff_id=task(step, element),
        outcome=outcome,
        now=AGREED,
    )


@pytest.mark.parametrize("first", ["contact", "quote"])
def test_a_day_that_does_not_interrupt_opens_its_path_once_beside_the_task(
    two_paths: ProcessSet, first: str
) -> None:
    step = runner.start(two_paths, "renewal", Answers(FixedHost()), now=NOW)
    assert (elements(step), len(step.timers)) == (["quote"], 1)

    step = runner.fire_timers(two_paths, "renewal", step.state, FixedHost(), now=AGREED)
    assert (elements(step), step.timers) == (["contact", "quote"], ())

    (second,) = {"contact", "quote"} - {first}
    step = _done(two_paths, step, first)
    assert ([second], False) == (elements(step), step.ended)
    assert _done(two_paths, step, second).ended is (second == "contact")


def test_a_task_done_before_the_day_goes_on_by_itself(two_paths: ProcessSet) -> None:
    step = runner.start(two_paths, "renewal", Answers(FixedHost()), now=NOW)

    step = _done(two_paths, step, "quote")

    assert (elements(step), step.timers) == (["contact"], ())


def test_what_is_at_hand_is_not_opened_a_second_time(two_paths: ProcessSet) -> None:
    step = runner.start(two_paths, "renewal", Answers(FixedHost()), now=NOW)
    step = runner.fire_timers(two_paths, "renewal", step.state, FixedHost(), now=AGREED)

    step = _done(two_paths, step, "contact", wants_quote=True)
    assert elements(step) == ["quote"]

    step = _done(two_paths, step, "quote")
    assert elements(step) == ["contact"]
    assert _done(two_paths, step, "contact").ended
