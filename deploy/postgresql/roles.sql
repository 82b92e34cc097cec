-- The role that the console and the workers use: it may add to the history and read it, never change it.
-- Run after `renewals db upgrade` as the owner of the schema, who must be allowed to create roles (or let somebody
-- else create renewals_app before). Safe to run again, and needed again when another owner made new tables:
--   psql "$OWNER_URL" -v ON_ERROR_STOP=1 -f roles.sql
--   psql "$OWNER_URL" -c "CREATE ROLE renewals_desk LOGIN PASSWORD '…' IN ROLE renewals_app"
-- Let RENEWALS_DATABASE_URL name renewals_desk, and keep the owner for `db upgrade` alone.

BEGIN; -- never does the role, between two statements, have more rights than meant

DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'renewals_app') THEN
        CREATE ROLE renewals_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- somebody was faster
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO renewals_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO renewals_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO renewals_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO renewals_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO renewals_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO renewals_app;

REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON history_event FROM renewals_app;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM renewals_app;

COMMIT;
