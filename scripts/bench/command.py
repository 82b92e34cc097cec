"""``renewals bench``: choose benchmarks, run them, print tables, write the figures as JSON beside."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

import click
import orjson

from engine.cli import json_option
from scripts.bench import suite
from scripts.bench.figures import Result, text_table
from scripts.bench.timing import NotEquivalent

MEASURED = ("spiffworkflow", "sqlalchemy")


@click.command("bench")
@click.argument("names", nargs=-1, metavar="[NAME]…", type=click.Choice(tuple(suite.BENCHMARKS)))
@click.option(
    "--size", type=click.IntRange(min=1), help="How many renewals (import: rows); default: its own."
)
@click.option("--rounds", type=click.IntRange(min=1), help="How many rounds count; the median is shown.")
@click.option(
    "--database",
    "databases",
    multiple=True,
    type=click.Choice(suite.DATABASES),
    help="Where the book lives; default: one after the other.",
)
@click.option("--quick", is_flag=True, help="Tiny sizes: shows that everything runs, measures nothing.")
@click.option(
    "--json-file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("var/bench.json"),
    show_default=True,
    help="Where the figures go.",
)
@json_option
@click.pass_context
def bench(
    ctx: click.Context,
    names: tuple[str, ...],
    size: int | None,
    rounds: int | None,
    databases: tuple[str, ...],
    quick: bool,
    json_file: Path,
) -> None:
    """Measure the engine beside stock SpiffWorkflow and its own SQL, in turns (docs/benchmarks.md).

    Without a NAME all are run: step, fire, complete, start, sweep, workers, inbox, load, import, size.
    """
    as_json = bool(ctx.find_root().obj.get("json"))
    results = []
    for result in _measured(
        names or tuple(suite.BENCHMARKS), databases or suite.DATABASES, size, rounds, quick
    ):
        results.append(result)
        if not as_json:
            click.echo(f"{text_table(result)}\n")
    written = orjson.dumps(report(results), option=orjson.OPT_INDENT_2).decode()
    json_file.parent.mkdir(parents=True, exist_ok=True)
    json_file.write_text(written + "\n", encoding="utf-8")
    click.echo(written if as_json else str(json_file))


def _measured(
    names: Sequence[str], databases: Sequence[str], size: int | None, rounds: int | None, quick: bool
) -> Iterator[Result]:
    for database in databases:
        with suite.furnished(database) as house:
            for name in names:
                started = perf_counter()
                try:
                    yield suite.run(name, house, size=size, rounds=rounds, quick=quick)
                except NotEquivalent as error:
                    raise click.ClickException(
                        f"{name}: the contestants did different work: {error}"
                    ) from error
                click.echo(f"{name} on {database}: {perf_counter() - started:.0f} s", err=True)


def report(results: Sequence[Result]) -> dict[str, Any]:
    """Return *results* as a JSON object, with what one must know to compare it with another run's."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "system": platform.platform(),
            "processors": os.cpu_count(),
            "python": sys.version.split()[0],
            "packages": {name: version(name) for name in MEASURED},
        },
        "results": [result.as_json() for result in results],
    }
