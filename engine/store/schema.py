"""Every mapped class in one place, so that the metadata is complete."""

from __future__ import annotations

from engine.store.base import Base
from engine.store.calendar import Holiday, StoredClock
from engine.store.consents import Consent
from engine.store.deadlines import Deadline, DeadlineTold
from engine.store.definitions import DefinitionSet
from engine.store.handover import Handover, HandoverRow
from engine.store.history import HistoryEvent
from engine.store.imports import ImportBatch, ImportRow
from engine.store.instances import InboundMessage, Incident, ProcessInstance, Timer
from engine.store.keyring import DataKey
from engine.store.ledger import LedgerConfirmation, LedgerCopy
from engine.store.outbox import OutboxAbout, OutboxMessage
from engine.store.people import Liaison, OrgUnit, Person, Post, SignInSession, UserAccount, UserRole
from engine.store.quotes import Quote
from engine.store.renewals import Customer, PolicyLine, Renewal, Vehicle
from engine.store.tasks import Submission, TaskDraft, UserTask

__all__ = [
    "Base",
    "Consent",
    "Customer",
    "DataKey",
    "Deadline",
    "DeadlineTold",
    "DefinitionSet",
    "Handover",
    "HandoverRow",
    "HistoryEvent",
    "Holiday",
    "ImportBatch",
    "ImportRow",
    "InboundMessage",
    "Incident",
    "LedgerConfirmation",
    "LedgerCopy",
    "Liaison",
    "OrgUnit",
    "OutboxAbout",
    "OutboxMessage",
    "Person",
    "PolicyLine",
    "Post",
    "ProcessInstance",
    "Quote",
    "Renewal",
    "SignInSession",
    "StoredClock",
    "Submission",
    "TaskDraft",
    "Timer",
    "UserAccount",
    "UserRole",
    "UserTask",
    "Vehicle",
]
metadata = Base.metadata
