from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    name = "surveys.submissions"
    verbose_name = "Submissions"
