"""What a web server serves: ``gunicorn 'admin.wsgi:app'``. Reads the environment once, at import."""

from __future__ import annotations

from admin.app import create_app
from engine.api import build_engine

app = create_app(build_engine())
