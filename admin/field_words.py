"""What the fields of pages and addresses are called on the pages, for refusals that are about one of them."""

from __future__ import annotations

from flask_babel import gettext as _


def field_word(name: str) -> str:
    """Return what the page calls the field *name*; the answer to a task's form and whatever else by its own name."""
    return _words().get(name, name)


def _words() -> dict[str, str]:
    return {
        "path": _("地址"),
        "query": _("地址"),
        "next": _("地址"),
        "after": _("翻页位置"),
        "draft": _("草稿"),
        "q": _("查找"),
        "search": _("查找"),
        "tab": _("待办分类"),
        "sort": _("次序"),
        "group": _("合并"),
        "stage": _("阶段"),
        "tier": _("客户分层"),
        "action": _("任务"),
        "task": _("任务"),
        "customer": _("客户"),
        "unit": _("团队或机构"),
        "owner": _("责任人"),
        "workplace": _("职场"),
        "month": _("月份"),
        "state": _("状态"),
        "open": _("状态"),
        "outcome": _("结果"),
        "from": _("开始日期"),
        "to": _("结束日期"),
        "first": _("开始日期"),
        "last": _("结束日期"),
        "day": _("下次跟进"),
        "reason": _("理由"),
        "note": _("交代"),
        "text": _("备注"),
        "file": _("文件"),
        "colleague": _("受托人"),
        "employee_no": _("请假人工号"),
        "substitute_no": _("替办人工号"),
        "evidence": _("凭据"),
    }
