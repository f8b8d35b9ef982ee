from django.apps import AppConfig


class RoundsConfig(AppConfig):
    name = "surveys.rounds"
    verbose_name = "Surveys and rounds"
