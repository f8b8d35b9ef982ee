from django.apps import AppConfig


class ReviewingConfig(AppConfig):
    name = "surveys.reviewing"
    verbose_name = "Review"
