"""``import`` and ``import-policies``: the lists that come from outside, row by row."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from engine.cli.desk import OPERATOR, opened_engine
from engine.cli.output import json_option, lang, say, show_result
from engine.domain.lists import PROFILES
from engine.queries import command_line as reading
from engine.services import imports


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, type=click.Choice(sorted(PROFILES)), help="Source profile.")
@click.option("--preview", is_flag=True, help="Only say what a commit would do.")
@click.option(
    "--errors", type=click.Path(dir_okay=False, path_type=Path), help="Write rejected rows with reasons."
)
@json_option
def import_list(file: Path, source: str, preview: bool, errors: Path | None) -> None:
    """Import a pending-renewal list (xlsx, xls, csv)."""
    _import(file, source, "pending", preview=preview, errors=errors)


@click.command("import-policies")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, type=click.Choice(sorted(PROFILES)), help="Source profile.")
@click.option(
    "--errors", type=click.Path(dir_okay=False, path_type=Path), help="Write rejected rows with reasons."
)
@json_option
def import_policies(file: Path, source: str, errors: Path | None) -> None:
    """Import newly issued policies and end the renewals they fulfil."""
    _import(file, source, "issued", preview=False, errors=errors)


def _import(file: Path, source: str, kind: str, *, preview: bool, errors: Path | None) -> None:
    with opened_engine() as engine:
        batch_id = imports.preview_list(
            engine, file.read_bytes(), file.name, source, kind=kind, actor=OPERATOR
        )
        if preview:
            report = imports.batch_report(engine, batch_id)
        else:
            with click.progressbar(
                length=imports.batch_report(engine, batch_id).read, label=file.name, file=sys.stderr
            ) as bar:
                report = imports.commit_unseen(engine, batch_id, actor=OPERATOR, on_progress=bar.update)
        if errors is not None and report.rejected:
            errors.write_bytes(imports.error_file(engine, batch_id, actor=OPERATOR, lang=lang())[1])
        problems = reading.batch_problems(engine, batch_id, lang=lang())
        text = say(
            f"读取 {report.read}，新增 {report.new}，变更 {report.changed}，未变 {report.unchanged}，"
            f"拒绝 {report.rejected}，启动 {report.started}，提示 {report.warnings}，续保 {report.renewed}，"
            f"部分续保 {report.partial}，未匹配 {report.unmatched}，晚到关闭 {report.too_late}，撤回续保 {report.reversed}",
            f"read {report.read}, new {report.new}, changed {report.changed}, unchanged {report.unchanged}, "
            f"rejected {report.rejected}, started {report.started}, warnings {report.warnings}, "
            f"renewed {report.renewed}, partly renewed {report.partial}, unmatched {report.unmatched}, "
            f"closed as too late {report.too_late}, taken back {report.reversed}",
        )
        lines = [text, *map(_problem_text, problems[:50])]
        show_result({**asdict(report), "problems": problems}, "\n".join(lines))


def _problem_text(problem: Mapping[str, Any]) -> str:
    sheet = f"{problem['sheet']}!" if problem["sheet"] else ""
    said = f"{problem['value']} {problem['reason']} {problem['remedy']}"
    return f"{sheet}{problem['row']}:{problem['column']}: {said}"
