"""The workplace ledger as cells of a workbook: the header's lines, the columns, one row (domain.md §4.6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _

from admin.formatters import show_code, show_days_left, show_listed
from admin.i18n import language
from engine.api import TIERS, Label, LedgerHead, LedgerRow

Column = tuple[str, Callable[[LedgerRow], str]]


def columns() -> list[Column]:
    """Return the columns after the running number: name, and what a row holds there."""
    return [
        (_("营业组"), lambda row: row.team or ""),
        (_("业务主任"), lambda row: row.supervisor or ""),
        (_("营销员"), lambda row: row.agent or (_("孤儿单") if row.is_orphan else "")),
        (_("工号"), lambda row: row.agent_no or ""),
        (_("客户"), lambda row: row.customer or ""),
        (_("车牌"), lambda row: row.plate or ""),
        (_("交强险到期"), lambda row: day_text(row.ctp_expiry)),
        (_("商业险到期"), lambda row: day_text(row.commercial_expiry)),
        (_("剩余天数"), lambda row: show_days_left(row.days_left)),
        (_("分层"), lambda row: tier_text(row.tier)),
        (_("重点客户"), lambda row: _("是") if row.is_key else ""),
        (_("上年保费"), lambda row: amount_text(row.premium)),
        (_("预测报价"), lambda row: amount_text(row.forecast)),
        (_("实际报价"), lambda row: amount_text(row.actual)),
        (_("首次联系日"), lambda row: day_text(row.first_contact)),
        (_("最近联系日"), lambda row: day_text(row.last_contact)),
        (_("联系次数"), lambda row: str(row.contacts)),
        (_("拜访计划"), lambda row: f"{day_text(row.visit_date)} {label_text(row.visit_channel)}".strip()),
        (_("结果码"), lambda row: f"{row.result_code or ''} {label_text(row.result)}".strip()),
        (_("阶段"), lambda row: show_code(row.stage, "stage")),
        (_("状态"), lambda row: show_code(row.state, "state")),
        (_("续保单号"), lambda row: row.new_policy_no or ""),
        (_("签单日"), lambda row: day_text(row.signed_date)),
        (_("流失原因"), lambda row: label_text(row.loss_reason)),
        (_("去向公司"), lambda row: row.competitor or ""),
        (_("责任专员"), lambda row: row.specialist or ""),
        (_("备注"), lambda row: row.note or ""),
    ]


def head_lines(head: LedgerHead, frozen: str | None = None) -> list[list[str]]:
    """Return the lines over the table: whose ledger, of when, and the counts; *frozen* names the copy."""
    counts = head.counts
    lines = [
        [_("职场"), f"{head.workplace} {head.workplace_code}"],
        [
            _("组训"),
            show_listed(head.trainers) or _("空缺"),
            _("专员"),
            show_listed(head.specialists) or _("空缺"),
        ],
        [_("期间"), f"{head.period.first} – {head.period.last}", _("统计截止"), head.day.isoformat()],
        [
            *(
                _("应续"),
                str(counts.due),
                _("已续"),
                str(counts.renewed),
                _("续保率"),
                rate_text(counts.rate),
            ),
            *(_("待续"), str(counts.pending), _("脱保"), str(counts.lapsed)),
            *(_("转保"), str(counts.lost), _("剔除"), str(counts.excluded)),
        ],
    ]
    return [*lines, [_("冻结副本"), frozen]] if frozen else lines


def rate_text(rate: float | None) -> str:
    """Return ``57.1%``; a dash while nothing is due."""
    return "—" if rate is None else f"{rate:.1%}"


def day_text(day: date | None) -> str:
    """Return the day as a cell holds it."""
    return day.isoformat() if day else ""


def amount_text(amount: Decimal | None) -> str:
    """Return an amount in yuan without its unit; a dash where none is known."""
    return "—" if amount is None else f"{amount:.2f}"


def label_text(label: Label | None) -> str:
    """Return a label in the language of the request."""
    return label.say(language()) if label else ""


def tier_text(tier: str | None) -> str:
    """Return the name of a customer tier."""
    return label_text(TIERS.get(tier)) or (tier or "") if tier else ""
