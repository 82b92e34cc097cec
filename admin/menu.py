"""The main menu: one list that every room of the console adds its entries to."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask_babel import LazyString, lazy_gettext

from engine.api import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    """One entry; no ``roles`` means everybody who is signed in.

    ``icon`` names a drawing of ``templates/ui/icons.html``; lower ``order`` stands first. ``family``
    lists further endpoints (or blueprint names ending in a dot) under which the entry is marked.
    """

    endpoint: str
    label: LazyString | str
    roles: frozenset[Role] = field(default_factory=frozenset)
    icon: str = "dot"
    order: int = 50
    family: tuple[str, ...] = ()

    def is_for(self, roles: frozenset[Role]) -> bool:
        """Whether somebody with *roles* sees the entry."""
        return not self.roles or bool(self.roles & roles)

    def holds(self, endpoint: str | None) -> bool:
        """Whether the page *endpoint* belongs to this entry."""
        if endpoint is None:
            return False
        return endpoint == self.endpoint or any(
            endpoint.startswith(name) if name.endswith(".") else endpoint == name for name in self.family
        )


MENU: list[MenuItem] = [
    MenuItem(endpoint="home.index", label=lazy_gettext("首页"), icon="home", order=10, family=("pool.owed",)),
    MenuItem(
        endpoint="inbox.index",
        label=lazy_gettext("待办"),
        icon="inbox",
        order=20,
        family=("inbox.", "tasks."),
        roles=frozenset({Role.CHANNEL, Role.SPECIALIST, Role.TRAINER, Role.SUPERVISOR, Role.AGENT}),
    ),
    MenuItem(
        endpoint="renewals.index",
        label=lazy_gettext("续保"),
        icon="car",
        order=30,
        family=("renewals.", "customers.", "letters."),
    ),
]


USER_LINKS: list[MenuItem] = []


def register(item: MenuItem) -> None:
    """Add *item*; a second registration of the same endpoint replaces the first."""
    MENU[:] = sorted(
        [known for known in MENU if known.endpoint != item.endpoint] + [item], key=lambda m: m.order
    )


def menu_for(roles: frozenset[Role]) -> list[MenuItem]:
    """Return the entries that somebody with *roles* sees, in order."""
    return [item for item in MENU if item.is_for(roles)]


def register_user_link(item: MenuItem) -> None:
    """Add *item* to the panel behind the user's name."""
    USER_LINKS[:] = sorted(
        [known for known in USER_LINKS if known.endpoint != item.endpoint] + [item], key=lambda m: m.order
    )


def user_links_for(roles: frozenset[Role]) -> list[MenuItem]:
    """Return the entries behind the name of somebody with *roles*."""
    return [item for item in USER_LINKS if item.is_for(roles)]
