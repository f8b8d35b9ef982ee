from django.apps import AppConfig


class XformsConfig(AppConfig):
    name = "surveys.xforms"
