"""Expiry letters to customers (到期告知书, P-L2): choose renewals, take their letters away as one PDF."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say
from admin.letter_pdf import as_pdf
from admin.targets import local_target
from admin.views.args import flag_arg, text_arg
from engine.api import (
    MOST_LETTERS,
    ErasureStands,
    ExpiryLetter,
    Forbidden,
    NothingTicked,
    NotToBeWritten,
    Present,
    TooManyLetters,
    is_of_life,
    letters_left,
    letters_page,
    may_reveal,
    record_view,
    write_letters,
)

blueprint = Blueprint("letters", __name__, url_prefix="/letters")
TITLE = "车险到期告知书"
"""The letter goes to customers, in Chinese whatever the language of the console."""


@blueprint.get("")
def index() -> str:
    """Show the renewals of the scope that a letter may be written for, the next expiry first."""
    engine, actor = current_engine(), require_actor()
    if not may_reveal(actor):
        raise Forbidden(act=_("出具到期告知书"))
    present, owner, fresh = Present.of(engine.clock), text_arg("owner"), flag_arg("fresh")
    with engine.store.reading() as session:
        page = letters_page(
            session,
            actor,
            present,
            engine.clock.zone,
            for_life=is_of_life(actor),
            owner=owner,
            fresh=fresh,
        )
    left = letters_left(engine, actor)
    record_view(engine, actor=actor, subject="letters")
    return render_template(
        "letters/index.html",
        page=page,
        owner=owner,
        fresh=fresh,
        today=present.today,
        most=MOST_LETTERS,
        left=left,
    )


@blueprint.post("")
def write() -> ResponseReturnValue:
    """Send the letters of the ticked renewals; a refusal leads back to where the person was and says why."""
    chosen = [int(text) for text in request.form.getlist("renewal") if text.isdecimal() and len(text) < 19]
    try:
        letters = write_letters(current_engine(), chosen, actor=require_actor(), address=request.remote_addr)
    except (NothingTicked, ErasureStands, NotToBeWritten, TooManyLetters) as error:
        flash(say(error), "error")
        return redirect(local_target(request.form.get("next"), url_for("letters.index")), code=303)
    return _sent(letters)


def _sent(letters: tuple[ExpiryLetter, ...]) -> ResponseReturnValue:
    hotline = current_engine().settings.hotline
    page = render_template("letters/letter.html", letters=letters, title=TITLE, hotline=hotline)
    content = as_pdf(page)
    if content is None:
        return render_template(
            "letters/letter.html", letters=letters, title=TITLE, hotline=hotline, on_screen=True
        )
    name = letters[0].number if len(letters) == 1 else f"{letters[0].day:%Y%m%d}-{len(letters)}"
    return Response(
        content,
        mimetype="application/pdf",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{TITLE}-{name}')}.pdf",
            "Cache-Control": "no-store",
        },
    )
