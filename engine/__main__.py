"""``python -m engine`` is the ``renewals`` command."""

from __future__ import annotations

from engine.cli import main

main(prog_name="renewals")
