"""The waits of the stage diagrams that a contact follows, by the ids of their elements."""

from __future__ import annotations

CONTACT_WAITS = frozenset(
    {
        "wait_next_contact",
        "wait_key_contact",
        "wait_joint_contact",
        "wait_last_contact",
        "wait_win_back_contact",
    }
)
"""The timers of the stages that open the next contact on its day."""
AGREED_BESIDE_QUOTE = frozenset(
    {"quote_agreed_day", "key_quote_agreed_day", "urgent_quote_agreed_day", "win_back_quote_agreed_day"}
)
"""Those that open the agreed contact while a quote is missing."""
QUOTE_WAITS = frozenset({"wait_for_quote_window", "wait_for_key_quote_window"})
"""Those that open the quote, which the next contact follows, on the first day of quoting."""
