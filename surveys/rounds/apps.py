from django.apps import AppConfig


class RoundsConfig(AppConfig):
    name = "surveys.rounds"
