"""The claim pool: what nobody has taken, offered to the workplace and then to the whole city."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say
from admin.menu import MenuItem, register
from engine.api import (
    CLAIMERS,
    OFFERERS,
    WORKING_ROLES,
    EngineError,
    Forbidden,
    NotFound,
    Present,
    alarms_of,
    claim_renewal,
    first_contacts_of,
    offer_renewal,
    pool_page,
    record_view,
)

blueprint = Blueprint("pool", __name__, url_prefix="/pool")
SHOWN_OWED = 200
register(
    MenuItem(
        endpoint="pool.index",
        label=lazy_gettext("认领池"),
        icon="check",
        order=35,
        roles=frozenset(WORKING_ROLES),
        family=("pool.index", "pool.claim", "pool.offer"),
    )
)


@blueprint.get("")
def index() -> str:
    """Show what may be claimed, and to superiors what of their scope waits for somebody."""
    engine, actor = current_engine(), require_actor()
    if not actor.working_roles:
        raise Forbidden(act=_("查看认领池"))
    with engine.store.reading() as session:
        page = pool_page(session, actor, Present.of(engine.clock), offers=bool(actor.roles & OFFERERS))
    record_view(engine, actor=actor, subject="pool")
    return render_template(
        "pool/index.html",
        page=page,
        offers=bool(actor.roles & OFFERERS),
        claims=bool(actor.roles & frozenset(CLAIMERS)),
    )


@blueprint.get("/owed")
def owed() -> str:
    """Show all alarms one was told of, and all first contacts one has to make."""
    engine, actor = current_engine(), require_actor()
    if not actor.working_roles:
        raise Forbidden(act=_("查看预警"))
    present = Present.of(engine.clock)
    with engine.store.reading() as session:
        alarms = alarms_of(session, actor, present, limit=SHOWN_OWED)
        first_contacts = first_contacts_of(session, actor, present, limit=SHOWN_OWED)
    return render_template(
        "pool/owed.html",
        alarms=alarms,
        first_contacts=first_contacts,
        today=present.today,
        shown=SHOWN_OWED,
        is_whole=True,
    )


@blueprint.post("/<int:renewal_id>/claim")
def claim(renewal_id: int) -> ResponseReturnValue:
    """Take an offered renewal: the first who asks gets it."""
    try:
        last = claim_renewal(current_engine(), renewal_id, actor=require_actor())
    except NotFound:
        raise
    except EngineError as error:
        flash(say(error), "error")
        return redirect(url_for("pool.index"), code=303)
    if last is None:
        flash(_("已认领。客户不再需要联系，请关注续保进展。"), "success")
    else:
        flash(_("已认领，请最晚在 %(day)s 联系客户。", day=last), "success")
    return redirect(url_for("renewals.show", renewal_id=renewal_id), code=303)


@blueprint.post("/<int:renewal_id>/offer")
def offer(renewal_id: int) -> ResponseReturnValue:
    """Put an orphan of one's scope into the pool."""
    try:
        offer_renewal(current_engine(), renewal_id, actor=require_actor())
    except NotFound:
        raise
    except EngineError as error:
        flash(say(error), "error")
    else:
        flash(_("已放入认领池，本职场 5 个工作日内可认领。"), "success")
    return redirect(url_for("pool.index"), code=303)
