"""The catalogue of named operations: everything a diagram may call instead of a script.

Each operation runs inside the step's transaction; outside effects go to the outbox. A process owner
sees name, texts and effect in the studio.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.domain.codes import Label, RenewalState
from engine.domain.nodes import NEW_LIST
from engine.services import assignment, quoting
from engine.services.context import StepScope
from engine.services.outbox import tell_agent
from engine.services.stating import withdraw_contact

Result = Mapping[str, object] | None
LISTED_TOO_LATE = "L703"
"""Loss reason 清单遗漏/下发晚 (domain.md §4.1)."""
NOT_TOLD = "L901"
"""Loss reason 其他 of what nobody told: a lost policy has a reason in any case (domain.md §4.1)."""
UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Operation:
    """One entry of the catalogue."""

    name: str
    label: Label
    effect: Label
    run: Callable[[StepScope], Result]


def distribute_list(scope: StepScope) -> Result:
    """Hand the row to the responsible agent: a receipt in the history and a work message (P-C6, P-C5).

    One message tells an agent of all rows of the day; no customer name or phone leaves the house in it
    (domain.md §4.9).
    """
    row = scope.renewal
    if row.agent_no and not row.is_orphan:
        tell_agent(
            scope.tx,
            agent_no=row.agent_no,
            instance_id=row.id,
            node=NEW_LIST,
            now=scope.now,
            clock=scope.engine.clock,
        )
    scope.record("list_distributed", recipient=row.agent_no, level="masked")
    return None


def forecast_quote(scope: StepScope) -> Result:
    """Forecast the next premium by the tariff tables (P-S2; domain.md §3.6)."""
    quoting.first_forecast(scope)
    return None


def record_renewal(scope: StepScope) -> Result:
    """End as renewed, or as won back when it was signed after the expiry (domain.md §0.6)."""
    given = scope.message.get("outcome")
    late = scope.today > scope.renewal.expiry_date
    outcome = RenewalState(str(given)) if given else (RenewalState.WON_BACK if late else RenewalState.RENEWED)
    _reach(scope, outcome)
    return None


def record_loss(scope: StepScope) -> Result:
    """End as lost to a competitor; the reason was tagged and verified, or nobody told one (domain.md §4.1)."""
    _require_reason(scope)
    _reach(scope, RenewalState.LOST)
    return None


def record_exclusion(scope: StepScope) -> Result:
    """End as excluded, with code and approvers in the history (domain.md §2.4)."""
    _reach(scope, RenewalState.EXCLUDED)
    return None


def record_withdrawal(scope: StepScope) -> Result:
    """End as withdrawn from the list (G-C3)."""
    _reach(scope, RenewalState.WITHDRAWN)
    return None


def close_lapsed(scope: StepScope) -> Result:
    """End without renewal: partial when one line was renewed, else closed as lapsed.

    What was listed when win-back was over already never entered a stage: the list came too late, L703
    (domain.md §7 case 3).
    """
    if not scope.renewal.stage and scope.renewal.loss_reason is None:
        scope.change_fact("loss_reason", None, LISTED_TOO_LATE, source="list")
        scope.renewal.loss_reason, scope.renewal.loss_source = LISTED_TOO_LATE, "list"
    partial = scope.renewal.state == RenewalState.PARTIAL
    if not partial:
        _require_reason(scope)
    _reach(scope, RenewalState.PARTIAL if partial else RenewalState.CLOSED_LAPSED)
    return None


def reanchor(scope: StepScope) -> Result:
    """Count the round and let the stage gateway decide anew from the changed expiry date (G-C3)."""
    _count_round(scope)
    return None


def reassign_orphan(scope: StepScope) -> Result:
    """Hand a leaver's policy and open tasks to whoever is next in line (K-C2, K-L2; domain.md §7 case 13)."""
    assignment.agent_left(scope, str(scope.message.get("agent_no") or scope.renewal.agent_no or ""))
    return None


