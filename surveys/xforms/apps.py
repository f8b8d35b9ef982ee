from django.apps import AppConfig


class XformsConfig(AppConfig):
    name = "surveys.xforms"
    verbose_name = "Forms"
