"""Builds the web application around one engine."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, g, url_for
from werkzeug.routing import IntegerConverter, Map

from admin.clockbar import clock_view
from admin.compression import init_compression
from admin.context import ENGINE
from admin.drawn_again import init_drawn_again
from admin.errors import init_errors
from admin.formatters import init_formatters
from admin.i18n import init_i18n
from admin.menu import menu_for, user_links_for
from admin.records import register_views
from admin.security import current_actor, init_security
from admin.tokens import csrf_field
from admin.views import (
    account,
    bulk,
    calling,
    coaching,
    customers,
    forecasts,
    hand_on,
    handover,
    home,
    imports,
    inbox,
    ledger,
    letters,
    morning,
    notes,
    org,
    pool,
    put_off,
    renewals,
    saved_views,
    task_acts,
    tasks,
    urging,
)
from engine.api import Engine, Role

KEEP_FILES = 30 * 24 * 3600  # addresses of our files change with their content
STATIC = Path(__file__).parent / "static"


class RowNumber(IntegerConverter):
    """A number that a row can have; larger ones lead nowhere."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=2**63 - 1)


def create_app(engine: Engine) -> Flask:
    """Return the console of *engine*, ready to serve."""
    app = Flask(__name__)
    app.url_map.converters["int"] = RowNumber
    app.extensions[ENGINE] = engine
    app.config["SECRET_KEY"] = engine.settings.secret_key
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = KEEP_FILES
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    init_compression(app)
    init_i18n(app)
    init_formatters(app)
    init_errors(app, engine, current_actor)
    _init_frame(app)
    _init_pages(app, engine)
    return app


def _init_pages(app: Flask, engine: Engine) -> None:
    """Join the rooms of the console: sign-in first, so that its guard stands before every page."""
    init_security(app, engine)
    init_drawn_again(app)
    for view in (
        home,
        inbox,
        saved_views,
        hand_on,
        bulk,
        tasks,
        task_acts,
        renewals,
        calling,
        customers,
        forecasts,
        ledger,
        letters,
        morning,
        notes,
        imports,
        org,
        handover,
        pool,
        put_off,
        coaching,
        urging,
        account,
    ):
        app.register_blueprint(view.blueprint)
    register_views(app, engine)


def _init_frame(app: Flask) -> None:
    """Give every page its menu, its clock and the addresses of its files."""
    app.jinja_env.globals.update(asset=asset, csrf_field=csrf_field)

    @app.context_processor
    def frame() -> dict[str, Any]:
        actor = None if g.get("bare_frame") else current_actor()
        roles: frozenset[Role] = actor.roles if actor else frozenset()
        return {
            "actor": actor,
            "menu": menu_for(roles) if actor else [],
            "user_links": user_links_for(roles) if actor else [],
            "clock_view": clock_view(actor) if actor else None,
            "sign_out_url": url_for("security.logout"),
        }


def asset(name: str) -> str:
    """Return the address of a file under ``static``, with its content's mark so that browsers may keep it."""
    return url_for("static", filename=name, v=_mark(name))


@cache
def _mark(name: str) -> str:
    path = STATIC / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.exists() else "0"
