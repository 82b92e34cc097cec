"""States that earlier versions stored are read, go on as they would have, and are stored in today's format.

``states/N.json`` holds states of format N of the small spine beside it, with what they waited for when they
were stored. Such a file is never written anew: it stands for what lies in databases.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.spiff import formats, runner
from engine.spiff.parser import ProcessSet, parse_set
from tests.spiff.test_runner import NOW, FixedHost, elements, task

STATES = Path(__file__).parent / "states"
KEPT = {path.stem: json.loads(path.read_text()) for path in sorted(STATES.glob("*.json"))}
EVERY = [
    pytest.param(kept, id=f"{number}-{name}") for number, of in KEPT.items() for name, kept in of.items()
]
FORMATS = sorted(KEPT)
T45 = datetime(2026, 11, 15, 16, tzinfo=UTC)


@pytest.fixture(scope="module")
def process() -> ProcessSet:
    return parse_set({path.name: path.read_bytes() for path in STATES.glob("*.bpmn")})


def state(number: str, name: str) -> bytes:
    return base64.b64decode(KEPT[number][name]["state"])


def waits(step: runner.Step) -> dict[str, Any]:
    return {
        "tasks": {t.spiff_id: t.element_id for t in step.tasks},
        "timers": {t.spiff_id: [t.element_id, t.due_at.isoformat()] for t in step.timers},
        "messages": sorted(step.messages),
        "ended": step.ended,
    }


def test_the_corpus_holds_every_format() -> None:
    assert FORMATS == [str(number) for number in range(1, formats.FORMAT + 1)]


@pytest.mark.parametrize("kept", EVERY)
def test_a_stored_state_waits_for_what_it_waited_for(process: ProcessSet, kept: dict[str, Any]) -> None:
    step = runner.fire_timers(process, "renewal", base64.b64decode(kept["state"]), FixedHost(), now=NOW)

    assert waits(step) == {name: value for name, value in kept.items() if name != "state"}
    assert orjson.loads(step.state)[0] == formats.FORMAT


@pytest.mark.parametrize("number", FORMATS)
def test_a_stored_state_goes_on_to_its_end(process: ProcessSet, number: str) -> None:
    host = FixedHost()
    step = runner.fire_timers(process, "renewal", state(number, "left"), host, now=T45)
    assert elements(step) == ["later", "take"]

    for element in ("take", "later"):
        step = runner.complete(
            process, "renewal", step.state, host, spiff_id=task(step, element), outcome={}, now=T45
        )

    assert step.ended


@pytest.mark.parametrize("number", FORMATS)
def test_a_message_reaches_a_stored_state(process: ProcessSet, number: str) -> None:
    host = FixedHost()
    step = runner.deliver(
        process, "renewal", state(number, "second_stage"), host, message="policy_renewed", now=T45
    )
    assert (step.ended, host.called) == (True, ["record_renewal"])


@pytest.mark.parametrize(
    ("stored", "named"),
    [
        (b"[3,[],[]]", "format 3"),
        (b'["2",[],[]]', "format 2"),
        (b"[0,[],[]]", "format 0"),
        (b"[2,[]", "unexpected end"),
        (b"", "incomplete"),
        (b"x\x9c", "incomplete"),
        (b"[1]", "unpack"),
        (b"{}", "incorrect header"),
    ],
)
def test_bytes_of_no_known_format_are_refused_by_name(stored: bytes, named: str) -> None:
    with pytest.raises(formats.StateUnreadable, match=named):
        formats.read(stored)
