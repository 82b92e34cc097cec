"""The quotes that pages show; read where the weekly copies of the ledger read them too."""

from __future__ import annotations

from engine.store.quotes_shown import Quotes as Quotes
from engine.store.quotes_shown import latest_quotes as latest_quotes
