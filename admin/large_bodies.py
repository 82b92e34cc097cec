"""A body that is larger than a page takes: read to its end and dropped, so that the refusal reaches the browser.

A server that answers while the browser still sends closes the connection under it: all that is seen is a broken one.
"""

from __future__ import annotations

from flask import current_app, request
from flask_babel import gettext as _

MEGABYTE = 1024 * 1024
MOST_DROPPED = 300 * MEGABYTE
"""What is read at most of a refused body; whoever sends more than that is cut off."""
AT_ONCE = 256 * 1024
_READ = frozenset({"form", "stream", "_cached_data"})
"""What a request remembers once its body was read, wholly or in part."""


def drop_unread_body() -> None:
    """Read the request's body, if nothing has, up to :data:`MOST_DROPPED`; nothing of it is kept."""
    announced = request.content_length
    if announced is None and not request.environ.get("wsgi.input_terminated"):
        return
    if _READ & request.__dict__.keys() or (announced or 0) > MOST_DROPPED:
        return
    stream, left = request.environ["wsgi.input"], MOST_DROPPED if announced is None else announced
    while left > 0:
        try:
            got = len(stream.read(min(AT_ONCE, left)))
        except OSError:  # the browser has given up
            return
        if not got:
            return
        left -= got


def too_large() -> str:
    """Return what was refused and the limit, in the language of the request."""
    most, sent = request.max_content_length or 0, request.content_length
    view = current_app.view_functions.get(request.endpoint or "")
    limit = f"{getattr(view, 'takes_files', most) // MEGABYTE} MB"
    if sent is None or sent <= most:
        return _("提交的内容超过上限 %(limit)s，未保存。请压缩或拆分后再上传。", limit=limit)
    size = f"{sent / MEGABYTE:,.1f} MB"
    return _(
        "提交的内容 %(size)s，超过上限 %(limit)s，未保存。请压缩或拆分后再上传。", size=size, limit=limit
    )
