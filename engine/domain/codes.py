"""Closed code lists of the trade, each with its Chinese and English label.

Source: domain.md §1 (stages), §4.3 (states), §6.1 (roles); architecture.md §6.4 (codes as stored).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from engine.label import Label as Label


class _Labelled(StrEnum):
    """A closed list whose members carry labels, found in the module's ``LABELS``."""

    @property
    def label(self) -> Label:
        """The member's texts."""
        return LABELS[self]


class Stage(_Labelled):
    """Where a renewal stands in time."""

    POOL = "pool"
    PREPARATION = "preparation"
    FOLLOW_UP = "follow_up"
    KEY_TRACKING = "key_tracking"
    SUMMARY = "summary"
    WIN_BACK = "win_back"
    CLOSED = "closed"


class RenewalState(_Labelled):
    """How far a renewal has come; independent of its stage."""

    DISPATCH_PENDING = "dispatch_pending"
    ASSIGNED = "assigned"
    FOLLOWING = "following"
    QUOTED = "quoted"
    APPLYING = "applying"
    RENEWED = "renewed"
    PARTIAL = "partial"
    LOST = "lost"
    LAPSED = "lapsed"
    WON_BACK = "won_back"
    CLOSED_LAPSED = "closed_lapsed"
    EXCLUDED = "excluded"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class CustomerTier(_Labelled):
    """The worth of a customer by the table ``customer_tier``."""

    HIGH = "high"
    MID = "mid"
    LOW = "low"


OUTCOME_STATES = frozenset(
    {
        RenewalState.RENEWED,
        RenewalState.PARTIAL,
        RenewalState.LOST,
        RenewalState.WON_BACK,
        RenewalState.CLOSED_LAPSED,
        RenewalState.EXCLUDED,
        RenewalState.WITHDRAWN,
        RenewalState.MERGED,
    }
)


class Role(_Labelled):
    """What a person may be: five working roles and four governing ones."""

    CHANNEL = "channel"
    SPECIALIST = "specialist"
    TRAINER = "trainer"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    PROCESS_OWNER = "process_owner"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


WORKING_ROLES = (Role.CHANNEL, Role.SPECIALIST, Role.TRAINER, Role.SUPERVISOR, Role.AGENT)
LIFE_ROLES = frozenset({Role.TRAINER, Role.SUPERVISOR, Role.AGENT})
"""Whose holders work for the life insurer (domain.md §1)."""


class TaskStatus(_Labelled):
    """Life of a user task."""

    OPEN = "open"
    CLAIMED = "claimed"
    COMPLETED = "completed"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"


class Line(_Labelled):
    """Line of motor cover."""

    CTP = "ctp"
    COMMERCIAL = "commercial"


class MessageName(_Labelled):
    """The seven messages a running renewal understands."""

    POLICY_RENEWED = "policy_renewed"
    POLICY_LOST = "policy_lost"
    POLICY_EXCLUDED = "policy_excluded"
    EXPIRY_CHANGED = "expiry_changed"
    AGENT_LEFT = "agent_left"
    LIST_WITHDRAWN = "list_withdrawn"
    QUOTE_RECEIVED = "quote_received"


class QuoteKind(_Labelled):
    """Whether a quote was foretold or given."""

    FORECAST = "forecast"
    ACTUAL = "actual"


class BatchStatus(_Labelled):
    """Life of an import batch."""

    PREVIEWED = "previewed"
    COMMITTED = "committed"
    DISCARDED = "discarded"


class RowVerdict(_Labelled):
    """What became of one row of a list."""

    ACCEPTED = "accepted"
    WARNED = "warned"
    REJECTED = "rejected"


class BulkStatus(_Labelled):
    """Life of an act on many tasks."""

    PREPARED = "prepared"
    RUNNING = "running"
    DONE = "done"
    UNDONE = "undone"


class BulkRowStatus(_Labelled):
    """What became of one row of an act on many tasks."""

    PENDING = "pending"
    EXCEPTED = "excepted"
    DONE = "done"
    REFUSED = "refused"
    UNDONE = "undone"
    KEPT = "kept"


class HandoverKind(_Labelled):
    """Why renewals go from one person to others."""

    LEAVE = "leave"
    MOVE = "move"
    ORGANISATION = "organisation"


class HandoverStatus(_Labelled):
    """Life of a hand-over; one that is ``scheduled`` is carried out on its day."""

    PREPARED = "prepared"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    DONE = "done"
    DROPPED = "dropped"


class HandoverRowStatus(_Labelled):
    """What became of one renewal of a hand-over."""

    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"


