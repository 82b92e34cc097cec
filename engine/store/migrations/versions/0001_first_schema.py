"""The first schema: tables of every aggregate and the reporting views."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.base import Money, UtcDateTime
from engine.store.views import VIEWS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_VIEWS = VIEWS | {
    "v_outbox": """
        SELECT id AS message_id, business_key, channel, template,
               CASE WHEN length(recipient) > 7
                    THEN substr(recipient, 1, 3) || '****' || substr(recipient, length(recipient) - 3)
                    ELSE '****' END AS recipient_masked,
               status, attempts, queued_at, sent_at, provider_id
        FROM outbox_message"""
}


def upgrade() -> None:
    op.create_table(
        "customer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("id_no", sa.String(length=64), nullable=True),
        sa.Column("phone", sa.String(length=64), nullable=True),
        sa.Column("phone_doubtful", sa.Boolean(), nullable=False),
        sa.Column("do_not_contact", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customer_id_no"), ["id_no"], unique=False)
        batch_op.create_index(batch_op.f("ix_customer_phone"), ["phone"], unique=False)

    op.create_table(
        "definition_set",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("bundle", sa.LargeBinary(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("deployed_at", UtcDateTime(), nullable=False),
        sa.Column("deployed_by", sa.String(length=64), nullable=False),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definition_set")),
        sa.UniqueConstraint("version", name=op.f("uq_definition_set_version")),
    )
    with op.batch_alter_table("definition_set", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_definition_set_digest"), ["digest"], unique=False)

    op.create_table(
        "history_event",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=2000), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_history_event")),
    )
    with op.batch_alter_table("history_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_history_event_action_at"), ["action", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_history_event_actor_at"), ["actor", "at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_history_event_instance_id_seq"), ["instance_id", "seq"], unique=False
        )

    op.create_table(
        "holiday",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_holiday")),
    )
    op.create_table(
        "import_batch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("encoding", sa.String(length=64), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("started", sa.Integer(), nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("committed_at", UtcDateTime(), nullable=True),
        sa.Column("committed_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_import_batch_file_sha256_source_kind"),
            ["file_sha256", "source", "kind"],
            unique=False,
        )

    op.create_table(
        "liaison",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("workplace_code", sa.String(length=64), nullable=False),
        sa.Column("specialist_no", sa.String(length=64), nullable=True),
        sa.Column("trainer_no", sa.String(length=64), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_liaison")),
        sa.UniqueConstraint(
            "workplace_code",
            "specialist_no",
            "trainer_no",
            "valid_from",
            name=op.f("uq_liaison_workplace_code_specialist_no_trainer_no_valid_from"),
        ),
    )
    with op.batch_alter_table("liaison", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_liaison_specialist_no"), ["specialist_no"], unique=False)
        batch_op.create_index(batch_op.f("ix_liaison_trainer_no"), ["trainer_no"], unique=False)
        batch_op.create_index(batch_op.f("ix_liaison_workplace_code"), ["workplace_code"], unique=False)

    op.create_table(
        "org_unit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("parent_code", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("side", sa.String(length=64), nullable=False),
        sa.Column("province", sa.String(length=64), nullable=True),
        sa.Column("city", sa.String(length=64), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_org_unit")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_org_unit_code_valid_from")),
    )
    with op.batch_alter_table("org_unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_org_unit_code"), ["code"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("employee_no", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("employee_no", name=op.f("uq_person_employee_no")),
    )
    op.create_table(
        "post",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("employee_no", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("unit_code", sa.String(length=64), nullable=False),
        sa.Column("manager_no", sa.String(length=64), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sa.UniqueConstraint(
            "employee_no",
            "role",
            "unit_code",
            "valid_from",
            name=op.f("uq_post_employee_no_role_unit_code_valid_from"),
        ),
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_employee_no"), ["employee_no"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_manager_no"), ["manager_no"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_unit_code"), ["unit_code"], unique=False)

    op.create_table(
        "stored_clock",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("now", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_clock")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("unit_code", sa.String(length=64), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("session_mark", sa.String(length=64), nullable=False),
        sa.Column("failed_sign_ins", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("name", name=op.f("uq_user_account_name")),
        sa.UniqueConstraint("session_mark", name=op.f("uq_user_account_session_mark")),
    )
    op.create_table(
        "process_instance",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("definition_set_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("definition_key", sa.String(length=64), nullable=False),
        sa.Column("business_key", sa.String(length=64), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("path", sa.JSON(), nullable=False),
        sa.Column("lock_version", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["definition_set_id"],
            ["definition_set.id"],
            name=op.f("fk_process_instance_definition_set_id_definition_set"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_instance")),
    )
    with op.batch_alter_table("process_instance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_process_instance_business_key"), ["business_key"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_process_instance_definition_set_id"), ["definition_set_id"], unique=False
        )

    op.create_table(
        "sign_in_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_sign_in_session_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
    )
    with op.batch_alter_table("sign_in_session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_in_session_user_id_ended_at"), ["user_id", "ended_at"], unique=False
        )

    op.create_table(
        "user_role",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_role_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", "role", name=op.f("pk_user_role")),
    )
    op.create_table(
        "vehicle",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("vin", sa.String(length=64), nullable=False),
        sa.Column("plate", sa.String(length=64), nullable=True),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("make_model", sa.String(length=200), nullable=True),
        sa.Column("first_registration", sa.Date(), nullable=True),
        sa.Column("use", sa.String(length=64), nullable=True),
        sa.Column("energy", sa.String(length=64), nullable=True),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.Column("new_car_price", Money(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_vehicle_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicle")),
        sa.UniqueConstraint("vin", name=op.f("uq_vehicle_vin")),
    )
    with op.batch_alter_table("vehicle", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vehicle_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_vehicle_plate"), ["plate"], unique=False)

    op.create_table(
        "inbound_message",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("business_key", sa.String(length=64), nullable=False),
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("received_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_inbound_message_instance_id_process_instance"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_message")),
    )
    with op.batch_alter_table("inbound_message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inbound_message_instance_id"), ["instance_id"], unique=False)

    op.create_table(
        "incident",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("element_id", sa.String(length=64), nullable=True),
        sa.Column("trigger", sa.String(length=64), nullable=False),
        sa.Column("message", sa.String(length=2000), nullable=False),
        sa.Column("submitted", sa.JSON(), nullable=True),
        sa.Column("submitted_by", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_incident_instance_id_process_instance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_incident_instance_id_status"), ["instance_id", "status"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_incident_status_created_at"), ["status", "created_at"], unique=False
        )

    op.create_table(
        "outbox_message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("business_key", sa.String(length=64), nullable=True),
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("provider_id", sa.String(length=64), nullable=True),
        sa.Column("fault", sa.String(length=2000), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_outbox_message_instance_id_process_instance"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_message_key")),
    )
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outbox_message_status_not_before"), ["status", "not_before"], unique=False
        )

    op.create_table(
        "renewal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("business_key", sa.String(length=64), nullable=False),
        sa.Column("vehicle_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("vin", sa.String(length=64), nullable=False),
        sa.Column("policy_no", sa.String(length=64), nullable=True),
        sa.Column("expiry_date", sa.Date(), nullable=False),
        sa.Column("lines", sa.String(length=64), nullable=False),
        sa.Column("premium", Money(), nullable=True),
        sa.Column("ctp_premium", Money(), nullable=True),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("tier", sa.String(length=64), nullable=True),
        sa.Column("is_key", sa.Boolean(), nullable=False),
        sa.Column("is_orphan", sa.Boolean(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("branch_code", sa.String(length=64), nullable=True),
        sa.Column("sub_branch_code", sa.String(length=64), nullable=True),
        sa.Column("workplace_code", sa.String(length=64), nullable=True),
        sa.Column("team_code", sa.String(length=64), nullable=True),
        sa.Column("owner_no", sa.String(length=64), nullable=True),
        sa.Column("owner_role", sa.String(length=64), nullable=True),
        sa.Column("agent_no", sa.String(length=64), nullable=True),
        sa.Column("supervisor_no", sa.String(length=64), nullable=True),
        sa.Column("trainer_no", sa.String(length=64), nullable=True),
        sa.Column("specialist_no", sa.String(length=64), nullable=True),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("stage_contacts", sa.Integer(), nullable=False),
        sa.Column("failed_visits", sa.Integer(), nullable=False),
        sa.Column("last_contact_at", UtcDateTime(), nullable=True),
        sa.Column("quote_mid", Money(), nullable=True),
        sa.Column("quote_opens_date", sa.Date(), nullable=True),
        sa.Column("has_actual_quote", sa.Boolean(), nullable=False),
        sa.Column("loss_reason", sa.String(length=64), nullable=True),
        sa.Column("loss_source", sa.String(length=64), nullable=True),
        sa.Column("exclusion_code", sa.String(length=64), nullable=True),
        sa.Column("exclusion_evidence", sa.String(length=2000), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_renewal_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(["id"], ["process_instance.id"], name=op.f("fk_renewal_id_process_instance")),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicle.id"], name=op.f("fk_renewal_vehicle_id_vehicle")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewal")),
        sa.UniqueConstraint("business_key", name=op.f("uq_renewal_business_key")),
    )
    with op.batch_alter_table("renewal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_renewal_agent_no_stage"), ["agent_no", "stage"], unique=False)
        batch_op.create_index(batch_op.f("ix_renewal_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_renewal_expiry_date"), ["expiry_date"], unique=False)
        batch_op.create_index(batch_op.f("ix_renewal_owner_no"), ["owner_no"], unique=False)
        batch_op.create_index(batch_op.f("ix_renewal_policy_no"), ["policy_no"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_renewal_specialist_no_stage"), ["specialist_no", "stage"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_renewal_stage_expiry_date"), ["stage", "expiry_date"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_renewal_sub_branch_code_stage"), ["sub_branch_code", "stage"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_renewal_supervisor_no_stage"), ["supervisor_no", "stage"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_renewal_trainer_no_stage"), ["trainer_no", "stage"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_renewal_vehicle_id"), ["vehicle_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_renewal_vin"), ["vin"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_renewal_workplace_code_stage"), ["workplace_code", "stage"], unique=False
        )

    op.create_table(
        "timer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("spiff_task_id", sa.String(length=64), nullable=True),
        sa.Column("element_id", sa.String(length=64), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("fired_at", UtcDateTime(), nullable=True),
        sa.Column("cancelled_at", UtcDateTime(), nullable=True),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_timer_instance_id_process_instance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timer")),
    )
    with op.batch_alter_table("timer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_timer_instance_id_settled"), ["instance_id", "settled"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_timer_settled_due_at"), ["settled", "due_at"], unique=False)

    op.create_table(
        "user_task",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("spiff_task_id", sa.String(length=64), nullable=False),
        sa.Column("element_id", sa.String(length=64), nullable=False),
        sa.Column("action_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("form_id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("unit_code", sa.String(length=64), nullable=True),
        sa.Column("assignee_no", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.Column("completed_by", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_user_task_instance_id_process_instance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_task")),
    )
    with op.batch_alter_table("user_task", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_user_task_assignee_no_status_due_at"),
            ["assignee_no", "status", "due_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_user_task_instance_id_status"), ["instance_id", "status"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_user_task_role_unit_code_status_due_at"),
            ["role", "unit_code", "status", "due_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_user_task_status_due_at"), ["status", "due_at"], unique=False)

    op.create_table(
        "import_row",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=64), nullable=False),
        sa.Column("effect", sa.String(length=64), nullable=True),
        sa.Column("vin", sa.String(length=64), nullable=True),
        sa.Column("policy_no", sa.String(length=64), nullable=True),
        sa.Column("renewal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("raw", sa.JSON(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_import_row_batch_id_import_batch")
        ),
        sa.ForeignKeyConstraint(
            ["renewal_id"], ["renewal.id"], name=op.f("fk_import_row_renewal_id_renewal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_row")),
    )
    with op.batch_alter_table("import_row", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_import_row_batch_id_row_no"), ["batch_id", "row_no"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_import_row_batch_id_verdict"), ["batch_id", "verdict"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_import_row_renewal_id"), ["renewal_id"], unique=False)

    op.create_table(
        "policy_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("policy_no", sa.String(length=64), nullable=True),
        sa.Column("line", sa.String(length=64), nullable=False),
        sa.Column("vehicle_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("renewal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("renews_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("expiry_date", sa.Date(), nullable=False),
        sa.Column("expiry_time", sa.String(length=64), nullable=True),
        sa.Column("signed_date", sa.Date(), nullable=True),
        sa.Column("premium", Money(), nullable=True),
        sa.Column("third_party_limit", Money(), nullable=True),
        sa.Column("ncd", Money(), nullable=True),
        sa.Column("self_pricing", Money(), nullable=True),
        sa.Column("claims", sa.Integer(), nullable=True),
        sa.Column("years_insured", sa.Integer(), nullable=True),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("sub_branch_code", sa.String(length=64), nullable=True),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("row_no", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_policy_line_batch_id_import_batch")
        ),
        sa.ForeignKeyConstraint(
            ["renewal_id"], ["renewal.id"], name=op.f("fk_policy_line_renewal_id_renewal")
        ),
        sa.ForeignKeyConstraint(["renews_id"], ["renewal.id"], name=op.f("fk_policy_line_renews_id_renewal")),
        sa.ForeignKeyConstraint(
            ["vehicle_id"], ["vehicle.id"], name=op.f("fk_policy_line_vehicle_id_vehicle")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_line")),
        sa.UniqueConstraint("policy_no", name=op.f("uq_policy_line_policy_no")),
    )
    with op.batch_alter_table("policy_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_policy_line_renewal_id"), ["renewal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_policy_line_renews_id"), ["renews_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_policy_line_vehicle_id_line_expiry_date"),
            ["vehicle_id", "line", "expiry_date"],
            unique=False,
        )

    op.create_table(
        "submission",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("form_id", sa.String(length=64), nullable=False),
        sa.Column("action_id", sa.String(length=64), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_submission_instance_id_process_instance")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_submission_task_id_user_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("task_id", name=op.f("uq_submission_task_id")),
    )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_submission_instance_id_form_id"), ["instance_id", "form_id"], unique=False
        )

    op.create_table(
        "task_draft",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_name", sa.String(length=64), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_task_draft_task_id_user_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_draft")),
        sa.UniqueConstraint("task_id", "user_name", name=op.f("uq_task_draft_task_id_user_name")),
    )
    for name, query in _VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {query}")
