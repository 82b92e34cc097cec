"""Language of a request: Chinese by default, English by choice, kept in session and cookie."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, has_request_context, request, session
from flask_babel import Babel, ngettext

LANGUAGES = ("zh", "en")
COOKIE = "lang"
_LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
_YEAR = 365 * 24 * 3600


def language() -> str:
    """Return the language of this request, ``zh`` or ``en``."""
    if not has_request_context():
        return "zh"
    chosen = session.get(COOKIE) or request.cookies.get(COOKIE)
    return chosen if chosen in LANGUAGES else "zh"


def locale_of(lang: str) -> str:
    """Return the locale that the texts of *lang* are kept under."""
    return _LOCALES[lang]


def html_language() -> str:
    """Return the value of ``<html lang>``."""
    return "en" if language() == "en" else "zh-CN"


def choose_language(response: Response, lang: str) -> Response:
    """Keep *lang* in the session and, for the next sign-in, in a cookie."""
    session[COOKIE] = lang
    response.set_cookie(COOKIE, lang, max_age=_YEAR, samesite="Lax", httponly=True, secure=request.is_secure)
    return response


def counted(text: str, /, *, n: int, **more: object) -> str:
    """Return *text* about *n* things in the language of the request; in English one of them reads otherwise.

    Chinese has one form: it is both ids of the catalogue's entry. The gap for the number is ``%(n)s``.
    """
    return str(ngettext(text, text, n, n=n, **more))


def init_i18n(app: Flask) -> None:
    """Install Flask-Babel; message ids are the Chinese texts, the English catalogue translates them."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", _LOCALES["zh"])
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", str(Path(__file__).parent / "translations"))
    Babel(app, locale_selector=lambda: _LOCALES[language()])
    app.jinja_env.globals.update(language=language, html_language=html_language, counted=counted)
