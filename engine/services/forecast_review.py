"""A specialist looks at forecasts that ask for a person, whatever the stage (P-S2, domain.md §3.6).

The task of P-S2 exists in the preparation stage alone, while lists come late and forecasts are made anew to the end:
what is decided here is what that task decides, and the agent sees the forecast from then on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import QuoteKind
from engine.domain.forecast_review import Band, may_review
from engine.domain.masking import mask_plate
from engine.errors import BadInput, Conflict, EngineError, Forbidden, NotFound
from engine.label import Label, Thing
from engine.services.access import sees
from engine.services.context import StepScope
from engine.services.instances import load_scope, load_scopes
from engine.services.quoting import confirm_forecast, keep_own_forecast
from engine.store.instances import lock_open
from engine.store.quotes import Quote, current_quotes
from engine.store.renewals import Renewal

MOST_REVIEWED = 500
REVIEWING = Label("核定预测报价", "review forecasts")
_ENDED = Label("续保已结束，不再需要核定。", "the renewal has ended: nothing is to review.")
_NO_FIGURE = Label(
    "没有预测数，不能按原预测核定；请打开该笔续保，填写低、中、高。",
    "there is no figure to accept: open the renewal and give low, middle and high.",
)


class ForecastReviewed(Conflict):
    """The forecast waits for nobody any more, or is another one than the person saw."""

    code = "forecast_reviewed"
    zh = "这笔续保的预测报价刚由他人核定或已重新测算，本次未保存。请核对现在的预测。"
    en = (
        "This forecast was just reviewed by somebody else, or made anew; nothing was saved. Look at it again."
    )


class NoForecastChosen(BadInput):
    """Forecasts were to be accepted, and none was chosen."""

    code = "no_forecast_chosen"
    zh = "没有选择任何预测，未做任何事。请勾选后再试。"
    en = "No forecast was chosen, so nothing was done. Tick some and try again."


class TooManyForecasts(BadInput):
    """More forecasts were chosen than one act takes."""

    code = "too_many_forecasts"
    zh = "选择了 {count} 笔，一次最多 {most} 笔，请分几次核定。"
    en = "{count} were chosen; one act takes at most {most}: review them in parts."


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of one forecast that was to be accepted as it is.

    ``reason`` says why it was not, ``plate`` which vehicle it is, masked: None where the actor may not know of it.
    """

    renewal_id: int
    reason: Label | None = None
    plate: str | None = None


def review_forecast(engine: Engine, renewal_id: int, band: Band, *, version: int, actor: Actor) -> None:
    """Settle on *band* for a renewal whose forecast *version* asks for a person.

    Raises:
        NotFound: no such renewal in *actor*'s scope. Forbidden: another role reviews it.
        BadInput: the renewal has ended. ForecastReviewed: somebody or something was faster.
    """
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        scope = load_scope(tx, engine, renewal_id, actor=actor, now=now)
        if not sees(actor, scope.renewal):
            raise NotFound(what=Thing.RENEWAL, key=renewal_id)
        held = current_quotes(tx, [renewal_id]).get((renewal_id, QuoteKind.FORECAST))
        _require_waiting(scope, held, version)
        keep_own_forecast(scope, low=band.low, mid=band.mid, high=band.high)


def accept_forecasts(
    engine: Engine, chosen: Sequence[tuple[int, int]], *, actor: Actor
) -> tuple[Accepted, ...]:
    """Accept many forecasts as they are, as one act; *chosen* are renewals and the versions that were seen.

    One that cannot be accepted stops no other; what lies outside the scope is told as not found.

    Raises:
        NoForecastChosen, TooManyForecasts: nothing or too much was chosen. Forbidden: another role reviews.
    """
    if not may_review(actor, None):
        raise Forbidden(act=REVIEWING)
    wanted = dict(chosen)
    if not wanted:
        raise NoForecastChosen
    if len(wanted) > MOST_REVIEWED:
        raise TooManyForecasts(count=len(wanted), most=MOST_REVIEWED)
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        locked = lock_open(tx, wanted)
        scopes = {s.renewal.id: s for s in load_scopes(tx, engine, locked, actor=actor, now=now)}
        held = current_quotes(tx, scopes)
        return tuple(
            _accepted(scopes.get(renewal_id), held.get((renewal_id, QuoteKind.FORECAST)), renewal_id, version)
            for renewal_id, version in wanted.items()
        )


def _accepted(scope: StepScope | None, held: Quote | None, renewal_id: int, version: int) -> Accepted:
    plate: str | None = None
    try:
        if scope is None or not sees(scope.actor, scope.renewal):
            raise NotFound(what=Thing.RENEWAL, key=renewal_id)
        plate = mask_plate(scope.vehicle.plate)
        waiting = _require_waiting(scope, held, version)
        if waiting.mid is None:
            return Accepted(renewal_id, _NO_FIGURE, plate)
        confirm_forecast(scope, waiting)
    except EngineError as refusal:
        return Accepted(renewal_id, Label(refusal.say("zh"), refusal.say("en")), plate)
    return Accepted(renewal_id)


def _require_waiting(scope: StepScope, held: Quote | None, version: int) -> Quote:
    row: Renewal = scope.renewal
    if not may_review(scope.actor, row.specialist_no):
        raise Forbidden(act=REVIEWING)
    if row.ended_at is not None:
        raise BadInput(what=Thing.RENEWAL, value=row.id, reason=_ENDED)
    if held is None or not held.asks or held.version != version:
        raise ForecastReviewed
    return held
