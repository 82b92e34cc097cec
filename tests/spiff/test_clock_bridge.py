"""The bridge holds only while upstream reads the time where we think it does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from SpiffWorkflow.bpmn.specs.event_definitions import timer

from engine.spiff.clock_bridge import time_stands_at


def test_timers_see_the_time_of_the_step() -> None:
    moment = datetime(2031, 5, 1, 8, tzinfo=UTC)

    with time_stands_at(moment):
        assert abs(timer.datetime.now(UTC) - moment) <= timedelta(microseconds=1)


def test_timers_refuse_to_ask_the_computer() -> None:
    with pytest.raises(RuntimeError):
        timer.datetime.now(UTC)


def test_upstream_still_reads_the_time_by_the_name_we_replace() -> None:
    due = timer.TimeDateEventDefinition("due", "'2026-01-01T00:00:00+00:00'")

    class Task:
        class workflow:
            class script_engine:
                @staticmethod
                def evaluate(_task: object, _expression: str) -> str:
                    return "2026-01-01T00:00:00+00:00"

        def __init__(self) -> None:
            self.internal_data: dict[str, object] = {}

        def _get_internal_data(self, name: str, default: object = None) -> object:
            return self.internal_data.get(name, default)

        def _set_internal_data(self, **values: object) -> None:
            self.internal_data.update(values)

    with time_stands_at(datetime(2025, 12, 31, 23, 59, tzinfo=UTC)):
        assert not due.has_fired(Task())
    with time_stands_at(datetime(2026, 1, 1, tzinfo=UTC)):
        assert due.has_fired(Task())
