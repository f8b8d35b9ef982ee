from django.apps import AppConfig


class LinksConfig(AppConfig):
    name = "surveys.links"
    verbose_name = "Links"
