"""The call button: a customer's number for a call, shown once and written down first."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say, status_of
from admin.targets import local_target
from admin.views.renewals import show as show_renewal
from engine.api import (
    ErasureStands,
    NotToBeCalled,
    NumberToCall,
    SharingWithdrawn,
    TooManyReveals,
    phone_to_call,
)

blueprint = Blueprint("calling", __name__, url_prefix="/renewals")
SCRIPT = "fetch"
"""What the page's own script names itself by; it is answered with data instead of a page."""


@blueprint.post("/<int:renewal_id>/call")
def call(renewal_id: int) -> ResponseReturnValue:
    """Show the number and offer to dial it; a refusal leads back to where the person was and says why."""
    by_script = request.headers.get("X-Requested-With") == SCRIPT
    back = local_target(request.form.get("next"), url_for("renewals.show", renewal_id=renewal_id))
    try:
        found = phone_to_call(
            current_engine(), renewal_id, actor=require_actor(), address=request.remote_addr
        )
    except (ErasureStands, NotToBeCalled, SharingWithdrawn, TooManyReveals) as error:
        if by_script:
            return {"message": say(error)}, status_of(error)
        flash(say(error), "error")
        return redirect(back, code=303)
    return _data(found) if by_script else render_template("calling/show.html", found=found, back=back)


def _data(found: NumberToCall) -> dict[str, str | bool]:
    return {"number": found.number, "dial": found.dial, "doubtful": found.is_doubtful}


@blueprint.get("/<int:renewal_id>/call")
def forget(renewal_id: int) -> str:
    """Show the renewal, e.g. after a change of language: the number is shown at a new press only."""
    return show_renewal(renewal_id)
