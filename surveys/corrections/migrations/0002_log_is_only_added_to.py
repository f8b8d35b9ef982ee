"""The database itself refuses to change what a correction says, or a decision on it.

Erasing a person's record may remove both.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION corrections_are_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log of corrections is only added to' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER corrections_only_added BEFORE UPDATE ON corrections_correction FOR EACH ROW
    WHEN ((OLD.id, OLD.bundle, OLD.form_id, OLD.submission_id, OLD.repeat, OLD.path, OLD.action,
           OLD.old, OLD.new, OLD.reason, OLD.source, OLD.proposed_by_id, OLD.proposed_at)
          IS DISTINCT FROM
          (NEW.id, NEW.bundle, NEW.form_id, NEW.submission_id, NEW.repeat, NEW.path, NEW.action,
           NEW.old, NEW.new, NEW.reason, NEW.source, NEW.proposed_by_id, NEW.proposed_at))
    EXECUTE FUNCTION corrections_are_only_added();
CREATE TRIGGER correction_steps_only_added BEFORE UPDATE ON corrections_correctionstep
    FOR EACH ROW EXECUTE FUNCTION corrections_are_only_added();
"""
BACKWARD = """
DROP TRIGGER correction_steps_only_added ON corrections_correctionstep;
DROP TRIGGER corrections_only_added ON corrections_correction;
DROP FUNCTION corrections_are_only_added();
"""


class Migration(migrations.Migration):
    dependencies = [("corrections", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
