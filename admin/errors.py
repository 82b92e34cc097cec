"""Refusals and faults as pages: the status, a sentence in the reader's language, what to do next."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from admin.i18n import language
from admin.large_bodies import drop_unread_body, too_large
from engine.api import (
    Actor,
    BadInput,
    ClockError,
    Conflict,
    DatabaseNotReady,
    Engine,
    EngineError,
    Forbidden,
    InvalidForm,
    NoDefinition,
    NotFound,
    TooManyLetters,
    TooManyReveals,
    record_refusal,
)

UNREADY, TOO_LARGE = 503, 413
SUBJECT = 64  # what the history keeps of an address
_STATUS: tuple[tuple[type[EngineError], int], ...] = (
    (NotFound, 404),
    (Forbidden, 403),
    (Conflict, 409),
    (InvalidForm, 422),
    (BadInput, 400),
    (TooManyReveals, 429),
    (TooManyLetters, 429),
    (ClockError, 400),
    (NoDefinition, UNREADY),
    (DatabaseNotReady, UNREADY),
)


def status_of(error: EngineError) -> int:
    """Return the HTTP status that says what kind of refusal *error* is."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 400)


def say(error: EngineError) -> str:
    """Return the sentence of *error* in the language of the request."""
    return error.say(language())


def _titles() -> dict[int, tuple[str, str]]:
    return {
        400: (_("请求无法处理"), _("提交的内容不完整或格式不对，请返回上一页检查后重试。")),
        401: (_("请先登录"), _("登录后可以继续。")),
        403: (_("没有权限"), _("您没有权限查看或办理这项内容。如确需办理，请联系系统管理员。")),
        404: (_("找不到页面"), _("地址可能有误，或者内容不在您的管理范围内。")),
        405: (_("不支持的操作"), _("请通过页面上的按钮办理。")),
        409: (_("内容已变更"), _("请刷新页面后重试。")),
        TOO_LARGE: (_("文件过大"), _("请拆分后再上传。")),
        414: (_("地址过长"), _("请返回上一页，减少筛选条件或缩短查找内容后重试。")),
        422: (_("内容需要修改"), _("请按提示修改后重新提交。")),
        429: (_("操作过于频繁"), _("请稍等片刻再试。")),
        503: (_("系统尚未就绪"), _("请稍后再试，或联系系统管理员。")),
    }


def page(status: int, sentence: str | None = None, reference: str | None = None) -> ResponseReturnValue:
    """Render the page of a refusal with its *status*."""
    g.is_refusal_page = True
    title, remedy = _titles().get(status, (_("请求未完成"), _("请返回上一页重试。")))
    return (
        render_template(
            "ui/error.html", status=status, title=title, sentence=sentence or remedy, reference=reference
        ),
        status,
    )


def init_errors(app: Flask, engine: Engine, who: Callable[[], Actor | None]) -> None:
    """Install the pages for refusals of the engine, of the web server, and for defects.

    Whoever asks for what is not theirs stands in the history: *who* tells the person of the request.
    """

    @app.errorhandler(EngineError)
    def refused(error: EngineError) -> ResponseReturnValue:
        status = status_of(error)
        g.bare_frame = status == UNREADY
        actor = who() if isinstance(error, Forbidden | NotFound) else None
        if actor is not None:
            subject = f"{request.method} {request.path}"[:SUBJECT]
            record_refusal(engine, actor=actor, subject=subject, reason=error.code)
        return page(status, say(error))

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error
        drop_unread_body()
        return page(error.code, too_large() if error.code == TOO_LARGE else None)

    @app.errorhandler(500)
    def defect(_error: Exception) -> ResponseReturnValue:
        reference = secrets.token_hex(4).upper()
        g.bare_frame = True  # whatever broke may be what the frame needs too
        app.logger.exception("defect %s at %s %s", reference, request.method, request.path)
        title, sentence = _("系统出现故障"), _("操作没有完成，数据未被改动。请把下面的编号告诉系统管理员。")
        return render_template(
            "ui/error.html", status=500, title=title, sentence=sentence, reference=reference
        ), 500
