"""Every per-policy action of the mission is reached by some path in the diagrams."""

from __future__ import annotations

import re
from pathlib import Path

# domain.md §1: kinds P and M, inferred ones included; P-C5 and G-C3 act on a policy without a person.
BY_PEOPLE = frozenset(
    "P-S1 P-S2 P-L1 P-L2 P-L3 G-S1 G-S2 G-S3 G-L1 G-L2 G-L3 G-L4 "
    "K-C2 K-S1 K-S2 K-L1 K-L2 K-L3 S-S1 S-S2 S-S4 S-L1".split()
)
BY_THE_SYSTEM = frozenset({"P-C5", "P-C6", "G-C3"})
PROCESSES = Path(__file__).resolve().parents[2] / "processes"


def test_the_diagrams_carry_every_per_policy_action() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in PROCESSES.glob("*.bpmn"))
    carried = set(re.findall(r'name="action_id" value="([A-Z]-[A-Z]{1,2}\d+)"', text))

    assert (BY_PEOPLE | BY_THE_SYSTEM) - carried == set()
