"""An index of the few records with legal-aid facts: rows of repeats are asked if theirs is one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cleaning", "0002_answers_lie_open")]

    operations = [
        migrations.AddIndex(
            model_name="cleanrow",
            index=models.Index(
                condition=models.Q(("repeat", ""), ("restricted", True)),
                fields=["id"],
                name="row_restricted",
            ),
        ),
    ]
