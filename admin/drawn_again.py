"""Pages that answer a form, drawn again in the other language without doing the act again.

Such a page has no address to go back to. Its switch of language is therefore a button of the page's own form: it
sends what is typed to the address the page stands at, where a marked view draws the page instead of acting. What
was said on the page (a refusal, reasons of single rows) travels with it in both languages, under a seal.
A page whose form holds passwords has a switch of its own, which carries nothing but what was said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, abort, current_app, flash, g, request, session
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, refresh
from itsdangerous import BadData, URLSafeSerializer
from markupsafe import Markup

from admin.i18n import COOKIE, LANGUAGES, choose_language, language, locale_of
from engine.api import EngineError, Label

LANG, SAID = "ui_lang", "ui_said"
PAGE = "page"
"""The place of what is said about a whole act; what is said of one row stands at the row's number."""
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class DrawnAgain:
    """How a page is drawn again: by what, from which form, or with which fields where that form is not to be sent."""

    draw: Callable[..., ResponseReturnValue]
    form: str | None
    fields: tuple[str, ...]


def drawn_again(
    draw: Callable[..., ResponseReturnValue], *, form: str | None = None, fields: tuple[str, ...] = ()
) -> Callable[[View], View]:
    """Mark a view that answers a form with a page: *draw* takes its arguments, reads the request, and never acts.

    *form* is the id of the page's own form; without one the switch sends *fields* of the request alone.
    """

    def mark(view: View) -> View:
        view.drawn_again = DrawnAgain(draw, form, fields)  # type: ignore[attr-defined]
        return view

    return mark


def page_drawn_again() -> DrawnAgain | None:
    """Return how the page of this request is drawn again, None for one that has an address or is an error."""
    if request.method != "POST" or g.get("is_refusal_page"):
        return None
    return _marked()


def keep_said(said: Mapping[str, Label]) -> None:
    """Remember what this page says, by place, so that it can be said again in the other language."""
    g.said = dict(said)


def said_before() -> dict[str, Label]:
    """Return what the page said that is being drawn again; nothing when the form itself was sent."""
    if LANG not in request.form:
        return {}
    try:
        rows = _seals().loads(request.form.get(SAID, ""))
    except BadData:
        return {}
    return {place: Label(zh, en) for places, zh, en in rows for place in places}


def said_in_place(said: Mapping[str, Label], rows: Iterable[int]) -> dict[str, Label]:
    """Return what has a place on a page with *rows*; what has none is told above the page, once each."""
    numbers = [str(row) for row in rows]
    places = {PAGE, *numbers} if numbers else set()
    for label in dict.fromkeys(label for place, label in said.items() if place not in places):
        flash(label.say(language()), "error")
    return {place: label for place, label in said.items() if place in places}


def said_field() -> Markup:
    """Return the hidden field with what the page says, nothing where it says nothing."""
    said: Mapping[str, Label] = g.get("said", {})
    if not said:
        return Markup("")
    places: dict[Label, list[str]] = {}
    for place, label in said.items():
        places.setdefault(label, []).append(place)
    line = _seals().dumps([[where, label.zh, label.en] for label, where in places.items()])
    return Markup('<input type="hidden" name="{}" value="{}">').format(SAID, line)


def in_both(words: Callable[[], str]) -> Label:
    """Return a sentence of the catalogue in both languages."""
    said = {}
    for lang in LANGUAGES:
        with force_locale(locale_of(lang)):
            said[lang] = words()
    return Label(said["zh"], said["en"])


def refusal_in_both(error: EngineError) -> Label:
    """Return the sentence of *error* in both languages."""
    return Label(error.say("zh"), error.say("en"))


def init_drawn_again(app: Flask) -> None:
    """Answer a switch of language on such a page; call after the guard and the check of forged requests."""
    app.jinja_env.globals.update(page_drawn_again=page_drawn_again, said_field=said_field)
    app.before_request(_switch)


def _switch() -> ResponseReturnValue | None:
    if request.method != "POST" or LANG not in request.form:
        return None
    again, lang = _marked(), request.form[LANG]
    if again is None or lang not in LANGUAGES:
        abort(400)
    session[COOKIE] = lang
    refresh()
    answer = current_app.make_response(again.draw(**(request.view_args or {})))
    return choose_language(answer, lang)


def _marked() -> DrawnAgain | None:
    view = current_app.view_functions.get(request.endpoint or "")
    again = getattr(view, "drawn_again", None)
    return again if isinstance(again, DrawnAgain) else None


def _seals() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt="said-on-a-page")
