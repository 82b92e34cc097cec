"""The command ``renewals`` itself: what refuses speaks one sentence in the user's language."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from engine.cli.output import lang
from engine.domain.storable import require_storable
from engine.errors import EngineError, InvalidForm
from engine.queries.refused_form import form_refusal
from engine.usage import usage_zh


class RefusingGroup(click.Group):
    """Turn every refusal into one sentence in the user's language and exit code 1."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command; a Chinese user reads about wrong usage in Chinese."""
        own_words = standalone_mode and lang() != "en"
        _require_storable(sys.argv[1:] if args is None else args)
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode and not own_words, **extra)
        except click.UsageError as error:
            if not own_words:
                raise
            click.echo(usage_zh(error), err=True)
            sys.exit(error.exit_code)
        except click.ClickException as error:
            if not own_words:
                raise
            error.show()
            sys.exit(error.exit_code)
        return sys.exit(code if isinstance(code, int) else 0) if own_words else code

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for; a refusal ends it with exit code 1."""
        try:
            return super().invoke(ctx)
        except InvalidForm as error:
            click.echo(form_refusal(error, lang()), err=True)
            ctx.exit(1)
        except EngineError as error:
            click.echo(error.say(lang()), err=True)
            ctx.exit(1)


def _require_storable(words: Sequence[str]) -> None:
    """Refuse arguments that are no text, as bytes from a wrong encoding are."""
    try:
        require_storable(list(words), "arguments")
    except EngineError as error:
        click.echo(error.say(lang()), err=True)
        sys.exit(1)
