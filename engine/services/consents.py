"""Record what a customer agrees to or withdraws; a withdrawal takes effect in the same transaction.

Consent is asked at G-L4 and recorded there, or in the customer's file by whoever takes the call. Who wants no more
contact (outcome 62) or asks for deletion withdraws by that. Source: domain.md §4.7, §5; PIPL Art. 13–16, 23, 47.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from engine.bootstrap import Engine
from engine.clock import business_date
from engine.domain.actor import Actor
from engine.domain.consents import PROVABLE, ConsentKind, ConsentMethod
from engine.domain.storable import require_storable
from engine.errors import BadInput, Forbidden, NotFound
from engine.label import Label, Thing
from engine.services.access import sees
from engine.services.context import StepScope
from engine.services.sharing_kept import follow_word
from engine.services.silence import keep_silence
from engine.services.stating import ConsentSaid, Stated, state
from engine.store.renewals import Customer, renewals_of_customers
from engine.store.same_customer import same_customers
from engine.store.session import Tx

SHORTEST, LONGEST = 4, 200
OLDEST = timedelta(days=400)
FORM_ANSWER = "consent_answer"
"""The field by which a form says that consent was asked for; its fellows begin with ``consent_`` too."""
_GIVEN, _WITHDRAWN = "given", "withdrawn"
_KIND, _METHOD = Label("同意事项", "what is agreed to"), Label("取得方式", "how it was said")
_ANSWER = Label("客户的答复", "the customer's answer")
_EVIDENCE, _DAY = Label("凭据", "evidence"), Label("答复日期", "day of the answer")
_UNTIL = Label("有效期至", "valid until")


class ConsentUnanswered(BadInput):
    """A part of the statement is missing, or goes with none of the other answers."""

    code = "consent_unanswered"
    zh = "请填写“{what}”：{reason}"
    en = "Please answer “{what}”: {reason}"


def record_consent(engine: Engine, customer_id: int, said: Mapping[str, Any], *, actor: Actor) -> Stated:
    """Record a statement taken outside of a task, in the customer's file; returns how many kinds it was about.

    *said* holds texts as a form sends them: ``kinds`` (several), ``answer`` (given or withdrawn), ``method``,
    ``evidence``, ``said_on`` and ``valid_until`` (ISO days).

    Raises:
        NotFound: no such customer, or no renewal of it in the actor's scope. Forbidden: no working role.
        BadInput: a value is missing or makes no sense. ConsentAfterErasure: the customer asked for deletion.
    """
    require_storable(said, "consent")
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        customer, renewal_id = _reach(tx, customer_id, actor)
        today = business_date(now, engine.clock.zone)
        statement = _checked(said, today)
        stated = state(
            tx, customer, statement, renewal_id=renewal_id, actor=actor, now=now, today=today, source="file"
        )
        if ConsentKind.SHARE_TO_LIFE in statement.kinds:
            stated = replace(stated, moved=follow_word(tx, engine, customer, actor=actor, now=now))
    if ConsentKind.MARKETING_CALL in statement.kinds:
        keep_silence(engine, now=now, actor=actor)
    return stated


def absorb_consent(scope: StepScope, values: Mapping[str, Any], *, task_id: int) -> None:
    """Record what a form says of consent, if it was asked for."""
    if not values.get(FORM_ANSWER) or scope.customer is None:
        return
    is_given = values[FORM_ANSWER] == _GIVEN
    until = values.get("consent_until")
    said = ConsentSaid(
        kinds=[ConsentKind(str(kind)) for kind in values.get("consent_kinds") or ()],
        is_given=is_given,
        method=ConsentMethod(str(values["consent_method"])) if is_given else ConsentMethod.TOLD,
        said_on=scope.today,
        valid_until=date.fromisoformat(str(until)[:10]) if until else None,
        evidence=str(values.get("consent_evidence") or "") or None,
    )
    state(
        scope.tx,
        scope.customer,
        said,
        renewal_id=scope.renewal.id,
        actor=scope.actor,
        now=scope.now,
        today=scope.today,
        source="G-L4",
        task_id=task_id,
    )
    if ConsentKind.SHARE_TO_LIFE in said.kinds:
        follow_word(scope.tx, scope.engine, scope.customer, actor=scope.actor, now=scope.now, own=scope)


def _reach(tx: Tx, customer_id: int, actor: Actor) -> tuple[Customer, int]:
    """The customer and the newest of its renewals in the actor's scope."""
    customer = tx.get(Customer, customer_id)
    if customer is not None:
        fellows = same_customers(tx, customer)
        renewals = renewals_of_customers(tx, [row.id for row in fellows])
        mine = next((row.id for row in renewals if sees(actor, row)), None)
        if mine is not None:
            if not actor.working_roles:
                raise Forbidden(act=Label("登记客户的同意或撤回", "record a customer's consent"))
            return customer, mine
    raise NotFound(what=Thing.CUSTOMER, key=customer_id)


def _checked(said: Mapping[str, Any], today: date) -> ConsentSaid:
    answer = said.get("answer")
    if answer not in (_GIVEN, _WITHDRAWN):
        reason = Label("请选择“同意”或“撤回或不同意”。", "choose “Agreed” or “Withdrawn or declined”.")
        raise ConsentUnanswered(what=_ANSWER, value="", reason=reason)
    is_given = answer == _GIVEN
    kinds = [kind for kind in ConsentKind if str(kind) in said.get("kinds", ())]
    if not kinds:
        raise ConsentUnanswered(what=_KIND, value="", reason=Label("请至少勾选一项。", "tick at least one."))
    method = str(said.get("method") or ConsentMethod.TOLD)
    allowed = PROVABLE if is_given else (*PROVABLE, ConsentMethod.TOLD)
    if method not in allowed:
        ways = [one.label for one in allowed]
        zh, en = "、".join(way.zh for way in ways), ", ".join(way.en for way in ways)
        reason = (
            Label(f"同意须有凭据，请选择{zh}之一。", f"a consent needs a proof; choose one of: {en}.")
            if is_given
            else Label(f"请选择{zh}之一。", f"choose one of: {en}.")
        )
        raise ConsentUnanswered(what=_METHOD, value="", reason=reason)
    evidence = " ".join(str(said.get("evidence") or "").split())
    if len(evidence) > LONGEST or (is_given and len(evidence) < SHORTEST):
        reason = Label(
            f"请写明凭据编号或存放处，{SHORTEST} 至 {LONGEST} 个字。",
            f"say where the proof lies, in {SHORTEST} to {LONGEST} characters.",
        )
        raise ConsentUnanswered(what=_EVIDENCE, value=evidence[:20], reason=reason)
    said_on = _day(said.get("said_on"), _DAY) or today
    if not today - OLDEST <= said_on <= today:
        raise BadInput(
            what=_DAY,
            value=said_on,
            reason=Label("不能晚于今天，也不能早于 400 天前。", "today or earlier, within 400 days."),
        )
    until = _day(said.get("valid_until"), _UNTIL) if is_given else None
    if until is not None and until < today:
        raise BadInput(
            what=_UNTIL,
            value=until,
            reason=Label(
                "不能早于今天；长期有效请留空。", "today or later; leave it empty if it does not end."
            ),
        )
    return ConsentSaid(
        kinds=kinds,
        is_given=is_given,
        method=ConsentMethod(method),
        said_on=said_on,
        valid_until=until,
        evidence=evidence or None,
    )


def _day(value: object, what: Label) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise BadInput(
            what=what,
            value=str(value)[:20],
            reason=Label("请选择日期，如 2026-11-24。", "choose a day, such as 2026-11-24."),
        ) from None
