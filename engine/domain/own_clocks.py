"""Timers of the engine itself, which stand in no diagram."""

from __future__ import annotations

from collections.abc import Mapping

from engine.label import Label

STAGE_CLOCK = "stage_clock"
"""Moves the stage while no stage diagram is live."""
REPORT_CLOCK = "report_clock"
"""Takes a renewal back that was reported and never shown by a policy."""
OWN_CLOCKS: Mapping[str, Label] = {
    STAGE_CLOCK: Label("阶段时钟", "stage clock"),
    REPORT_CLOCK: Label("出单待核实期满", "end of the time to verify a reported policy"),
}
