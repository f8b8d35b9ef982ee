"""The Celery app, its queues and what beat rings."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

app = Celery("oila")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
