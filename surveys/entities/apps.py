from django.apps import AppConfig


class EntitiesConfig(AppConfig):
    name = "surveys.entities"
    verbose_name = "Household list"
