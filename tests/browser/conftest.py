"""A real Chromium for the browser tests, and a web server for what they look at.

The browser is $CHROMIUM, else the system's, else the one that `make test` fetched from npm. When there is none
the tests fail and say what to do: a suite that skips its browser tests in silence proves nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, WebError
from werkzeug.serving import make_server

from admin.app import create_app
from scripts.bootstrap import find_browser
from tests.support.console import copy_book, open_book

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
PHONE = {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything below this folder as `browser`."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Start the Chromium that is here, without asking anybody for another one."""
    browser = find_browser()
    if browser is None or not browser.exists():
        pytest.fail(
            f"No Chromium for the browser tests ({browser or 'none found'}). Run `make test`, which fetches one; "
            "or install it (Debian: apt install chromium), or name one in CHROMIUM.",
            pytrace=False,
        )
    return {"executable_path": str(browser), "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """A desk in Shanghai, 1280 pixels wide (Playwright's own size, so that a context may name another)."""
    return {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


@pytest.fixture(scope="session")
def phone_context_args() -> dict[str, Any]:
    """What makes a context a phone: `new_context(**phone_context_args)`."""
    return {"viewport": PHONE, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


@pytest.fixture
def complaints() -> list[str]:
    """Everything the browser's console complained of; `new_context` demands that none is left at the end."""
    return []


@pytest.fixture
def new_context(
    new_context: Callable[..., BrowserContext], complaints: list[str]
) -> Iterator[Callable[..., BrowserContext]]:
    """Open contexts whose console is listened to; a complaint that the test does not clear fails it."""

    def heard(message: ConsoleMessage) -> None:
        # A refusal that a test provokes on purpose (403, 404, 409) is the server's answer, not the page's fault.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def broke(error: WebError) -> None:
        complaints.append(f"uncaught: {error.error}")

    def build(**more: Any) -> BrowserContext:
        context = new_context(**more)
        context.on("console", heard)
        context.on("weberror", broke)
        return context

    yield build
    assert complaints == []


@pytest.fixture
def phone_page(new_context: Callable[..., BrowserContext], phone_context_args: dict[str, Any]) -> Page:
    """A page on a phone, 390 pixels wide."""
    return new_context(**phone_context_args).new_page()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Any], str]]:
    """Give a function that serves a WSGI application until the session ends and returns its address."""
    servers = []

    def start(application: Any) -> str:
        server = make_server("127.0.0.1", 0, application, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def book_site(
    prepared_book: Path, tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Any], str]
) -> Iterator[str]:
    """The console of a copy of the small book (tests/support/console.py), served until the session ends."""
    engine = open_book(copy_book(prepared_book, tmp_path_factory.mktemp("site") / "book"))
    yield serve(create_app(engine))
    engine.store.engine.dispose()


@pytest.fixture(params=["desk", "phone"])
def screen(
    request: pytest.FixtureRequest,
    new_context: Callable[..., BrowserContext],
    phone_context_args: dict[str, Any],
) -> Page:
    """A page on a desktop 1440 pixels wide, then on a phone 390 pixels wide."""
    desk = {"viewport": {"width": 1440, "height": 900}}
    return new_context(**(phone_context_args if request.param == "phone" else desk)).new_page()
