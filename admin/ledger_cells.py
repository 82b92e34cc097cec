"""The workplace ledger as cells of a workbook: the header's lines, the columns, one row (domain.md §4.6)."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext as _

from admin.formatters import show_code, show_listed
from admin.i18n import language
from admin.records.files import Cell, Share
from engine.api import TIERS, Label, LedgerHead, LedgerRow

Column = tuple[str, Callable[[LedgerRow], Cell]]


def columns() -> list[Column]:
    """Return the columns after the running number: name, and what a row holds there."""
    return [
        (_("营业组"), lambda row: row.team or ""),
        (_("业务主任"), lambda row: row.supervisor or ""),
        (_("营销员"), lambda row: row.agent or (_("孤儿单") if row.is_orphan else "")),
        (_("工号"), lambda row: row.agent_no or ""),
        (_("客户"), lambda row: row.customer or ""),
        (_("车牌"), lambda row: row.plate or ""),
        (_("交强险到期"), lambda row: row.ctp_expiry),
        (_("商业险到期"), lambda row: row.commercial_expiry),
        (_("剩余天数"), lambda row: row.days_left),
        (_("分层"), lambda row: tier_text(row.tier)),
        (_("重点客户"), lambda row: _("是") if row.is_key else ""),
        (_("上年保费"), lambda row: row.premium),
        (_("预测报价"), lambda row: row.forecast),
        (_("实际报价"), lambda row: row.actual),
        (_("首次联系日"), lambda row: row.first_contact),
        (_("最近联系日"), lambda row: row.last_contact),
        (_("联系次数"), lambda row: row.contacts),
        (_("拜访计划"), lambda row: row.visit_date),
        (_("拜访方式"), lambda row: label_text(row.visit_channel)),
        (_("结果码"), lambda row: f"{row.result_code or ''} {label_text(row.result)}".strip()),
        (_("阶段"), lambda row: show_code(row.stage, "stage")),
        (_("状态"), lambda row: show_code(row.state, "state")),
        (_("续保单号"), lambda row: row.new_policy_no or ""),
        (_("签单日"), lambda row: row.signed_date),
        (_("流失原因"), lambda row: label_text(row.loss_reason)),
        (_("去向公司"), lambda row: row.competitor or ""),
        (_("竞品报价"), lambda row: row.competitor_price),
        (_("价差"), lambda row: None if row.price_gap is None else Share(row.price_gap)),
        (_("价差对比"), lambda row: label_text(row.price_gap_to)),
        (_("责任专员"), lambda row: row.specialist or ""),
        (_("备注"), lambda row: row.note or ""),
    ]


def head_lines(head: LedgerHead, frozen: str | None = None) -> list[list[Cell]]:
    """Return the lines over the table: whose ledger, of when, and the counts; *frozen* names the copy."""
    counts = head.counts
    lines: list[list[Cell]] = [
        [_("职场"), f"{head.workplace} {head.workplace_code}"],
        [
            _("组训"),
            show_listed(head.trainers) or _("空缺"),
            _("专员"),
            show_listed(head.specialists) or _("空缺"),
        ],
        [_("期间"), head.period.first, _("至"), head.period.last, _("统计截止"), head.day],
        [
            *(
                _("应续"),
                counts.due,
                _("已续"),
                counts.renewed,
                _("续保率"),
                "—" if counts.rate is None else Share(counts.rate),
            ),
            *(_("待续"), counts.pending, _("脱保"), counts.lapsed),
            *(_("转保"), counts.lost, _("剔除"), counts.excluded),
        ],
    ]
    return [*lines, [_("冻结副本"), frozen]] if frozen else lines


def rate_text(rate: float | None) -> str:
    """Return ``57.1%``; a dash while nothing is due."""
    return "—" if rate is None else f"{rate:.1%}"


def label_text(label: Label | None) -> str:
    """Return a label in the language of the request."""
    return label.say(language()) if label else ""


def tier_text(tier: str | None) -> str:
    """Return the name of a customer tier."""
    return label_text(TIERS.get(tier)) or (tier or "") if tier else ""
