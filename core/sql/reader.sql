-- The role that comes in over TCP: it may read the views that people read, and change no row. Run at each start, behind the migrations.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reader') THEN
        CREATE ROLE reader;
    END IF;
END $$;
-- Not all connections are for it, or the store would find none left.
ALTER ROLE reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 20 PASSWORD %(verifier)s;
-- It may set these otherwise for itself, even its password, until the next start: that it changes no row rests on what it was granted.
ALTER ROLE reader RESET ALL;
ALTER ROLE reader SET default_transaction_read_only = on;
ALTER ROLE reader SET statement_timeout = '60s';
ALTER ROLE reader SET idle_in_transaction_session_timeout = '60s'; -- or one forgotten transaction holds up a migration
-- What everyone may write to otherwise.
REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;
GRANT SELECT ON symbols TO reader;
DO $$ DECLARE each regclass; BEGIN
    FOR each IN SELECT oid FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace AND starts_with(relname, 'market_') LOOP
        EXECUTE 'GRANT SELECT ON ' || each || ' TO reader';
    END LOOP;
END $$;
