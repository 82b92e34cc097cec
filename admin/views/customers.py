"""The customer renewal file (客户续保档案): one customer with all cars, contacts, consents, and what is to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from admin.actor import require_actor
from admin.context import current_engine
from admin.errors import say, status_of
from admin.i18n import counted, language
from engine.api import (
    MOST_RENEWALS,
    PROVABLE,
    BadInput,
    ConsentAfterErasure,
    ConsentMethod,
    PhoneState,
    Present,
    customer_file,
    customer_in_reach,
    record_consent,
    record_view,
)

blueprint = Blueprint("customers", __name__, url_prefix="/customers")


@blueprint.get("/<int:customer_id>")
def show(customer_id: int) -> str:
    """Show the file of one customer as far as the reader's scope goes."""
    return _show(customer_id)


@blueprint.post("/<int:customer_id>/consents")
def consent(customer_id: int) -> ResponseReturnValue:
    """Record what the customer agrees to or withdraws; what was typed is kept when it is refused."""
    names = ("answer", "method", "evidence", "said_on", "valid_until")
    typed: dict[str, Any] = {name: request.form.get(name, "") for name in names}
    typed["kinds"] = request.form.getlist("kinds")
    try:
        stated = record_consent(current_engine(), customer_id, typed, actor=require_actor())
    except (BadInput, ConsentAfterErasure) as error:
        flash(say(error), "error")
        return _show(customer_id, typed), status_of(error)
    if stated.in_effect:
        flash(_("已登记 %(n)s 项，立即生效。", n=stated.in_effect), "success")
    if stated.outdated:
        flash(_("%(n)s 项仅作记录：客户另有日期更晚的答复，以较晚的答复为准。", n=stated.outdated), "warning")
    if not stated.in_effect and not stated.outdated:
        flash(_("这些事项此前已撤回，不需要重复登记。"), "info")
    if stated.moved:
        flash(_moved(typed["answer"], stated.moved), "info")
    target = url_for("customers.show", customer_id=customer_id, _anchor="consents")
    return redirect(target if _is_in_reach(customer_id) else url_for("inbox.index"), code=303)


def _moved(answer: str, count: int) -> str:
    if answer == "given":
        return counted("%(n)s 笔在办续保已转回寿险人员服务。", n=count)
    return counted("%(n)s 笔在办续保已转由交叉销售专员服务，寿险人员不再办理。", n=count)


def _is_in_reach(customer_id: int) -> bool:
    """Whether the file is still the reader's to see: who is of the life insurer loses it by a withdrawal."""
    with current_engine().store.reading() as session:
        return customer_in_reach(session, require_actor(), customer_id)


@blueprint.get("/<int:customer_id>/consents")
def consents(customer_id: int) -> str:
    """Show the file again, e.g. after a change of language on a refused form."""
    return _show(customer_id)


def _show(customer_id: int, typed: Mapping[str, Any] | None = None) -> str:
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
        consent_typed=typed or {},
        methods=[(one, one.label.say(language())) for one in (*PROVABLE, ConsentMethod.TOLD)],
        phone_state={
            PhoneState.NONE: _("未登记"),
            PhoneState.DOUBTFUL: _("号码存疑"),
            PhoneState.DEAD: _("空号或错号"),
            PhoneState.SOUND: _("有效"),
            PhoneState.UNTRIED: _("尚未验证"),
        }[page.phone_state],
    )
