from django.apps import AppConfig


class CleaningConfig(AppConfig):
    name = "surveys.cleaning"
    verbose_name = "Clean data"
