from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "surveys.quality"
    verbose_name = "Quality"
