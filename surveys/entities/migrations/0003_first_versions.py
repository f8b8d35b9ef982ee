"""Entities made so far: their place, their first version, and the newest revision of each place."""

from django.db import migrations

FORWARD = """
UPDATE entities_entity AS entity SET
    revision = list.revision,
    place_id = (
        SELECT clean.place_id
        FROM submissions_submission AS maker
        JOIN cleaning_cleanrow AS clean ON clean.record_id = maker.record_id AND clean.repeat = ''
        WHERE maker.id = entity.submission_id)
FROM entities_entitylist AS list WHERE list.id = entity.entity_list_id;
INSERT INTO entities_entityversion (
    entity_id, version, label, data, conflict, forced, submission_id, position, created_at)
SELECT id, version, label, data, '', FALSE, submission_id,
    row_number() OVER (PARTITION BY submission_id ORDER BY id) - 1, created_at
FROM entities_entity;
INSERT INTO entities_listplace (entity_list_id, place_id, revision)
SELECT entity_list_id, place_id, max(revision) FROM entities_entity GROUP BY 1, 2;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("entities", "0002_versions_places_visits"),
        ("cleaning", "0001_initial"),
    ]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