class SplitRule(_Labelled):
    """Why a renewal goes to whom it goes (engine/domain/handover.py)."""

    RELATIONSHIP = "relationship"
    TEAM = "team"
    WORKPLACE = "workplace"
    STAND_IN = "stand_in"
    POOL = "pool"
    BY_HAND = "by_hand"
    BY_DATE = "by_date"


class DeadlineKind(_Labelled):
    """What people owe when others leave, and what they agreed to look at (engine/domain/deadlines.py)."""

    FIRST_CONTACT = "first_contact"
    POOL = "pool"
    UNOWNED = "unowned"
    VACANCY = "vacancy"
    RECHECK = "recheck"
    FOLLOW_UP = "follow_up"
    COACHING = "coaching"


class DeadlineEnd(_Labelled):
    """How such a deadline came to its end."""

    MET = "met"
    PASSED_ON = "passed_on"
    CLAIMED = "claimed"
    ASSIGNED = "assigned"
    FILLED = "filled"
    NOT_WANTED = "not_wanted"
    REPLACED = "replaced"
    RENEWAL_CLOSED = "renewal_closed"
    UNDONE = "undone"
    COACHED = "coached"
    AGAIN = "again"
    NOTHING_LEFT = "nothing_left"


class CoachingTopic(_Labelled):
    """What a supervisor coached an agent in (G-L2); as in forms/definitions/coach_agent.json."""

    CONTACT = "contact"
    QUOTE = "quote"
    APPLICATION = "application"
    ACCURACY = "accuracy"
    OBJECTION = "objection"
    SECOND_VISIT = "second_visit"
    OTHER = "other"


class CoachingMethod(_Labelled):
    """How a supervisor coached an agent (G-L2); as in forms/definitions/coach_agent.json."""

    FACE = "face"
    PHONE = "phone"
    JOINT_VISIT = "joint_visit"
    MEETING = "meeting"


class OrphanRoute(_Labelled):
    """How an orphan policy is served by somebody else than an agent (K-C2, K-L2)."""

    SUPERVISOR = "supervisor"
    SPECIALIST = "specialist"
    TELESALES = "telesales"
    CLAIMED = "claimed"


