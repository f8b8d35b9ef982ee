from django.db import migrations


def forget(apps, schema_editor):
    """Units in the bytes of before cannot be read; the next run, an hour away at most, stores them anew."""
    apps.get_model('indicators', 'IndicatorResult').objects.filter(units__isnull=False).update(units=None)


class Migration(migrations.Migration):

    dependencies = [
        ('indicators', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
    ]
