from django.apps import AppConfig


class InterviewsConfig(AppConfig):
    name = "surveys.interviews"
    verbose_name = "Interviews"
