"""Every tablet enrolled so far keeps its token."""

from django.db import migrations

FORWARD = """
INSERT INTO sync_devicetoken (device_id, digest, created_at)
SELECT id, digest, created_at FROM sync_device
"""


class Migration(migrations.Migration):
    dependencies = [("sync", "0002_tokens_health_uploads")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