def record_actual_quote(scope: StepScope) -> Result:
    """Mark that an actual quote is there (G-S2); its figures came with the message."""
    scope.renewal.has_actual_quote, scope.renewal.quote_owed = True, False
    scope.advance_to(RenewalState.QUOTED)
    return None


def set_do_not_contact(scope: StepScope) -> Result:
    """Respect a customer who wants no more contact (outcome 62): no messages from now on."""
    withdraw_contact(scope)
    return None


def _count_round(scope: StepScope) -> None:
    scope.renewal.rounds += 1


def _require_reason(scope: StepScope) -> None:
    """Keep that nobody told a reason where none was tagged until the end; the history says so."""
    row = scope.renewal
    if row.loss_reason is None:
        scope.change_fact("loss_reason", None, NOT_TOLD, source=UNTOLD)
        row.loss_reason, row.loss_source = NOT_TOLD, UNTOLD


def _reach(scope: StepScope, outcome: RenewalState) -> None:
    scope.move_to(outcome)
    scope.renewal.outcome = str(outcome)
    scope.record("outcome_reached", outcome=str(outcome), subject=scope.message.get("policy_no"))


def _entry(run: Callable[[StepScope], Result], zh: str, en: str, effect_zh: str, effect_en: str) -> Operation:
    return Operation(run.__name__, Label(zh, en), Label(effect_zh, effect_en), run)


CATALOGUE: Mapping[str, Operation] = {
    entry.name: entry
    for entry in (
        _entry(
            distribute_list,
            "下发清单",
            "Distribute the list",
            "登记下发；在职营销员每天收到一条汇总提醒（8:00 至 20:00）",
            "Registers the distribution; a serving agent gets one message a day (8:00 to 20:00)",
        ),
        _entry(
            forecast_quote,
            "预测报价",
            "Forecast the quote",
            "按费率表预测下一年保费（低、中、高），记下依据；事实或费率变化时自动重算",
            "Forecasts next year's premium by the tariff tables and keeps the reasons; made anew when facts change",
        ),
        _entry(
            record_renewal,
            "登记续保",
            "Record the renewal",
            "以“已续保”或“脱保后挽回”结束",
            "Ends as renewed or won back",
        ),
        _entry(
            record_loss,
            "登记转保",
            "Record the loss",
            "以“转保”结束；无人说明原因的记 L901",
            "Ends as lost; with reason L901 when nobody told one",
        ),
        _entry(record_exclusion, "登记剔除", "Record the exclusion", "以“剔除”结束", "Ends as excluded"),
        _entry(record_withdrawal, "登记撤销", "Record the withdrawal", "以“撤销”结束", "Ends as withdrawn"),
        _entry(
            close_lapsed,
            "脱保关闭",
            "Close as lapsed",
            "以“脱保关闭”或“部分续保”结束；无人说明原因的记 L901，清单到时已过挽回期的记 L703",
            "Ends as lapsed or partial; with reason L901 when nobody told one, L703 when the list came after win-back",
        ),
        _entry(
            reanchor,
            "按新到期日重排各阶段日程",
            "Plan the stages anew by the new expiry date",
            "按新的到期日重新进入阶段判断",
            "Returns to the stage gateway",
        ),
        _entry(
            reassign_orphan,
            "孤儿单改派",
            "Reassign the orphan",
            "离职营销员的保单与待办转给接手人",
            "Hands the leaver's policy and tasks to whoever is next in line",
        ),
        _entry(
            record_actual_quote,
            "登记实际报价",
            "Record the actual quote",
            "状态变为“已报价”",
            "State becomes quoted",
        ),
        _entry(
            set_do_not_contact,
            "标记不再联系",
            "Set do-not-contact",
            "登记撤回营销同意，停止一切客户联系与通知",
            "Records that consent was withdrawn; stops contact and messages",
        ),
    )
}
