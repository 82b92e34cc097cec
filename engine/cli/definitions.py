"""``db``, ``deploy`` and ``lint``: the schema, and the process definitions that run on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from engine.cli.desk import opened_engine
from engine.cli.output import json_option, lang, say, show_result
from engine.errors import BadInput
from engine.label import Label, Thing
from engine.services import publish, schema


@click.group()
def db() -> None:
    """Schema of the database."""


@db.command("upgrade")
@json_option
def db_upgrade() -> None:
    """Create or migrate the schema."""
    with opened_engine(checked=False) as engine:
        revision = schema.upgrade(engine)
        show_result(
            {"revision": revision},
            say(f"数据库已就绪（{revision}）。", f"The database is ready ({revision})."),
        )


@click.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path))
@click.option("--by", required=True, help="Who deploys.")
@click.option("--approved-by", help="The second person; needed after the first set.")
@click.option("--note", help="What the change is for.")
@json_option
def deploy(directory: Path | None, by: str, approved_by: str | None, note: str | None) -> None:
    """Lint, then deploy the set in DIRECTORY (default: the project's own) as a new version."""
    with opened_engine() as engine:
        report = publish.deploy(
            engine, publish.read_files(directory), by=by, approved_by=approved_by, note=note
        )
        done = say(f"已发布第 {report.version} 版。", f"Version {report.version} is deployed.")
        same = say(
            f"内容未变，仍为第 {report.version} 版。", f"Nothing changed; version {report.version} stays."
        )
        show_result(
            {
                "version": report.version,
                "digest": report.digest,
                "new": report.new,
                "warnings": [_finding(f) for f in report.warnings],
            },
            done if report.new else same,
        )


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
@click.pass_context
def lint(ctx: click.Context, paths: tuple[Path, ...]) -> None:
    """Report problems as ``file:element: message``; needs no database."""
    files = _lint_input(paths)
    findings = publish.lint_files(files)
    lines = "\n".join(f"{f.file}:{f.element or ''}: {f.en if lang() == 'en' else f.zh}" for f in findings)
    show_result(
        {"findings": [_finding(f) for f in findings]},
        lines or say("没有发现问题。", "No problems were found."),
    )
    if any(f.level == "error" for f in findings):
        ctx.exit(1)


def _lint_input(paths: tuple[Path, ...]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for path in paths:
        if path.is_dir():
            files |= publish.read_files(path)
        elif path.is_file():
            files[path.name] = path.read_bytes()
        else:
            raise BadInput(
                what=Thing.FILE,
                value=str(path),
                reason=Label(
                    "没有这个文件或目录，请核对路径。", "there is no such file or folder; check the path."
                ),
            )
    if not any(name.startswith("forms/") for name in files):
        files |= {f"forms/{p.name}": p.read_bytes() for p in sorted(publish.OWN_FORMS.glob("*.json"))}
    return files


def _finding(finding: Any) -> dict[str, Any]:
    return {
        "file": finding.file,
        "element": finding.element,
        "code": finding.code,
        "level": finding.level,
        "message": finding.en if lang() == "en" else finding.zh,
    }
