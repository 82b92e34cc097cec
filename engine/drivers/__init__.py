"""Drivers: what carries a queued message out of the house. The port is in ``port``; no database, no rules."""
