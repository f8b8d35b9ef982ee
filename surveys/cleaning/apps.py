from django.apps import AppConfig


class CleaningConfig(AppConfig):
    name = "surveys.cleaning"
