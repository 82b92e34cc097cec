"""Sends pages and files compressed, for the slow lines on which agents work.

A secret in a compressed page can be guessed from its length when a stranger may ask for it again and again beside
words of their own (BREACH). Nobody can here: the session's cookie is SameSite=Lax, so another site cannot ask in the
person's name without moving the window; and the form token is signed anew every second.
"""

from __future__ import annotations

from flask import Flask
from flask_compress import Compress

ALGORITHMS = ["br", "gzip"]
QUALITY = {"COMPRESS_BR_LEVEL": 4, "COMPRESS_LEVEL": 6}
"""What a page is made smaller by in a few milliseconds; more effort gains little."""
TEXTS = [
    "text/html",
    "text/css",
    "text/javascript",
    "text/csv",
    "text/plain",
    "application/javascript",
    "application/json",
    "application/xml",
    "image/svg+xml",
]
SMALLEST = 800
"""Bytes; less fits into one packet anyway."""


def init_compression(app: Flask) -> None:
    """Compress what is text and not tiny, for browsers that take it; call it before what changes answers."""
    app.config.update(
        COMPRESS_ALGORITHM=ALGORITHMS,
        COMPRESS_ALGORITHM_STREAMING=ALGORITHMS,
        COMPRESS_MIMETYPES=TEXTS,
        COMPRESS_MIN_SIZE=SMALLEST,
        **QUALITY,
    )
    Compress(app)
