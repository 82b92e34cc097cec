"""Door 2: mapped classes for read-only list pages; re-exports only."""

from __future__ import annotations

from engine.queries.records import COUNT_CAP as COUNT_CAP
from engine.queries.records import Companions as Companions
from engine.queries.records import companions_of as companions_of
from engine.queries.records import find_record as find_record
from engine.queries.records import masked_recipient as masked_recipient
from engine.queries.records import reading_sessions as reading_sessions
from engine.queries.records import record_count as record_count
from engine.queries.records import record_query as record_query
from engine.queries.vehicles import renewals_matching as renewals_matching
from engine.store.absence import Absence as Absence
from engine.store.bulk import BulkAct as BulkAct
from engine.store.bulk import BulkRow as BulkRow
from engine.store.calendar import Holiday as Holiday
from engine.store.deadlines import Deadline as Deadline
from engine.store.deadlines import DeadlineTold as DeadlineTold
from engine.store.definitions import DefinitionSet as DefinitionSet
from engine.store.handover import Handover as Handover
from engine.store.handover import HandoverRow as HandoverRow
from engine.store.history import HistoryEvent as HistoryEvent
from engine.store.imports import ImportBatch as ImportBatch
from engine.store.imports import ImportRow as ImportRow
from engine.store.instances import InboundMessage as InboundMessage
from engine.store.instances import Incident as Incident
from engine.store.instances import ProcessInstance as ProcessInstance
from engine.store.instances import Timer as Timer
from engine.store.ledger import LedgerCopy as LedgerCopy
from engine.store.notes import Attachment as Attachment
from engine.store.notes import Comment as Comment
from engine.store.outbox import OutboxMessage as OutboxMessage
from engine.store.people import Liaison as Liaison
from engine.store.people import OrgUnit as OrgUnit
from engine.store.people import Person as Person
from engine.store.people import Post as Post
from engine.store.people import UserAccount as UserAccount
from engine.store.people import UserRole as UserRole
from engine.store.quotes import Quote as Quote
from engine.store.renewals import Customer as Customer
from engine.store.renewals import PolicyLine as PolicyLine
from engine.store.renewals import Renewal as Renewal
from engine.store.renewals import Vehicle as Vehicle
from engine.store.saved_views import SavedView as SavedView
from engine.store.tasks import Submission as Submission
from engine.store.tasks import TaskDraft as TaskDraft
from engine.store.tasks import UserTask as UserTask
