"""Letters as PDF with their own font inside, so that they look alike on every machine (dependencies.md §8)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"
FONT = STATIC / "dist" / "letter.ttf"
LOOK = STATIC / "letters.css"


def as_pdf(page: str) -> bytes | None:
    """Return the HTML *page* as a PDF; None when the system lacks what draws it (libpango) or the font.

    Nothing is fetched but the font and the look: the page may not name other files.
    """
    try:
        import weasyprint  # a second and a half that a start need not wait for
        from weasyprint.text.fonts import FontConfiguration
    except (ImportError, OSError):
        return None
    if not FONT.exists():
        return None
    fonts = FontConfiguration()
    fetcher: Any = _OwnFiles(weasyprint.urls.URLFetcher())
    face = f'@font-face {{ font-family: "Letter"; src: url("{FONT.as_uri()}") }}'
    styles = [
        weasyprint.CSS(string=face, font_config=fonts, url_fetcher=fetcher),
        weasyprint.CSS(filename=LOOK, font_config=fonts, url_fetcher=fetcher),
    ]
    document = weasyprint.HTML(string=page, url_fetcher=fetcher)
    return bytes(document.write_pdf(stylesheets=styles, font_config=fonts))


class _OwnFiles:
    """Hands out the files of letters and no others."""

    def __init__(self, fetch: Any) -> None:
        self._fetch = fetch

    def __call__(self, url: str, *_more: Any, **_named: Any) -> Any:
        return self.fetch(url)

    def fetch(self, url: str, *_more: Any, **_named: Any) -> Any:
        """Return what stands at *url*.

        Raises:
            ValueError: it is no file of a letter.
        """
        if url not in {FONT.as_uri(), LOOK.as_uri()}:
            raise ValueError(f"a letter may not fetch {url}")
        return self._fetch.fetch(url)
