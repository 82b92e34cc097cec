"""The ``renewals`` command: parse, call one verb, print (architecture.md §6.2).

Exit 0 done, 1 refused (one sentence on stderr), 2 usage. One module a family of commands; they are joined here.
"""

from __future__ import annotations

import click

from engine.cli.data_keys import keys_group
from engine.cli.definitions import db, deploy, lint
from engine.cli.demo_book import demo
from engine.cli.group import RefusingGroup
from engine.cli.history import audit
from engine.cli.installed import installed_commands
from engine.cli.lists import import_list, import_policies
from engine.cli.output import json_option as json_option
from engine.cli.people import org, user
from engine.cli.renewals import claim, complete, list_tasks, message, show
from engine.cli.timing import clock, tick


@click.group(cls=RefusingGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.pass_context
def main(ctx: click.Context, as_json: bool) -> None:
    """Motor renewal desk (车险续保)."""
    ctx.ensure_object(dict)
    ctx.obj["json"] = as_json


OWN_COMMANDS = (
    audit,
    claim,
    clock,
    complete,
    db,
    demo,
    deploy,
    import_list,
    import_policies,
    keys_group,
    lint,
    list_tasks,
    message,
    org,
    show,
    tick,
    user,
)
for command in (*OWN_COMMANDS, *installed_commands()):
    main.add_command(command)
