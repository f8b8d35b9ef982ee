"""The project: settings, servers, people, and what every app needs."""

from backend.celery import app as celery_app

__all__ = ["celery_app"]
