"""The read-only reporting views of the contracts (architecture.md §6.5), same on both databases."""

from __future__ import annotations

VIEWS: dict[str, str] = {
    "v_instance": """
        SELECT r.id AS instance_id, r.business_key,
               substr(r.vin, 1, 3) || '**********' || substr(r.vin, length(r.vin) - 3) AS vin_masked,
               r.policy_no, i.definition_key, d.version AS definition_version, r.stage, r.state,
               r.branch_code AS branch, r.workplace_code AS workplace, r.owner_no AS owner, r.expiry_date,
               r.started_at, r.ended_at, r.outcome,
               (SELECT count(*) FROM incident c WHERE c.instance_id = r.id AND c.status = 'open') AS incident_count
        FROM renewal r
        JOIN process_instance i ON i.id = r.id
        JOIN definition_set d ON d.id = i.definition_set_id""",
    "v_task": """
        SELECT t.id AS task_id, t.instance_id, t.action_id, t.element_id, t.role, t.assignee_no AS assignee,
               t.unit_code AS unit, t.status, t.created_at, t.due_at, t.completed_at, t.completed_by
        FROM user_task t""",
    "v_timer": """
        SELECT instance_id, element_id, due_at, fired_at FROM timer""",
    "v_outbox": """
        SELECT id AS message_id, business_key, channel, template,
               recipient_masked, status, attempts, queued_at, sent_at, provider_id
        FROM outbox_message""",
    "v_audit": """
        SELECT seq, at, actor, action, instance_id, subject, reason, hash FROM history_event""",
    "v_import": """
        SELECT id AS batch_id, file_name, file_sha256, read, new, changed, unchanged, rejected, started,
               committed_at, committed_by
        FROM import_batch""",
}
