"""What the web server turns away before anybody is known is said in both languages, with a remedy."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.web_worker import LONGEST_LINE

ROOT = Path(__file__).parents[2]
SERVER = """
import sys
from gunicorn.app.base import BaseApplication
from engine.web_worker import LONGEST_LINE, Worker

class Site(BaseApplication):
    def load_config(self):
        self.cfg.set("bind", "unix:" + sys.argv[1])
        self.cfg.set("worker_class", Worker)
        self.cfg.set("limit_request_line", LONGEST_LINE)
        self.cfg.set("loglevel", "critical")
        self.cfg.set("control_socket_disable", True)
        self.cfg.set("post_worker_init", lambda worker: print("ready", flush=True))

    def load(self):
        def site(environ, start):
            start("200 OK", [("Content-Length", "2")])
            return [b"ok"]
        return site

Site().run()
"""


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web server as the console's, before a site that says ok."""
    path = str(tmp_path_factory.mktemp("web") / "door")
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, path], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None and "ready" == server.stdout.readline().strip()
        yield path
        server.terminate()


def ask(door: str, address: str, head: str = "") -> str:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(30)
        caller.connect(door)
        caller.sendall(f"GET {address} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}\r\n".encode())
        found = b""
        while part := caller.recv(65536):
            found += part
    return found.decode()


@pytest.mark.parametrize(
    ("address", "head", "status", "zh", "en"),
    [
        ("/?q=" + "x" * LONGEST_LINE, "", 414, "地址过长", "The address is too long"),
        ("/", f"Cookie: {'x' * 10_000}\r\n", 431, "请求信息过长", "Delete this site's cookies"),
    ],
)
def test_what_is_too_long_is_refused_by_a_page_that_says_what_helps(
    door: str, address: str, head: str, status: int, zh: str, en: str
) -> None:
    answer = ask(door, address, head)

    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert "text/html; charset=utf-8" in answer and "default-src 'none'" in answer
    assert zh in answer and en in answer
    length = int(answer.partition("Content-Length: ")[2].partition("\r\n")[0])
    assert length == len(answer.partition("\r\n\r\n")[2].encode())


def test_other_faults_are_answered_as_ever(door: str) -> None:
    assert ask(door, "/").endswith("ok")
    assert ask(door, "/", "Bad Header: x\r\n").startswith("HTTP/1.1 400 ")
