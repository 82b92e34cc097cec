"""The person behind a request, for pages that only signed-in people reach."""

from __future__ import annotations

from werkzeug.exceptions import Unauthorized

from admin.security import current_actor
from engine.api import Actor, Role


def require_actor() -> Actor:
    """Return the signed-in person.

    Raises:
        Unauthorized: nobody is signed in; the guard of the application stands before this.
    """
    actor = current_actor()
    if actor is None:
        raise Unauthorized
    return actor


def is_agent(actor: Actor) -> bool:
    """Whether *actor* works as an agent and as nothing else: on the road, with a phone."""
    return actor.working_roles == (Role.AGENT,)
