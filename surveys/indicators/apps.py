from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    name = "surveys.indicators"
    verbose_name = "Indicators"
