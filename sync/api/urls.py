"""Addresses below /api/v1/sync/."""

from django.urls import path, re_path

from sync.api import uploads, views

urlpatterns = [
    path("enrol", views.EnrolView.as_view()),
    path("push", views.PushView.as_view()),
    path("pull", views.PullView.as_view()),
    path("health", views.HealthView.as_view()),
    path("uploads/", uploads.UploadsView.as_view(), name="uploads"),
    path("uploads/<uuid:pk>", uploads.UploadView.as_view(), name="upload"),
    re_path("", views.nothing_here),  # the last: in JSON, and never a redirect
]
