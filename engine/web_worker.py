"""The web server's own refusals in the words of the console: what it turns away never reaches the application.

An address or headers that are too long are refused before they are read, so nothing is known of the reader, the
language neither: the page speaks both.
"""

from __future__ import annotations

from typing import Any

from gunicorn import util
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine
from gunicorn.workers.gthread import ThreadWorker

from engine.label import Label

LONGEST_LINE = 8190
"""Bytes of a request's first line, the address in it; the most that gunicorn lets be set."""
_ADDRESS = Label(
    "地址过长，无法打开。请返回上一页，减少筛选条件或缩短查找内容后重试。",
    "The address is too long. Go back, drop conditions of the filter or shorten what you look for, and try again.",
)
_HEADERS = Label(
    "请求信息过长，无法打开。请清除本站点的浏览数据（Cookie）后重新登录。",
    "The request carries too much. Delete this site's cookies in your browser and sign in again.",
)
_PAGE = """<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{zh}</title></head>
<body><h1>{status}</h1><p>{zh}</p><p lang="en">{en}</p></body>
</html>
"""


class Worker(ThreadWorker):
    """Threads that answer; what is too long is refused by a page that says what helps."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer the refusal *exc* of the web server on the connection *client*."""
        if isinstance(exc, LimitRequestLine):
            answer = refusal("414 URI Too Long", _ADDRESS)
        elif isinstance(exc, LimitRequestHeaders):
            answer = refusal("431 Request Header Fields Too Large", _HEADERS)
        else:
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("Invalid request from ip=%s: %s", (addr or ("",))[0], type(exc).__name__)
        try:
            util.write_nonblock(client, answer)
        except OSError:
            self.log.debug("Failed to send error message.")


def refusal(status: str, said: Label) -> bytes:
    """Return the whole answer with *status* and the sentence in both languages; it closes the connection."""
    page = _PAGE.format(status=status.partition(" ")[0], zh=said.zh, en=said.en).encode()
    head = (
        f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Security-Policy: default-src 'none'\r\nX-Content-Type-Options: nosniff\r\n"
        f"Cache-Control: no-store\r\nContent-Length: {len(page)}\r\n\r\n"
    )
    return head.encode("ascii") + page
