"""Lint rules on decision tables: overlaps, gaps, rows that never apply, names in inputs."""

from __future__ import annotations

from collections.abc import Iterator

from engine.domain.decision import Decision
from engine.spiff.findings import Finding, found
from engine.spiff.lint_terms import Vocabulary, check_expression

MAX_NAMED = 10
"""Most overlapping pairs named for one table."""


def lint_table(file: str, decision: Decision, known: Vocabulary) -> Iterator[Finding]:
    """Yield what is wrong with a table that could be read."""
    for clause in decision.inputs:
        yield from check_expression(file, clause.id, "input", clause.expression.text, known)
    for overlap in decision.overlaps()[:MAX_NAMED]:
        yield found(
            "dmn_overlap",
            file,
            overlap.second.id,
            first=overlap.first.number,
            second=overlap.second.number,
            policy=decision.hit_policy,
        )
    for rule in decision.unreachable():
        yield found("dmn_unreachable", file, rule.id, row=rule.number)
    for gap in decision.gaps():
        yield found("dmn_gap", file, decision.id, example=gap)
