"""The database itself refuses to change or delete a decision."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION link_decisions_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'link decisions are append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER link_decision_append_only BEFORE UPDATE OR DELETE ON households_linkdecision
    FOR EACH ROW EXECUTE FUNCTION link_decisions_are_append_only();
"""
BACKWARD = """
DROP TRIGGER link_decision_append_only ON households_linkdecision;
DROP FUNCTION link_decisions_are_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("households", "0002_linkage")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
