"""Addresses below /api/v1/sync/."""

from django.urls import path, re_path

from sync.api import views

urlpatterns = [
    path("enrol", views.EnrolView.as_view()),
    path("push", views.PushView.as_view()),
    path("health", views.HealthView.as_view()),
    re_path("", views.nothing_here),  # the last: in JSON, and never a redirect
]
