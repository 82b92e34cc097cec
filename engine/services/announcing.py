"""Run an instance on by one of the messages that its diagrams know, inside the caller's own step."""

from __future__ import annotations

from engine.domain.codes import MessageName
from engine.errors import MessageNotAwaited
from engine.services.context import StepScope
from engine.services.hosting import RenewalHost
from engine.services.steps import Cause, apply_step
from engine.spiff import runner


def announce(scope: StepScope, message: MessageName, *, reason: str | None = None) -> bool:
    """Run the instance on as when *message* had come; False, and nothing happens, when nothing in it waits for it.

    Nothing is kept among the messages received: a message from outside is kept by who takes it in, an answer stands in
    the history already. *reason* is kept with the tasks that are withdrawn by it.
    """
    host = RenewalHost(scope)
    try:
        step = runner.deliver(
            scope.deployed.process,
            scope.instance.definition_key,
            scope.state,
            host,
            message=message,
            now=scope.now,
        )
    except MessageNotAwaited:
        return False
    apply_step(scope, host, step, Cause.MESSAGE, reason=reason)
    return True
