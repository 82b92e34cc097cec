"""``user`` and ``org``: who may sign in, and the organisation they serve in."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.desk import OPERATOR, opened_engine
from engine.cli.output import json_option, lang, say, show_result
from engine.domain.codes import Role
from engine.services import directory, users


@click.group()
def user() -> None:
    """Sign-ins."""


@user.command("add")
@click.argument("name")
@click.option("--role", "roles", required=True, multiple=True, type=click.Choice([str(r) for r in Role]))
@click.option("--unit", help="Code of the organisation unit.")
@click.option("--password", help="Default: a random one, printed once.")
@json_option
def user_add(name: str, roles: tuple[str, ...], unit: str | None, password: str | None) -> None:
    """Add the sign-in NAME."""
    with opened_engine() as engine:
        made = users.add_user(
            engine, name, roles=[Role(r) for r in roles], unit_code=unit, password=password, actor=OPERATOR
        )
        sees_nothing = users.sees_nothing(engine, name)
        warning = say(
            f"注意：没有工号为 {name} 的在职人员，也没有指定机构（--unit），登录后看不到任何数据；"
            "请导入含此人的组织文件，或以同名工号的人员、所属机构重新添加。",
            f"note: nobody with the employee number {name} serves and no unit (--unit) was given, so this person sees"
            " nothing; import an organisation file that holds them, or add the sign-in with a unit.",
        )
        show_result(
            {
                "name": name,
                "roles": list(roles),
                "unit": unit,
                **({"password": made} if password is None else {}),
                **({"warning": warning} if sees_nothing else {}),
            },
            say(f"已添加 {name}，初始密码：{made}", f"{name} is added; initial password: {made}")
            if password is None
            else say(f"已添加 {name}，密码为您指定的密码。", f"{name} is added with the password you gave."),
        )
        if sees_nothing:
            click.echo(warning, err=True)


@click.group()
def org() -> None:
    """The two organisation trees."""


@org.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def org_import(file: Path) -> None:
    """Import units, people and liaisons from an xlsx file."""
    with opened_engine() as engine:
        report = directory.import_org(engine, file.read_bytes(), file.name, actor=OPERATOR)
        show_result(report, directory.report_text(report, lang()))
