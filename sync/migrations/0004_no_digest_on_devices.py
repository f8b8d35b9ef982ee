from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sync", "0003_digests_become_tokens")]
    operations = [migrations.RemoveField(model_name="device", name="digest")]
