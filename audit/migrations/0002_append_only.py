"""Costs nothing: the tables are new."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is only added to: % of % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$
"""
# Of the statement, not of its rows: even one that would touch none is refused.
ENTRIES_STAY = """
CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()
"""
HEAD_STAYS = """
CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_audithead
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()
"""
HEAD_GOES_FORWARD = """
CREATE TRIGGER audit_head_goes_forward BEFORE UPDATE ON audit_audithead
    FOR EACH ROW WHEN (NEW.id <> OLD.id OR NEW.sequence <= OLD.sequence) EXECUTE FUNCTION audit_refuse()
"""
FIRST_HEAD = "INSERT INTO audit_audithead (id, sequence, hash) VALUES (1, 0, '')"


class Migration(migrations.Migration):

    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION audit_refuse()"),
        migrations.RunSQL(FIRST_HEAD, migrations.RunSQL.noop),
        migrations.RunSQL(ENTRIES_STAY, "DROP TRIGGER audit_entries_stay ON audit_auditentry"),
        migrations.RunSQL(HEAD_STAYS, "DROP TRIGGER audit_head_stays ON audit_audithead"),
        migrations.RunSQL(HEAD_GOES_FORWARD, "DROP TRIGGER audit_head_goes_forward ON audit_audithead"),
    ]
