"""``tick`` and ``clock``: what is due, and the present that it is due by."""

from __future__ import annotations

from dataclasses import asdict

import click

from engine.cli.desk import OPERATOR, opened_engine
from engine.cli.output import json_option, lang, say, show_result
from engine.clock import parse_instant
from engine.errors import EngineError
from engine.services import checkpoints, clockwork, timers


@click.command()
@json_option
def tick() -> None:
    """Run every job that is due now, once."""
    with opened_engine() as engine:
        report = clockwork.tick(engine)
        show_result(report, _tick_text(report))
        try:
            checkpoints.checkpoint_if_due(engine)
        except EngineError as error:  # what was due is done all the same
            click.echo(error.say(lang()), err=True)


def _tick_text(report: timers.TickReport) -> str:
    return say(
        f"定时 {report.timers_fired}，新任务 {report.tasks_opened}，改派 {report.handed_over}，"
        f"节点提醒 {report.nodes_told}，冻结台账 {report.ledgers_frozen}，发送 {report.messages_sent}，异常 {report.incidents}",
        f"timers {report.timers_fired}, tasks {report.tasks_opened}, handed over {report.handed_over}, "
        f"nodes told {report.nodes_told}, ledgers frozen {report.ledgers_frozen}, sent {report.messages_sent}, incidents {report.incidents}",
    )


@click.group()
def clock() -> None:
    """The virtual clock (RENEWALS_CLOCK=virtual)."""


@clock.command("show")
@json_option
def clock_show() -> None:
    """Show the present."""
    with opened_engine() as engine:
        now = engine.clock.now()
        local = now.astimezone(engine.clock.zone)
        show_result(
            {"now": now.isoformat(), "local": local.isoformat(), "virtual": engine.clock.is_virtual},
            f"{local:%Y-%m-%d %H:%M:%S %Z}",
        )


@clock.command("set")
@click.argument("moment")
@json_option
def clock_set(moment: str) -> None:
    """Set the present to MOMENT (ISO-8601, local unless it has an offset); fires nothing."""
    with opened_engine() as engine:
        instant = parse_instant(moment, engine.clock.zone)
        clockwork.set_clock(engine, instant, actor=OPERATOR)
        show_result({"now": instant.isoformat()}, instant.astimezone(engine.clock.zone).isoformat())


@clock.command("advance", context_settings={"ignore_unknown_options": True})  # -P1D is a wrong duration
@click.argument("duration")
@json_option
def clock_advance(duration: str) -> None:
    """Advance by DURATION (ISO-8601), stopping at each due moment on the way, in order."""
    with opened_engine() as engine:
        report = clockwork.advance_clock(engine, by=duration, actor=OPERATOR)
        now = engine.clock.now()
        show_result(
            {**asdict(report), "now": now.isoformat()},
            f"{now.astimezone(engine.clock.zone):%Y-%m-%d %H:%M} · {_tick_text(report)}",
        )
