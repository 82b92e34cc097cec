"""``demo``: a book to try things on."""

from __future__ import annotations

import sys

import click

from engine.cli.output import json_option, lang, say, show_result
from engine.services import demo as book
from engine.settings import load_settings


@click.command()
@click.option("--renewals", "count", default=1000, show_default=True, help="How many renewals.")
@click.option("--seed", default=2026, show_default=True)
@json_option
def demo(count: int, seed: int) -> None:
    """Build the demo book in an empty database by really running the engine on the virtual clock."""
    with click.progressbar(length=book.STEPS, label=say("生成演示数据", "Demo book"), file=sys.stderr) as bar:
        report = book.build_book(load_settings(), count=count, seed=seed, on_progress=bar.update)
    show_result(report, book.report_text(report, lang()))