class OutboxStatus(_Labelled):
    """Life of an outside effect."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WITHHELD = "withheld"


class WithheldFor(_Labelled):
    """Why a queued message did not leave."""

    RENEWAL_CLOSED = "renewal_closed"
    HANDED_OVER = "handed_over"
    OPTED_OUT = "opted_out"
    EXPIRED = "expired"
    RECIPIENT_LEFT = "recipient_left"
    DISMISSED = "dismissed"


class IncidentStatus(_Labelled):
    """Life of an incident."""

    OPEN = "open"
    RESOLVED = "resolved"


class _Labels(Mapping[StrEnum, Label]):
    """Labels by list *and* code: equal codes of different lists must not share a text."""

    def __init__(self, *pairs: tuple[StrEnum, Label]) -> None:
        self._texts = {(type(member), str(member)): label for member, label in pairs}
        self._members = tuple(member for member, _ in pairs)

    def __getitem__(self, member: StrEnum) -> Label:
        return self._texts[type(member), str(member)]

    def __iter__(self) -> Iterator[StrEnum]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)


LABELS: Mapping[StrEnum, Label] = _Labels(
    (Stage.POOL, Label("未到期池", "Pool")),
    (Stage.PREPARATION, Label("准备", "Preparation")),
    (Stage.FOLLOW_UP, Label("一般跟进", "General follow-up")),
    (Stage.KEY_TRACKING, Label("重点追踪", "Key tracking")),
    (Stage.SUMMARY, Label("总结", "Summary")),
    (Stage.WIN_BACK, Label("脱保挽回", "Win-back")),
    (Stage.CLOSED, Label("已结束", "Closed")),
    (RenewalState.DISPATCH_PENDING, Label("待分发", "Dispatch pending")),
    (RenewalState.ASSIGNED, Label("待跟进", "Assigned")),
    (RenewalState.FOLLOWING, Label("跟进中", "Following")),
    (RenewalState.QUOTED, Label("已报价", "Quoted")),
    (RenewalState.APPLYING, Label("投保中", "Applying")),
    (RenewalState.RENEWED, Label("已续保", "Renewed")),
    (RenewalState.PARTIAL, Label("部分续保", "Partially renewed")),
    (RenewalState.LOST, Label("转保", "Lost to a competitor")),
    (RenewalState.LAPSED, Label("脱保", "Lapsed")),
    (RenewalState.WON_BACK, Label("脱保后挽回", "Won back")),
    (RenewalState.CLOSED_LAPSED, Label("脱保关闭", "Closed as lapsed")),
    (RenewalState.EXCLUDED, Label("剔除", "Excluded")),
    (RenewalState.WITHDRAWN, Label("撤销", "Withdrawn")),
    (RenewalState.MERGED, Label("并案", "Merged")),
    (CustomerTier.HIGH, Label("高端客户", "High tier")),
    (CustomerTier.MID, Label("中端客户", "Mid tier")),
    (CustomerTier.LOW, Label("低端客户", "Low tier")),
    (Role.CHANNEL, Label("渠道合作部", "Channel Cooperation Dept")),
    (Role.SPECIALIST, Label("交叉销售专员", "Cross-selling specialist")),
    (Role.TRAINER, Label("寿险组训", "Workplace trainer")),
    (Role.SUPERVISOR, Label("寿险业务主任", "Agency supervisor")),
    (Role.AGENT, Label("寿险营销员", "Life agent")),
    (Role.PROCESS_OWNER, Label("流程负责人", "Process owner")),
    (Role.APPROVER, Label("审批人", "Approver")),
    (Role.AUDITOR, Label("审计员", "Auditor")),
    (Role.ADMIN, Label("系统管理员", "Administrator")),
    (TaskStatus.OPEN, Label("待办", "Open")),
    (TaskStatus.CLAIMED, Label("已领取", "Claimed")),
    (TaskStatus.COMPLETED, Label("已完成", "Completed")),
    (TaskStatus.MISSED, Label("未完成", "Missed")),
    (TaskStatus.WITHDRAWN, Label("已撤回", "Withdrawn")),
    (Line.CTP, Label("交强险", "Compulsory")),
    (Line.COMMERCIAL, Label("商业险", "Commercial")),
    (MessageName.POLICY_RENEWED, Label("已续保", "Policy renewed")),
    (MessageName.POLICY_LOST, Label("已转保", "Policy lost")),
    (MessageName.POLICY_EXCLUDED, Label("申请剔除", "Exclusion requested")),
    (MessageName.EXPIRY_CHANGED, Label("到期日变更", "Expiry date changed")),
    (MessageName.AGENT_LEFT, Label("营销员离职", "Agent left")),
    (MessageName.LIST_WITHDRAWN, Label("清单撤回", "Withdrawn from the list")),
    (MessageName.QUOTE_RECEIVED, Label("收到实际报价", "Actual quote received")),
    (QuoteKind.FORECAST, Label("预测报价", "Forecast quote")),
    (QuoteKind.ACTUAL, Label("实际报价", "Actual quote")),
    (BatchStatus.PREVIEWED, Label("待确认", "Previewed")),
    (BatchStatus.COMMITTED, Label("已入库", "Committed")),
    (BatchStatus.DISCARDED, Label("已放弃", "Discarded")),
    (RowVerdict.ACCEPTED, Label("接受", "Accepted")),
    (RowVerdict.WARNED, Label("接受（有提示）", "Accepted with a warning")),
    (RowVerdict.REJECTED, Label("拒绝", "Rejected")),
    (BulkStatus.PREPARED, Label("待确认", "Prepared")),
    (BulkStatus.RUNNING, Label("办理中", "Running")),
    (BulkStatus.DONE, Label("已办理", "Done")),
    (BulkStatus.UNDONE, Label("已撤回", "Undone")),
    (BulkRowStatus.PENDING, Label("待办理", "Pending")),
    (BulkRowStatus.EXCEPTED, Label("未纳入", "Left out")),
    (BulkRowStatus.DONE, Label("已完成", "Completed")),
    (BulkRowStatus.REFUSED, Label("未成功", "Refused")),
    (BulkRowStatus.UNDONE, Label("已撤回", "Undone")),
    (BulkRowStatus.KEPT, Label("未能撤回", "Could not be undone")),
    (HandoverKind.LEAVE, Label("离职", "Leaves")),
    (HandoverKind.MOVE, Label("调动", "Moves")),
    (HandoverKind.ORGANISATION, Label("机构人员变动", "Change of the organisation")),
    (HandoverStatus.PREPARED, Label("待确认", "Prepared")),
    (HandoverStatus.SCHEDULED, Label("已确认，待生效", "Confirmed, waits for its day")),
    (HandoverStatus.RUNNING, Label("交接中", "Under way")),
    (HandoverStatus.DONE, Label("已交接", "Done")),
    (HandoverStatus.DROPPED, Label("已放弃", "Dropped")),
    (HandoverRowStatus.PENDING, Label("待交接", "Pending")),
    (HandoverRowStatus.DONE, Label("已交接", "Handed over")),
    (HandoverRowStatus.REFUSED, Label("未交接", "Refused")),
    (SplitRule.RELATIONSHIP, Label("服务过该客户", "Knows the customer")),
    (SplitRule.TEAM, Label("同组，在办最少", "Same team, least to do")),
    (SplitRule.WORKPLACE, Label("同职场，在办最少", "Same workplace, least to do")),
    (SplitRule.STAND_IN, Label("由上级接手", "Superior stands in")),
    (SplitRule.POOL, Label("无人可接，入认领池", "Nobody fits: claim pool")),
    (SplitRule.BY_HAND, Label("人工指定", "Chosen by hand")),
    (SplitRule.BY_DATE, Label("按生效日期", "By effective date")),
    (DeadlineKind.FIRST_CONTACT, Label("接手后首次联系", "First contact after the take-over")),
    (DeadlineKind.POOL, Label("认领池", "Claim pool")),
    (DeadlineKind.UNOWNED, Label("无责任人", "Nobody responsible")),
    (DeadlineKind.VACANCY, Label("业务主任空缺", "Vacant supervisor's post")),
    (DeadlineKind.RECHECK, Label("辅导后复查", "Recheck after coaching")),
    (DeadlineKind.FOLLOW_UP, Label("清仓后约定跟进", "Follow-up agreed at the sweep")),
    (DeadlineKind.COACHING, Label("营销员未联系，待辅导", "Agent without contacts, to be coached")),
    (DeadlineEnd.MET, Label("已联系", "Contacted")),
    (DeadlineEnd.PASSED_ON, Label("已转交他人", "Passed on")),
    (DeadlineEnd.NOT_WANTED, Label("客户要求不再联系", "The customer wants no contact")),
    (DeadlineEnd.CLAIMED, Label("已认领", "Claimed")),
    (DeadlineEnd.ASSIGNED, Label("已有责任人", "Somebody is responsible")),
    (DeadlineEnd.FILLED, Label("已到任", "Filled")),
    (DeadlineEnd.REPLACED, Label("以新的清仓结果为准", "A newer sweep counts")),
    (DeadlineEnd.RENEWAL_CLOSED, Label("续保已结束", "The renewal ended")),
    (DeadlineEnd.UNDONE, Label("已随撤回取消", "Taken back with an undo")),
    (DeadlineEnd.COACHED, Label("已辅导", "Coached")),
    (DeadlineEnd.AGAIN, Label("新一周再次提醒", "Told again in a new week")),
    (DeadlineEnd.NOTHING_LEFT, Label("已无待联系的续保", "Nothing is left to contact")),
    (CoachingTopic.CONTACT, Label("首次联系", "First contact")),
    (CoachingTopic.QUOTE, Label("报价讲解", "Explaining the quote")),
    (CoachingTopic.APPLICATION, Label("填写投保单", "Filling in the application")),
    (CoachingTopic.ACCURACY, Label("信息准确", "Accurate data")),
    (CoachingTopic.OBJECTION, Label("异议处理", "Handling objections")),
    (CoachingTopic.SECOND_VISIT, Label("二次拜访", "Second visit")),
    (CoachingTopic.OTHER, Label("其他", "Other")),
    (CoachingMethod.FACE, Label("当面", "Face to face")),
    (CoachingMethod.PHONE, Label("电话", "Phone")),
    (CoachingMethod.JOINT_VISIT, Label("陪访", "Joint visit")),
    (CoachingMethod.MEETING, Label("晨会或夕会", "Team meeting")),
    (OrphanRoute.SUPERVISOR, Label("业务主任继续服务", "The supervisor goes on serving it")),
    (OrphanRoute.SPECIALIST, Label("专员直接服务", "The specialist serves it directly")),
    (OrphanRoute.TELESALES, Label("转电销（渠道锁定）", "Telesales (channel lock)")),
    (OrphanRoute.CLAIMED, Label("从认领池认领", "Claimed from the pool")),
    (OutboxStatus.QUEUED, Label("待发送", "Queued")),
    (OutboxStatus.SENDING, Label("发送中", "Being sent")),
    (OutboxStatus.SENT, Label("已发送", "Sent")),
    (OutboxStatus.FAILED, Label("发送失败", "Failed")),
    (OutboxStatus.UNKNOWN, Label("结果不明", "Fate unknown")),
    (OutboxStatus.WITHHELD, Label("已扣留", "Withheld")),
    (WithheldFor.RENEWAL_CLOSED, Label("续保已结束", "The renewal had ended")),
    (WithheldFor.HANDED_OVER, Label("客户已改由他人跟进", "Others follow up by now")),
    (WithheldFor.OPTED_OUT, Label("客户不再联系", "The customer opted out")),
    (WithheldFor.EXPIRED, Label("已过时效", "Expired")),
    (WithheldFor.RECIPIENT_LEFT, Label("收件人已离任", "The recipient serves no more")),
    (WithheldFor.DISMISSED, Label("人工放弃", "Given up by hand")),
    (IncidentStatus.OPEN, Label("待处理", "Open")),
    (IncidentStatus.RESOLVED, Label("已处理", "Resolved")),
)
