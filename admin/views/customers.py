"""The customer renewal file (客户续保档案): one customer with all cars, contacts, and what is to do."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.context import current_engine
from engine.api import MOST_RENEWALS, PhoneState, Present, customer_file, record_view

blueprint = Blueprint("customers", __name__, url_prefix="/customers")


@blueprint.get("/<int:customer_id>")
def show(customer_id: int) -> str:
    """Show the file of one customer as far as the reader's scope goes."""
    engine, actor = current_engine(), require_actor()
    present = Present.of(engine.clock)
    with engine.store.reading() as session:
        page = customer_file(session, actor, customer_id, present, deployed_of=engine.deployed)
    record_view(engine, actor=actor, subject="customer", renewal_id=page.cars[0].renewals[0].id)
    return render_template(
        "customers/show.html",
        page=page,
        today=present.today,
        most_renewals=MOST_RENEWALS,
        phone_state={
            PhoneState.NONE: _("未登记"),
            PhoneState.DOUBTFUL: _("号码存疑"),
            PhoneState.DEAD: _("空号或错号"),
            PhoneState.SOUND: _("有效"),
            PhoneState.UNTRIED: _("尚未验证"),
        }[page.phone_state],
    )
