from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "surveys.privacy"
    verbose_name = "Privacy"
