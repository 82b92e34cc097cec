"""Commands that other rooms register as entry points (docs/decisions/0001); the engine itself knows no web."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click

from engine.errors import BadInput
from engine.label import Label, Thing

_INSTALLED = {
    "serve": "Serve the console with the ticker beside it, in one process.",
    "web": "Serve the console with several processes (PostgreSQL; see worker).",
    "worker": "Run jobs until asked to stop, and tick if no other does.",
    "bench": "Run the benchmarks (source checkout only).",
}
"""What the commands of other rooms do, for ``--help``: they are loaded only when they are called."""


class Installed(click.Command):
    """A command loaded from its entry point when it is called, so that others start fast.

    What is loaded is a function without arguments, or a click command that reads its own.
    """

    def __init__(self, entry: EntryPoint) -> None:
        super().__init__(entry.name, help=_INSTALLED.get(entry.name, f"Installed by {entry.module}."))
        self.entry = entry

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the words behind the command, as what is installed wants them read."""
        target = self._load()
        if isinstance(target, click.Command):
            return target.make_context(info_name, args, parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run what is installed."""
        return self._load()()

    def _load(self) -> Any:
        try:
            return self.entry.load()
        except ModuleNotFoundError as error:
            if error.name is None or not f"{self.entry.module}.".startswith(f"{error.name}."):
                raise
            reason = Label(
                "它只在源代码目录中可用（make setup 后运行 make bench），安装包不含它。",
                "it is part of a source checkout (make setup, then make bench), not of an installed package.",
            )
            raise BadInput(what=Thing.COMMAND, value=self.entry.name, reason=reason) from error


def installed_commands() -> Iterator[Installed]:
    """Yield the commands of other rooms; none is loaded yet."""
    return map(Installed, entry_points(group="renewals.commands"))
