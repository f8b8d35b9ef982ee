"""What was settled before states were kept counts as explained; steps are only ever added."""

from django.db import migrations

FORWARD = """
INSERT INTO cleaning_flagstep (flag_id, was, now, why, reason, at)
    SELECT id, 'open', 'explained', 'settled_before', '', settled_at
    FROM cleaning_qualityflag WHERE settled_at IS NOT NULL AND state = 'open';
UPDATE cleaning_qualityflag SET state = 'explained' WHERE settled_at IS NOT NULL;
CREATE FUNCTION flag_steps_are_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'steps of flags are only added' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER flag_steps_only_added BEFORE UPDATE ON cleaning_flagstep
    FOR EACH ROW EXECUTE FUNCTION flag_steps_are_only_added();
"""
BACKWARD = """
DROP TRIGGER flag_steps_only_added ON cleaning_flagstep;
DROP FUNCTION flag_steps_are_only_added();
"""


class Migration(migrations.Migration):
    dependencies = [("cleaning", "0006_states_of_flags")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
