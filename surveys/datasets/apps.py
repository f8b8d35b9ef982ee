from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "surveys.datasets"
    verbose_name = "Exports"
