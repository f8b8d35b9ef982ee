"""The database itself refuses to change a step; erasing a person's record may remove it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION steps_are_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'review steps are only added' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER steps_only_added BEFORE UPDATE ON submissions_reviewstep
    FOR EACH ROW EXECUTE FUNCTION steps_are_only_added();
"""
BACKWARD = """
DROP TRIGGER steps_only_added ON submissions_reviewstep;
DROP FUNCTION steps_are_only_added();
"""


class Migration(migrations.Migration):
    dependencies = [("submissions", "0002_answers_and_steps")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
