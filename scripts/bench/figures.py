"""What a benchmark found: figures in rows and columns, as a table for people and as JSON for machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any
from unicodedata import east_asian_width

ENGINE = "engine"
"""The column that the others are compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value: the median of ``rounds`` rounds with the lowest and the highest of them.

    ``ratio`` says how the engine compares with this column: 2.0 means twice as fast (or half as large)
    as it. It is the median of the rounds' own ratios, so that a noisy moment hits both sides.
    """

    row: str
    column: str
    value: float
    unit: str
    low: float
    high: float
    rounds: int
    ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One benchmark: its name, what was done in one line, and its figures."""

    name: str
    title: str
    database: str
    sizes: dict[str, int]
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def figure(self, row: str, column: str) -> Figure:
        """Return one figure.

        Raises:
            KeyError: there is no such row and column.
        """
        for found in self.figures:
            if (found.row, found.column) == (row, column):
                return found
        raise KeyError((row, column))

    def as_json(self) -> dict[str, Any]:
        """Return the result as a JSON object."""
        return asdict(self)


def per_second(row: str, times: Mapping[str, Sequence[float]], acts: int) -> list[Figure]:
    """Turn seconds per round into acts per second, each column beside the engine's."""
    return _compared(row, times, "/s", lambda seconds: acts / seconds)


def milliseconds(row: str, times: Mapping[str, Sequence[float]], acts: int) -> list[Figure]:
    """Turn seconds per round into milliseconds per act, each column beside the engine's."""
    return _compared(row, times, "ms", lambda seconds: 1000 * seconds / acts)


def _compared(
    row: str, times: Mapping[str, Sequence[float]], unit: str, convert: Callable[[float], float]
) -> list[Figure]:
    found = []
    for column, seconds in times.items():
        values = [convert(one) for one in seconds]
        ratio = None
        if column != ENGINE:
            ratio = median(other / own for own, other in zip(times[ENGINE], seconds, strict=True))
        found.append(
            Figure(
                row=row,
                column=column,
                value=median(values),
                unit=unit,
                low=min(values),
                high=max(values),
                rounds=len(values),
                ratio=ratio,
            )
        )
    return found


def counted(row: str, column: str, value: float, unit: str = "", ratio: float | None = None) -> Figure:
    """Return a figure that was counted once, not timed."""
    return Figure(
        row=row, column=column, value=value, unit=unit, low=value, high=value, rounds=1, ratio=ratio
    )


def text_table(result: Result) -> str:
    """Lay the figures out: one line a row, one column a contestant, ratios in brackets."""
    columns = list(dict.fromkeys(f.column for f in result.figures))
    rows = list(dict.fromkeys(f.row for f in result.figures))
    cells = {(f.row, f.column): _cell(f) for f in result.figures}
    lines = [["", *columns], *([row, *(cells.get((row, c), "–") for c in columns)] for row in rows)]
    widths = [max(_width(line[at]) for line in lines) for at in range(len(columns) + 1)]
    sizes = ", ".join(f"{value:,} {name}" for name, value in result.sizes.items())
    head = f"{result.name} — {result.title} ({result.database}; {sizes})"
    notes = [f"  {note}" for note in result.notes]
    return "\n".join([head, *(_line(line, widths) for line in lines), *notes])


def _line(cells: Iterable[str], widths: Sequence[int]) -> str:
    padded = []
    for at, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        space = " " * (width - _width(cell))
        padded.append(space + cell if at else cell + space)
    return "  " + "   ".join(padded).rstrip()


def _width(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _cell(figure: Figure) -> str:
    text = f"{_number(figure.value)} {figure.unit}".strip()
    return text if figure.ratio is None else f"{text} (×{figure.ratio:.2g})"


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
