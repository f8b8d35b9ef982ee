from django.apps import AppConfig


class EntitiesConfig(AppConfig):
    name = "surveys.entities"
