"""``audit``: whether the history is whole, and the checkpoints that show it."""

from __future__ import annotations

import sys

import click

from engine.cli.desk import OPERATOR, opened_engine
from engine.cli.output import json_option, lang, say, show_result
from engine.queries import audit_text
from engine.queries.verification import verify
from engine.services import checkpoints


@click.group()
def audit() -> None:
    """The history."""


@audit.command("verify")
@click.option("--key", "keys", multiple=True, help="A public key to trust beside the own one.")
@json_option
@click.pass_context
def audit_verify(ctx: click.Context, keys: tuple[str, ...]) -> None:
    """Check every row of the history against its chain and the signed checkpoints."""
    with opened_engine() as engine:
        with click.progressbar(
            length=audit_text.row_count(engine), label=say("历史", "History"), file=sys.stderr
        ) as bar:
            verdict = verify(engine, keys=audit_text.public_keys(keys), on_progress=bar.update)
        show_result(audit_text.as_json(verdict, lang()), audit_text.summary(verdict, lang()))
    for finding in verdict.findings:
        click.echo(finding.say(lang()), err=True)
    if not verdict.is_sound:
        ctx.exit(1)


@audit.command("checkpoint")
@click.option("--restart", help="Why a new series begins in an empty folder (after a restore).")
@json_option
def audit_checkpoint(restart: str | None) -> None:
    """Sign where the history stands now and keep that in RENEWALS_CHECKPOINTS."""
    with opened_engine() as engine:
        taken = checkpoints.take_checkpoint(engine, actor=OPERATOR, restart=restart)
        nothing = say("自上一个检查点以来没有新的历史。", "Nothing happened since the last checkpoint.")
        show_result({"checkpoint": taken}, checkpoints.taken_text(taken, lang()) if taken else nothing)
