from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_tokens_made_with_tokens")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(
                blank=True,
                choices=[
                    ("en", "English"),
                    ("ru", "Русский"),
                    ("ky", "Кыргызча"),
                    ("tg", "Тоҷикӣ"),
                ],
                max_length=5,
            ),
        ),
    ]
